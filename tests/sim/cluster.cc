#include "tests/sim/cluster.h"

#include <algorithm>

namespace fastchat::sim {
namespace {

Knobs knobs_of(uint64_t seed, Rng& rng, Sabotage sabotage) {
  Knobs k = draw_knobs(seed, rng);
  k.sabotage = sabotage;
  return k;
}

}  // namespace

Cluster::Cluster(uint64_t seed, Trace trace, Sabotage sabotage)
    : world_(seed, trace), knobs_(knobs_of(seed, world_.rng, sabotage)), net_(world_, knobs_) {}

Outcome Cluster::run() {
  Outcome outcome;
  outcome.knobs = knobs_.describe();
  world_.trace([&] { return outcome.knobs; });
  try {
    play();
  } catch (const Violation& v) {
    outcome.ok = false;
    outcome.rule = v.rule();
    outcome.text = v.what();
  }
  outcome.last_lines = world_.last_lines();
  outcome.settled_ms = settled_us_ / kMs;
  return outcome;
}

void Cluster::build(Oracle& oracle) {
  database_.busy = knobs_.store_busy;
  database_.doubt = knobs_.store_doubt;
  for (int i = 0; i < knobs_.brokers; ++i) {
    brokers_.push_back(std::make_unique<BrokerNode>(world_, knobs_, net_, database_, db_, oracle, i));
  }
  for (int i = 0; i < knobs_.workers; ++i) {
    workers_.push_back(std::make_unique<WorkerNode>(world_, knobs_, net_, database_, db_, oracle, i));
  }
  for (int i = 0; i < knobs_.users; ++i) {
    users_.push_back("user" + std::to_string(i));
    first_devices_.push_back(&make_client(i * 10, users_.back()));
    last_device_[users_.back()] = i * 10;
  }
}

void Cluster::start_all() {
  const auto start = [this](Process& p, int64_t most) {
    world_.after(world_.rng.between(0, most), [&p] { p.start(); });
  };
  for (auto& b : brokers_) start(*b, kSecond);
  for (auto& w : workers_) start(*w, kSecond);
  for (Process* c : first_devices_) start(*c, 3 * kSecond);
}

void Cluster::add_device() {
  const std::string user = any_user();
  int& last = last_device_.at(user);
  if (!db_.uid_by_name.contains(user) || last % 10 >= 2) return;
  ++last;
  world_.trace([&] { return user + " gets device " + std::to_string(last); });
  make_client(last, user).start();
}

std::vector<std::string> Cluster::registered_users() const {
  std::vector<std::string> out;
  for (const auto& name : users_) {
    if (db_.uid_by_name.contains(name)) out.push_back(name);
  }
  return out;
}

// ---- faults

void Cluster::plan_faults() {
  if (!knobs_.faulty) return;
  if (knobs_.goes_back()) keep_snapshots();
  int64_t when = kSecond;
  while ((when += world_.rng.skewed(knobs_.fault_every / 4, 4 * knobs_.fault_every)) < knobs_.duration) {
    world_.at(when, [this] { fault_once(); });
  }
}

void Cluster::fault_once() {
  std::vector<Fault> enabled;
  for (size_t i = 0; i < static_cast<size_t>(Fault::kCount); ++i) {
    if (knobs_.on[i]) enabled.push_back(static_cast<Fault>(i));
  }
  if (enabled.empty()) return;
  const Fault fault = enabled[world_.rng.below(enabled.size())];
  world_.trace([&] { return std::string("-- fault: ") + name(fault); });
  apply(fault);
}

void Cluster::keep_snapshots() {
  snapshots_.emplace_back(world_.now(), db_);
  if (snapshots_.size() > 200) snapshots_.pop_front();
  world_.after(100 * kMs, [this] {
    if (!healed_) keep_snapshots();
  });
}

// Undoes everything committed after one of the last snapshots. Connections break with the server that is gone.
std::optional<test::MemoryDb> Cluster::go_back(int64_t most) {
  const int64_t since = world_.now() - world_.rng.skewed(100 * kMs, most);
  const auto found =
      std::find_if(snapshots_.begin(), snapshots_.end(), [&](const auto& s) { return s.first >= since; });
  if (found == snapshots_.end()) return std::nullopt;
  test::MemoryDb before = db_;
  if (knobs_.sabotage == Sabotage::kSameGeneration) {
    const int64_t generation = db_.generation;
    db_.go_back_to(found->second);
    db_.generation = generation;
    db_.last_mid = found->second.last_mid;
    db_.last_receipt = found->second.last_receipt;
  } else {
    db_.go_back_to(found->second);
  }
  snapshots_.erase(found, snapshots_.end());
  database_.down_until = world_.now() + world_.rng.skewed(50 * kMs, 3 * kSecond);
  return before;
}

void Cluster::heal_servers() {
  world_.trace([] { return std::string("---- everything heals"); });
  healed_ = true;
  knobs_.bus_loss = 0;
  knobs_.bus_hwm = 10'000;
  knobs_.control_hwm = 1'000;
  database_ = {};
  net_.heal();
  for (auto& b : brokers_) restart(*b);
  for (auto& w : workers_) restart(*w);
}

}  // namespace fastchat::sim
