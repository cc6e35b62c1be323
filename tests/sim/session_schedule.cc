#include "tests/sim/session_schedule.h"

#include <algorithm>
#include <filesystem>

#include "tests/sim/chance.h"

namespace fastchat::sim {
namespace {

// The time from the last live client until nothing is open. Requests without an answer are repeated after 10 s, those
// for keys of groups, and for files, after up to a minute.
constexpr int64_t kSettleUs = 120 * kSecond;
constexpr int64_t kAllLiveUs = 90 * kSecond;

// Returns the reason why a live device is not at rest; empty when it is at rest.
std::string unrest_of(SessionNode& client) {
  const auto status = client.session().status();
  if (!status.ok()) return client.name() + ": " + status.error().text;
  if (status->outbox != 0)
    return client.name() + " has " + std::to_string(status->outbox) + " open, " + std::to_string(status->unaccepted) +
           " of them not accepted";
  if (client.session().groups_busy()) return client.name() + " is busy with its groups";
  const auto transfers = client.session().transfers();
  for (const auto& t : *transfers) {
    using State = client::TransferInfo::State;
    if (t.state == State::kRunning || t.state == State::kWaiting)
      return client.name() + " has a file under way: " + t.name;
  }
  return {};
}

// Gives the oracle everything that a person can see.
void show_all(SessionNode& client, Readers& readers) {
  const auto conversations = client.session().conversations();
  if (!conversations.ok()) throw Violation("a profile opens", client.name() + ": " + conversations.error().text);
  for (const auto& conversation : *conversations) {
    const auto lines = client.session().history(conversation.peer, 100'000);
    if (!lines.ok()) throw Violation("a profile opens", client.name() + ": " + lines.error().text);
    readers.shows(client.device(), *lines);
  }
}

}  // namespace

SessionSchedule::SessionSchedule(uint64_t seed, Trace trace, Sabotage sabotage, std::string root)
    : Cluster(seed, trace, sabotage),
      root_(std::move(root)),
      servers_(world_, knobs_, db_),
      readers_(world_, knobs_, db_, devices_, said_, keys_),
      people_{world_, knobs_, db_, said_, devices_, readers_, passwords_, keys_} {
  seed_libraries(seed);
  std::filesystem::create_directories(root_);
}

SessionSchedule::~SessionSchedule() {
  clients_.clear();
  std::filesystem::remove_all(root_);
}

void SessionSchedule::play() {
  build(servers_);
  for (auto& w : workers_) w->serve_sessions(files_, keys_);
  if (knobs_.judgements > 0) bystanders_.sign_up();
  plan();
  plan_copies(clients_);
  world_.run_until(knobs_.duration);
  heal();
  settle("healing");
  if (knobs_.false_keys > 0) compare_keys();
  said_.greetings_begin();
  for (const auto& c : clients_) {
    c->have([people = registered_users()](Person& p) { p.greet(people); });
    c->have([](Person& p) { p.fetch_all(); });
  }
  world_.run_until(world_.now() + kSecond);
  settle("the greetings");
  // Waits longer than a hole timer, so that messages that waited for one are shown.
  world_.run_until(world_.now() + 15 * kSecond);
  settle("the end");
  check_end();
  world_.trace([&] { return said_.summary(); });
}

void SessionSchedule::check_end() {
  for (const auto& c : clients_) {
    if (!c->live()) continue;
    show_all(*c, readers_);
    if (!c->ended()) passwords_.check_live(c->device(), c->user());
  }
  readers_.check_end();
  servers_.key_log.check_end();
  passwords_.check_accounts();
}

Process& SessionSchedule::make_client(int device, const std::string& user) {
  return *clients_.emplace_back(
      std::make_unique<SessionNode>(people_, net_, root_ + "/" + std::to_string(device), device, user));
}

void SessionSchedule::plan() {
  start_all();
  for (int i = 0; i < knobs_.more_devices; ++i) {
    world_.after(world_.rng.between(2 * kSecond, knobs_.duration), [this] { add_device(); });
  }
  for (int i = 0; i < knobs_.messages; ++i) {
    world_.at(world_.rng.between(kSecond, knobs_.duration), [this] {
      SessionNode& client = any_client();
      const auto people = registered_users();
      if (!people.empty()) client.have([people](Person& p) { p.act(people); });
    });
  }
  world_.after(2 * kSecond, [this] { tend(); });
  plan_faults();
  plan_some(knobs_.password_changes, [](SessionNode& client) { client.change_password(); });
  plan_some(knobs_.false_keys, [this](SessionNode&) { lie(); });
  plan_some(knobs_.disk_deaths, [](SessionNode& client) { client.die_in_a_step(); });
  plan_some(knobs_.judgements, [this](SessionNode& client) {
    client.have([name = bystanders_.any(world_.rng)](Person& p) { p.judge(name); });
  });
}

void SessionSchedule::plan_some(int times, const std::function<void(SessionNode&)>& call) {
  for (int i = 0; i < times; ++i) {
    world_.at(world_.rng.between(2 * kSecond, knobs_.duration), [this, call] { call(any_client()); });
  }
}

// Restarts the clients whose program ended by itself. Has a person answer requests that an earlier process was told of.
void SessionSchedule::tend() {
  for (const auto& c : clients_) {
    if (knobs_.judgements > 0 && (healed_ || world_.rng.chance(50))) c->have([](Person& p) { p.accept_all(); });
    const bool again = healed_ || world_.rng.chance(300);
    if (!c->alive() && again && (!c->ended() || world_.rng.chance(100))) c->start();
  }
  world_.after(700 * kMs, [this] { tend(); });
}

// ---- faults

// Starts the client anew, because a session compares each key once. Then the person looks.
void SessionSchedule::lie() {
  std::vector<SessionNode*> some;
  for (const auto& c : clients_) {
    if (c->live() && keys_.any_known(c->name())) some.push_back(c.get());
  }
  if (some.empty()) return;
  SessionNode& client = *some[world_.rng.below(some.size())];
  const std::string name = *keys_.any_known(client.name());
  const int64_t us = faults_.until_healing(world_.rng.skewed(2 * kSecond, 40 * kSecond));
  keys_.begin(name, world_.now() + us, world_.rng.chance(300));
  if (world_.rng.chance(600)) keys_.forge(name, client.user());
  restart_later(world_, client, 500 * kMs);
  for (const int64_t seconds : {2, 5, 10}) {
    world_.after(seconds * kSecond, [&client, name] { client.have([name](Person& p) { p.decide(name); }); });
  }
}

void SessionSchedule::lose_commits(int64_t most) {
  if (const auto before = go_back(most)) devices_.database_went_back(*before);
}

void SessionSchedule::break_bus() {
  const int64_t us = faults_.until_healing(world_.rng.skewed(100 * kMs, 20 * kSecond));
  net_.partition(any_worker(), any_worker(), us, world_.rng.chance(500));
}

void SessionSchedule::apply(Fault fault) {
  Rng& rng = world_.rng;
  SessionNode& client = any_client();
  WorkerNode& worker = any_worker();
  BrokerNode& broker = any_broker();
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
      client.disk().fill(faults_.until_healing(rng.skewed(10 * kMs, 8 * kSecond)));
      break;
    case Fault::kNewDevice:
      add_device();
      break;
    case Fault::kRemoveDevice:
      if (rng.chance(300)) client.have([](Person& p) { p.remove_other_device(); });
      break;
    case Fault::kLogout:
      client.quit();
      break;
    case Fault::kLostTail:
      lose_commits(2 * kSecond);
      break;
    case Fault::kRestored:
      lose_commits(15 * kSecond);
      break;
    default:
      break;
  }
}

// ---- the end

void SessionSchedule::heal() {
  heal_servers();
  keys_.end();
  for (auto& c : clients_) {
    c->disk().spare();
    restart(*c);
  }
}

// Devices of a person agree once their vault is stored and fetched. Then everybody compares every key. A session asks
// for each key once, so it has to begin anew.
void SessionSchedule::compare_keys() {
  const auto people = registered_users();
  world_.run_until(world_.now() + 10 * kSecond);
  for (const auto& c : clients_) {
    if (c->live()) c->have([people](Person& p) { p.name_keys(people); });
  }
  world_.run_until(world_.now() + 2 * kSecond);
  for (const auto& c : clients_) restart_later(world_, *c, kSecond);
  world_.run_until(world_.now() + 2 * kSecond);
  settle("the restart");
  for (const auto& c : clients_) {
    c->have([people](Person& p) {
      for (const auto& name : people) p.decide(name);
    });
  }
  world_.run_until(world_.now() + 5 * kSecond);
  settle("the keys were compared");
}

std::string SessionSchedule::unrest() const {
  for (const auto& c : clients_) {
    if (c->live() && !c->ended()) {
      if (auto what = unrest_of(*c); !what.empty()) return what;
    }
  }
  for (const auto& w : workers_) {
    if (w->alive() && w->engine().pending() != 0) return w->name() + " has messages pending";
  }
  if (auto what = contacts_at_rest(); !what.empty()) return what;
  return groups_at_rest();
}

// Checks that each device has the standings and the policy that the servers enforce.
std::string SessionSchedule::contacts_at_rest() const {
  if (knobs_.judgements == 0) return {};
  for (const auto& c : clients_) {
    if (!c->live() || c->ended() || !db_.uid_by_name.contains(c->user())) continue;
    if (auto what = bystanders_.difference(*c); !what.empty()) return what;
  }
  return {};
}

void SessionSchedule::settle(const char* after) {
  const int64_t began = world_.now();
  int64_t live_since = began;
  for (;;) {
    world_.run_until(world_.now() + 200 * kMs);
    const auto away = std::find_if(clients_.begin(), clients_.end(),
                                   [](const auto& c) { return !c->ended() && (!c->live() || c->link_in_doubt()); });
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

// Checks that each device of each member has the group as in the database, and can read it. A user who left is out of
// it once the admin has made the next epoch.
std::string SessionSchedule::groups_at_rest() const {
  for (const auto& [id, group] : db_.groups) {
    if (group.name.empty()) continue;
    std::vector<std::string> members;
    for (const auto& [uid, spans] : group.members) {
      if (spans.back().left == 0) members.push_back(db_.users.at(uid).name);
    }
    std::sort(members.begin(), members.end());
    for (const auto& c : clients_) {
      if (!c->live() || c->ended() || !std::binary_search(members.begin(), members.end(), c->user())) continue;
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
