// The faults of a schedule.
#include <algorithm>

#include "tests/sim/schedule.h"

namespace fastchat::sim {

Process* Schedule::any_process() {
  const size_t n = brokers_.size() + workers_.size() + clients_.size();
  size_t i = world_.rng.below(n);
  if (i < brokers_.size()) return brokers_[i].get();
  i -= brokers_.size();
  if (i < workers_.size()) return workers_[i].get();
  return clients_[i - workers_.size()].get();
}

void Schedule::freeze_one() {
  // Freezes servers more often than one client among many.
  Process* p =
      world_.rng.chance(500) ? any_process() : static_cast<Process*>(workers_[world_.rng.below(workers_.size())].get());
  p->freeze(world_.rng.skewed(100 * kMs, knobs_.max_freeze));
}

// Limits a delay to the time of healing, because a longer one would come as a late fault.
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

void Schedule::lose_commits(int64_t most) {
  if (const auto before = go_back(most)) oracle_.database_went_back(*before);
}

void Schedule::apply(Fault fault) {
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
      lose_commits(2 * kSecond);
      break;
    case Fault::kRestored:
      lose_commits(15 * kSecond);
      break;
    default:
      break;
  }
}

}  // namespace fastchat::sim
