#include "tests/sim/session_schedule.h"

#include <algorithm>
#include <filesystem>

#include "tests/sim/chance.h"

namespace fastchat::sim {
namespace {

// From the last client that became live until nothing is open: requests that got no answer are asked again after 10 s,
// keys of groups, and files, after up to a minute.
constexpr int64_t kSettleUs = 120 * kSecond;
constexpr int64_t kAllLiveUs = 90 * kSecond;

Knobs knobs_of(uint64_t seed, Rng& rng, Sabotage sabotage) {
  seed_libraries(seed);
  Knobs k = draw_knobs(seed, rng);
  k.sabotage = sabotage;
  return k;
}

}  // namespace

SessionSchedule::SessionSchedule(uint64_t seed, Trace trace, Sabotage sabotage, std::string root)
    : root_(std::move(root)),
      world_(seed, trace),
      knobs_(knobs_of(seed, world_.rng, sabotage)),
      net_(world_, knobs_),
      servers_(world_, knobs_, db_),
      readers_(world_, knobs_, db_) {
  std::filesystem::create_directories(root_);
}

SessionSchedule::~SessionSchedule() {
  clients_.clear();
  std::filesystem::remove_all(root_);
}

Outcome SessionSchedule::run() {
  Outcome outcome;
  outcome.knobs = knobs_.describe();
  world_.trace([&] { return outcome.knobs; });
  try {
    build();
    plan();
    plan_copies();
    world_.run_until(knobs_.duration);
    heal();
    settle("healing");
    for (const auto& c : clients_) {
      c->greet(people());
      c->fetch_all();
    }
    world_.run_until(world_.now() + kSecond);
    settle("the greetings");
    // Longer than a hole timer: messages that waited for one are shown.
    world_.run_until(world_.now() + 15 * kSecond);
    settle("the end");
    for (const auto& c : clients_) {
      if (c->live()) c->show_all();
    }
    readers_.check_end();
    world_.trace([&] { return readers_.summary(); });
  } catch (const Violation& v) {
    outcome.ok = false;
    outcome.rule = v.rule();
    outcome.text = v.what();
  }
  outcome.last_lines = world_.last_lines();
  outcome.settled_ms = settled_us_ / kMs;
  return outcome;
}

SessionNode& SessionSchedule::make_client(int device, const std::string& user) {
  return *clients_.emplace_back(std::make_unique<SessionNode>(world_, knobs_, net_, readers_,
                                                              root_ + "/" + std::to_string(device), device, user));
}

void SessionSchedule::build() {
  database_.busy = knobs_.store_busy;
  database_.doubt = knobs_.store_doubt;
  for (int i = 0; i < knobs_.brokers; ++i) {
    brokers_.push_back(std::make_unique<BrokerNode>(world_, knobs_, net_, database_, db_, servers_, i));
  }
  for (int i = 0; i < knobs_.workers; ++i) {
    workers_.push_back(std::make_unique<WorkerNode>(world_, knobs_, net_, database_, db_, servers_, i));
    workers_.back()->keep_files(files_);
  }
  for (int i = 0; i < knobs_.users; ++i) {
    users_.push_back("user" + std::to_string(i));
    make_client(i * 10, users_.back());
  }
}

void SessionSchedule::plan() {
  const auto start = [this](Process& p, int64_t most) {
    world_.after(world_.rng.between(0, most), [&p] { p.start(); });
  };
  for (auto& b : brokers_) start(*b, kSecond);
  for (auto& w : workers_) start(*w, kSecond);
  for (auto& c : clients_) start(*c, 3 * kSecond);
  for (int i = 0; i < knobs_.more_devices; ++i) {
    world_.after(world_.rng.between(2 * kSecond, knobs_.duration), [this] { add_device(); });
  }
  for (int i = 0; i < knobs_.messages; ++i) {
    world_.at(world_.rng.between(kSecond, knobs_.duration), [this] { any_client().act(people()); });
  }
  world_.after(2 * kSecond, [this] { tend(); });
  int64_t when = kSecond;
  while (knobs_.faulty &&
         (when += world_.rng.skewed(knobs_.fault_every / 4, 4 * knobs_.fault_every)) < knobs_.duration) {
    world_.at(when, [this] { fault_once(); });
  }
}

// Restarts the clients whose program ended by itself.
void SessionSchedule::tend() {
  for (const auto& c : clients_) {
    const bool again = healed_ || world_.rng.chance(300);
    if (!c->alive() && again && (!c->removed() || world_.rng.chance(100))) c->start();
  }
  world_.after(700 * kMs, [this] { tend(); });
}

void SessionSchedule::plan_copies() {
  for (int i = 0; i < knobs_.copies; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this] {
      SessionNode& client = any_client();
      client.copy_disk();
      world_.after(faults_.until_healing(world_.rng.skewed(100 * kMs, 15 * kSecond)), [this, &client] {
        if (!client.has_copy() || client.removed()) return;
        client.kill();
        client.put_copy_back();
        world_.after(faults_.until_healing(world_.rng.skewed(10 * kMs, 5 * kSecond)), [&client] { client.start(); });
      });
    });
  }
}

std::vector<std::string> SessionSchedule::people() const {
  std::vector<std::string> out;
  for (const auto& [name, uid] : db_.uid_by_name) out.push_back(name);
  return out;
}

// ---- faults

void SessionSchedule::add_device() {
  const std::string user = users_[world_.rng.below(users_.size())];
  int device = -1;
  for (const auto& c : clients_) {
    if (c->user() == user) device = std::max(device, c->device());
  }
  if (!db_.uid_by_name.contains(user) || device % 10 >= 2) return;
  world_.trace([&] { return user + " gets device " + std::to_string(device + 1); });
  make_client(device + 1, user).start();
}

void SessionSchedule::break_bus() {
  const int64_t us = faults_.until_healing(world_.rng.skewed(100 * kMs, 20 * kSecond));
  net_.partition(any_worker(), any_worker(), us, world_.rng.chance(500));
}

void SessionSchedule::fault_once() {
  std::vector<Fault> enabled;
  for (size_t i = 0; i < static_cast<size_t>(Fault::kLostTail); ++i) {
    if (knobs_.on[i]) enabled.push_back(static_cast<Fault>(i));
  }
  if (!enabled.empty()) apply(enabled[world_.rng.below(enabled.size())]);
}

void SessionSchedule::apply(Fault fault) {
  world_.trace([&] { return std::string("-- fault: ") + name(fault); });
  Rng& rng = world_.rng;
  SessionNode& client = any_client();
  WorkerNode& worker = any_worker();
  BrokerNode& broker = *brokers_[rng.below(brokers_.size())];
  if (faults_.apply(fault, worker)) return;
  switch (fault) {
    case Fault::kBusPartition:
      break_bus();
      break;
    case Fault::kBrokerCrash:
      restart_later(world_, broker, 8 * kSecond);
      break;
    case Fault::kClientCrash:
      restart_later(world_, client, 10 * kSecond);
      break;
    case Fault::kFreeze: {
      Process* const some[] = {&client, &worker, &worker, &broker};
      some[rng.below(4)]->freeze(rng.skewed(100 * kMs, knobs_.max_freeze));
      break;
    }
    case Fault::kDiskFailure:
      client.fill_disk(faults_.until_healing(rng.skewed(10 * kMs, 8 * kSecond)));
      break;
    case Fault::kNewDevice:
      add_device();
      break;
    case Fault::kRemoveDevice:
      if (rng.chance(300)) client.remove_other_device();
      break;
    case Fault::kLogout:
      client.quit();
      break;
    default:
      break;
  }
}

// ---- the end

void SessionSchedule::heal() {
  world_.trace([] { return std::string("---- everything heals"); });
  healed_ = true;
  knobs_.bus_loss = 0;
  knobs_.bus_hwm = 10'000;
  knobs_.control_hwm = 1'000;
  database_ = {};
  net_.heal();
  const auto again = [](Process& p) {
    p.thaw();
    p.start();
  };
  for (auto& b : brokers_) again(*b);
  for (auto& w : workers_) again(*w);
  for (auto& c : clients_) again(*c);
}

std::string SessionSchedule::unrest() const {
  for (const auto& c : clients_) {
    if (c->live() && !c->removed()) {
      if (auto what = c->unrest(); !what.empty()) return what;
    }
  }
  for (const auto& w : workers_) {
    if (w->alive() && w->engine().pending() != 0) return w->name() + " has messages pending";
  }
  return groups_at_rest();
}

void SessionSchedule::settle(const char* after) {
  const int64_t began = world_.now();
  int64_t live_since = began;
  for (;;) {
    world_.run_until(world_.now() + 200 * kMs);
    const auto away = std::find_if(clients_.begin(), clients_.end(),
                                   [](const auto& c) { return !c->removed() && (!c->live() || c->link_in_doubt()); });
    if (away != clients_.end()) {
      live_since = world_.now();
      if (world_.now() - began > kAllLiveUs)
        throw Violation("all come back", std::string("after ") + after + " " + (*away)->name() + " is not live again");
      continue;
    }
    const std::string what = unrest();
    if (what.empty()) break;
    if (world_.now() - live_since > kSettleUs) throw Violation("at rest", std::string("after ") + after + " " + what);
  }
  settled_us_ = std::max(settled_us_, world_.now() - live_since);
}

// Each device of each member knows the group as the database has it, and can read it. Who left is out of it once the
// admin has made the next epoch.
std::string SessionSchedule::groups_at_rest() const {
  for (const auto& [id, group] : db_.groups) {
    if (group.name.empty()) continue;
    std::vector<std::string> members;
    for (const auto& [uid, spans] : group.members) {
      if (spans.back().left == 0) members.push_back(db_.users.at(uid).name);
    }
    std::sort(members.begin(), members.end());
    for (const auto& c : clients_) {
      if (!c->live() || c->removed() || !std::binary_search(members.begin(), members.end(), c->user())) continue;
      const auto known = c->session().groups();
      const std::string where = c->name() + ", group " + group.name + " of epoch " + std::to_string(group.epoch) + ": ";
      const auto mine = std::find_if(known->begin(), known->end(), [&](const auto& g) { return g.id == id; });
      if (mine == known->end()) return where + "not known";
      if (mine->epoch != static_cast<uint64_t>(group.epoch) || mine->members != members || !mine->member)
        return where + "known as of epoch " + std::to_string(mine->epoch) + " with " +
               std::to_string(mine->members.size()) + " members";
      if (!mine->readable) return where + "no key";
    }
  }
  return {};
}

}  // namespace fastchat::sim
