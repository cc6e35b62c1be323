// The faults of a schedule.
#include <algorithm>

#include "tests/sim/schedule.h"

namespace fastchat::sim {

void Schedule::plan_faults() {
  if (knobs_.goes_back()) keep_snapshots();
  int64_t when = kSecond;
  while ((when += world_.rng.skewed(knobs_.fault_every / 4, 4 * knobs_.fault_every)) < knobs_.duration) {
    world_.at(when, [this] { fault_once(); });
  }
}

// A disk is copied, in use or not, and put back some time later.
void Schedule::plan_copies() {
  for (int i = 0; i < knobs_.copies; ++i) {
    const int64_t when = world_.rng.between(2 * kSecond, knobs_.duration);
    world_.at(when, [this] {
      ClientNode& client = *clients_[world_.rng.below(clients_.size())];
      client.copy_disk();
      world_.after(faults_.until_healing(world_.rng.skewed(100 * kMs, 15 * kSecond)),
                   [this, &client] { put_back(client); });
    });
  }
}

void Schedule::put_back(ClientNode& client) {
  if (!client.has_copy() || client.ended()) return;
  client.kill();
  client.put_copy_back();
  world_.after(faults_.until_healing(world_.rng.skewed(10 * kMs, 5 * kSecond)), [&client] { client.start(); });
}

void Schedule::fault_once() {
  std::vector<Fault> enabled;
  for (size_t i = 0; i < static_cast<size_t>(Fault::kCount); ++i) {
    if (knobs_.on[i]) enabled.push_back(static_cast<Fault>(i));
  }
  if (!enabled.empty()) apply(enabled[world_.rng.below(enabled.size())]);
}

Process* Schedule::any_process() {
  const size_t n = brokers_.size() + workers_.size() + clients_.size();
  size_t i = world_.rng.below(n);
  if (i < brokers_.size()) return brokers_[i].get();
  i -= brokers_.size();
  if (i < workers_.size()) return workers_[i].get();
  return clients_[i - workers_.size()].get();
}

void Schedule::freeze_one() {
  // Servers more often than one client among many.
  Process* p =
      world_.rng.chance(500) ? any_process() : static_cast<Process*>(workers_[world_.rng.below(workers_.size())].get());
  p->freeze(world_.rng.skewed(100 * kMs, knobs_.max_freeze));
}

void Schedule::add_device() {
  const std::string user = any_user();
  int device = -1;
  bool account = false;
  for (const auto& c : clients_) {
    if (c->user() == user) device = std::max(device, c->device());
  }
  account = db_.uid_by_name.contains(user);
  // Three at most, and the account has to exist.
  if (!account || device % 10 >= 2) return;
  world_.trace([&] { return user + " gets device " + std::to_string(device + 1); });
  make_client(device + 1, user).start();
}

// Limits a delay to the time of healing: a longer one would come as a late fault.
void Schedule::break_bus() {
  if (workers_.size() < 2) return;
  WorkerNode& a = *workers_[world_.rng.below(workers_.size())];
  WorkerNode& b = *workers_[world_.rng.below(workers_.size())];
  const int64_t us = faults_.until_healing(world_.rng.skewed(100 * kMs, 20 * kSecond));
  const bool loses = world_.rng.chance(500), both = world_.rng.chance(500);
  world_.trace([&] {
    return "partition of " + a.name() + (both ? " and " : " to ") + b.name() + " for " + std::to_string(us / kMs) +
           " ms" + (loses ? "" : ", delays");
  });
  net_.partition(a, b, us, loses);
  if (both) net_.partition(b, a, us, loses);
}

void Schedule::keep_snapshots() {
  snapshots_.emplace_back(world_.now(), db_);
  if (snapshots_.size() > 200) snapshots_.pop_front();
  world_.after(100 * kMs, [this] {
    if (!healed_) keep_snapshots();
  });
}

// Everything committed after one of the last snapshots is gone. Connections break with the server that is no more.
void Schedule::go_back(int64_t most) {
  const int64_t since = world_.now() - world_.rng.skewed(100 * kMs, most);
  const auto found =
      std::find_if(snapshots_.begin(), snapshots_.end(), [&](const auto& s) { return s.first >= since; });
  if (found == snapshots_.end()) return;
  const test::MemoryDb before = db_;
  if (knobs_.sabotage == Sabotage::kSameGeneration) {
    const int64_t generation = db_.generation;
    db_.go_back_to(found->second);
    db_.generation = generation;
    db_.last_mid = found->second.last_mid;
    db_.last_receipt = found->second.last_receipt;
  } else {
    db_.go_back_to(found->second);
  }
  oracle_.database_went_back(before);
  snapshots_.erase(found, snapshots_.end());
  database_.down_until = world_.now() + world_.rng.skewed(50 * kMs, 3 * kSecond);
}

void Schedule::apply(Fault fault) {
  world_.trace([&] { return std::string("-- fault: ") + name(fault); });
  Rng& rng = world_.rng;
  ClientNode& client = *clients_[rng.below(clients_.size())];
  WorkerNode& worker = *workers_[rng.below(workers_.size())];
  if (faults_.apply(fault, worker)) return;
  switch (fault) {
    case Fault::kBusPartition:
      break_bus();
      break;
    case Fault::kBrokerCrash:
      restart_later(world_, *brokers_[rng.below(brokers_.size())], 8 * kSecond);
      break;
    case Fault::kClientCrash:
      if (!client.ended()) restart_later(world_, client, 10 * kSecond);
      break;
    case Fault::kFreeze:
      freeze_one();
      break;
    case Fault::kDiskFailure:
      client.fail_disk();
      break;
    case Fault::kNewDevice:
      add_device();
      break;
    case Fault::kRemoveDevice:
      if (ClientNode* by = any_writer(); by != nullptr && rng.chance(500)) {
        // A user keeps the first device, so that there is always one that can read.
        if (const int device = by->device() / 10 * 10 + static_cast<int>(rng.between(1, 2)); by->device() != device) {
          by->ask_removal(device_id(device));
        }
      }
      break;
    case Fault::kLogout:
      client.log_out();
      world_.after(rng.skewed(100 * kMs, 10 * kSecond), [this, &client] {
        if (client.ended() && !oracle_.ever_removed(client.device())) client.start();
      });
      break;
    case Fault::kLostTail:
      go_back(2 * kSecond);
      break;
    case Fault::kRestored:
      go_back(15 * kSecond);
      break;
    default:
      break;
  }
}

}  // namespace fastchat::sim
