#include "tests/sim/schedule.h"

#include <algorithm>

namespace fastchat::sim {
namespace {

// Outboxes are empty within 10 s after healing. Here the time begins when the last client has become live and the last
// answer to a flood has come.
constexpr int64_t kSettleUs = 10 * kSecond;
// Dead links that only timeouts detect (a client's ping: 10 + 20 s; a session: 45 s) and the backoffs behind them.
constexpr int64_t kAllLiveUs = 60 * kSecond;

}  // namespace

Schedule::Schedule(uint64_t seed, Trace trace, Sabotage sabotage)
    : Cluster(seed, trace, sabotage), oracle_(world_, knobs_, db_) {}

void Schedule::play() {
  build(oracle_);
  plan_start();
  plan_work();
  plan_faults();
  plan_copies(clients_);
  world_.run_until(knobs_.duration);
  heal();
  settle("healing");
  probe();
  check_end();
}

Process& Schedule::make_client(int device, const std::string& user) {
  return *clients_.emplace_back(std::make_unique<ClientNode>(world_, knobs_, net_, oracle_, device, user));
}

void Schedule::plan_start() {
  start_all();
  if (knobs_.has(Fault::kRemoveDevice)) haunt();
  for (int i = 0; i < knobs_.more_devices; ++i) {
    world_.after(world_.rng.between(2 * kSecond, 4 * kSecond), [this] { add_device(); });
  }
}

// Lets removed devices try again and again, with all data of their installation.
void Schedule::haunt() {
  for (const auto& c : clients_) {
    if (oracle_.ever_removed(c->device())) c->start();
  }
  world_.after(2 * kSecond, [this] { haunt(); });
}

void Schedule::plan_work() {
  for (int i = 0; i < knobs_.messages; ++i) {
    const bool burst = world_.rng.chance(20);
    const int64_t when = world_.rng.between(kSecond, knobs_.duration);
    world_.at(when, [this, burst] {
      const uint64_t times = burst ? world_.rng.below(40) + 10 : 1;
      for (uint64_t n = 0; n < times; ++n) work_once();
    });
  }
  for (int i = 0; i < knobs_.groups; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration / 2), [this, i] {
      if (ClientNode* c = any_writer(); c != nullptr) c->make_group(i, some_users());
    });
  }
  for (int i = 0; i < knobs_.group_changes; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      if (ClientNode* c = any_writer(); c != nullptr) c->change_group(registered_users());
    });
  }
  for (int i = 0; i < knobs_.contact_changes; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      if (ClientNode* c = any_writer(); c != nullptr) c->change_contacts(users_);
    });
  }
  for (int i = 0; i < knobs_.log_reads; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      db_.now_ms = world_.now() / kMs + 1;
      oracle_.key_log.newcomer(world_.rng, db_);
    });
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      if (ClientNode* c = any_writer(); c != nullptr) c->read_log();
    });
  }
  if (knobs_.floods > 0) plan_floods();
  if (knobs_.password_changes > 0) plan_passwords();
  const int64_t requests = world_.rng.between(0, 30);
  for (int64_t i = 0; i < requests; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      ClientNode* c = any_writer();
      if (c == nullptr) return;
      c->ask(static_cast<ClientNode::Ask>(world_.rng.below(4)), {any_user(), any_user(), "nobody"});
    });
  }
}

// One client floods; the others ask for something meanwhile.
void Schedule::plan_floods() {
  ClientNode* flooder = clients_[world_.rng.below(clients_.size())].get();
  for (auto& w : workers_) w->watch_turns(flooder->user());
  for (int i = 0; i < knobs_.floods; ++i) {
    const int64_t when = world_.rng.between(2 * kSecond, knobs_.duration);
    world_.at(when, [this, flooder] { flooder->flood(knobs_.flood_requests); });
    for (int n = 0; n < 4; ++n) {
      world_.at(when + world_.rng.between(0, 200 * kMs), [this] {
        if (ClientNode* c = any_writer(); c != nullptr)
          c->ask(static_cast<ClientNode::Ask>(world_.rng.below(4)), {any_user(), "nobody"});
      });
    }
  }
}

// Lets some users change their passwords. A user who is asked for the password types it again.
void Schedule::plan_passwords() {
  for (int i = 0; i < knobs_.password_changes; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      if (ClientNode* c = any_writer(); c != nullptr) c->change_password();
    });
  }
  type_passwords();
}

void Schedule::type_passwords() {
  for (const auto& c : clients_) {
    if (c->asks_password() && !oracle_.ever_removed(c->device())) c->start();
  }
  world_.after(700 * kMs, [this] { type_passwords(); });
}

ClientNode* Schedule::any_writer() {
  std::vector<ClientNode*> some;
  for (const auto& c : clients_) {
    if (c->may_write()) some.push_back(c.get());
  }
  return some.empty() ? nullptr : some[world_.rng.below(some.size())];
}

std::vector<std::string> Schedule::some_users() {
  auto out = registered_users();
  std::erase_if(out, [this](const std::string&) { return world_.rng.chance(300); });
  return out;
}

void Schedule::work_once() {
  ClientNode* from = any_writer();
  if (from == nullptr) return;
  if (knobs_.groups > 0 && world_.rng.chance(500)) return from->write_to_group(++last_body_, world_.rng.below(300));
  const bool nobody = world_.rng.chance(5);
  const std::string to = nobody ? "nobody" : any_user();
  const size_t padding = world_.rng.chance(30) ? world_.rng.below(23'000) : world_.rng.below(300);
  from->write_to(to, ++last_body_, padding, world_.rng.chance(15));
}

// ---- the end

void Schedule::heal() {
  heal_servers();
  for (auto& c : clients_) {
    c->thaw();
    // A removed device tries by itself (haunt).
    if (!c->ended()) c->start();
    if (c->ended() && !oracle_.ever_removed(c->device())) c->start();
  }
}

bool Schedule::all_live() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [this](const auto& c) { return c->live() || !c->alive() || oracle_.ever_removed(c->device()); });
}

bool Schedule::link_in_doubt() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& c) { return c->alive() && c->link_in_doubt(); });
}

// Returns false for the queue of a device that was removed, came back and stays away now.
bool Schedule::somebody_drains(int64_t did) const {
  const auto row = db_.devices.find(did);
  return row == db_.devices.end() || std::none_of(clients_.begin(), clients_.end(), [&](const auto& c) {
           return !c->alive() && device_id(c->device()) == row->second.device;
         });
}

// Names one thing that is not at rest yet; empty when everything is at rest.
std::string Schedule::unrest() const {
  const bool somebody_away = std::any_of(clients_.begin(), clients_.end(), [](const auto& c) { return !c->alive(); });
  for (const auto& c : clients_) {
    if (!c->alive()) continue;
    // Messages that a removed device had open stay open.
    // With small queues a message may be queued only for a device that stays away.
    const bool waits_for_absent = knobs_.tight_quota && somebody_away;
    // Messages of strangers, and those that a block dropped, stay queued.
    const bool all_quiet = knobs_.contact_changes > 0 && oracle_.only_quiet_open(c->device());
    if (c->outbox() != 0 && !waits_for_absent && !all_quiet && !oracle_.ever_removed(c->device())) {
      // A user's other device may have been announced while the sender was away, and stay away itself.
      const auto open = oracle_.first_open(c->device(), [this](int64_t did) { return !somebody_drains(did); });
      if (open != "none" || oracle_.first_open(c->device()) == "none")
        return c->name() + " has " + std::to_string(c->outbox()) + " open: " + open;
    }
    if (c->open_requests() != 0 && !oracle_.ever_removed(c->device())) return c->name() + " waits for an answer";
  }
  for (const auto& w : workers_) {
    if (w->alive() && w->engine().pending() != 0) return w->name() + " has messages pending";
    if (w->alive() && w->engine().pending_bytes() != 0) return w->name() + " accounts for messages that are gone";
  }
  for (const auto& [row, reached] : db_.queue) {
    const int64_t did = row.first;
    if (somebody_drains(did)) return "device " + std::to_string(did) + " has messages queued";
  }
  for (const auto& [id, r] : db_.receipts) {
    // Receipts of a removed device are swept some time.
    if (r.held_by < 0 && db_.devices.contains(r.did) && somebody_drains(r.did))
      return "device " + std::to_string(r.did) + " has receipts stored";
  }
  return {};
}

void Schedule::settle(const char* after) {
  const int64_t began = world_.now();
  int64_t last_change = began;
  for (;;) {
    world_.run_until(world_.now() + 100 * kMs);
    // A log-out may have been under way when everything healed.
    for (auto& c : clients_) {
      if (c->ended() && !oracle_.ever_removed(c->device())) c->start();
    }
    if (!all_live() || link_in_doubt()) {
      last_change = world_.now();
      if (world_.now() - began > kAllLiveUs)
        throw Violation("all come back", std::string("after ") + after + " a client is not live again");
      continue;
    }
    for (const auto& c : clients_) {
      if (c->alive()) last_change = std::max({last_change, c->live_since(), c->flood_answered_at()});
    }
    const std::string what = unrest();
    if (what.empty()) break;
    if (world_.now() - last_change > kSettleUs)
      throw Violation("at rest in 10 s", std::string("after ") + after + " " + what);
  }
  settled_us_ = std::max(settled_us_, world_.now() - last_change);
}

// Lets the healed system do all of its work: each user writes to each.
void Schedule::probe() {
  world_.run_until(world_.now() + 3 * kSecond);
  for (const auto& c : clients_) {
    for (const auto& to : users_) {
      if (c->may_write()) c->write_to(to, ++last_body_, 10, false);
    }
    if (c->may_write() && knobs_.groups > 0) c->write_to_group(++last_body_, 10);
  }
  world_.run_until(world_.now() + 100 * kMs);
  settle("the probe");
  // Holes that could be filled have been filled by now. Messages that wait for their hole timer are shown.
  world_.run_until(world_.now() + 15 * kSecond);
}

void Schedule::check_end() {
  if (const auto what = unrest(); !what.empty()) throw Violation("at rest", what);
  size_t sessions = 0, attached = 0;
  for (const auto& w : workers_) sessions += w->alive() ? w->engine().sessions() : 0;
  for (const auto& c : clients_) {
    if (!c->alive() || !c->attached()) continue;
    ++attached;
    const auto did = db_.did_by_device.find({db_.uid_by_name.at(c->user()), device_id(c->device())});
    if (did == db_.did_by_device.end()) {
      throw Violation("removed is gone", c->name() + " is attached and its device was removed");
    }
    oracle_.passwords.check_session(did->second, c->session_epoch());
  }
  if (sessions != attached) {
    throw Violation("one session", std::to_string(attached) + " clients are attached and workers hold " +
                                       std::to_string(sessions) + " sessions");
  }
  oracle_.check_end();
}

}  // namespace fastchat::sim
