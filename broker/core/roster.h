// The workers that this broker takes for alive, and who gets the next client. Pure; time is a parameter. It is rebuilt
// from registrations and heartbeats alone, so a broker that starts anew knows all workers half a second later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/ports.h"
#include "common/bytes.h"
#include "common/result.h"
#include "proto/control.pb.h"

namespace fastchat::broker {

enum class Policy { kRoundRobin, kLeastSessions };

struct Worker {
  uint64_t id = 0;
  Rid rid = 0;  // of its control link
  std::string name;
  std::string endpoint;
  Bytes key;  // 32 bytes
  std::string bus_endpoint;
  int64_t heard_us = 0;
  uint32_t sessions = 0;  // of the last heartbeat, and one more for each client sent there since
  bool draining = false;
  bool ready = true;     // the worker's database takes writes
  uint32_t version = 1;  // of the control protocol
};

class Roster {
 public:
  static constexpr int64_t kDeadAfterUs = 3'000'000;
  static constexpr size_t kMaxWorkers = 1'024;

  explicit Roster(Policy policy) : policy_(policy) {}

  // A worker comes, or comes back over another link. Returns the ids of workers that are over because of it: another
  // program now listens on their endpoint. `changed` says whether the set of live workers is another than before.
  struct Registered {
    bool changed = false;
    std::vector<uint64_t> replaced;
  };
  Result<Registered> add(int64_t now_us, Rid rid, const v1::Register& reg);

  // False when the worker, on this link, is not known: ask it who it is.
  bool heartbeat(int64_t now_us, Rid rid, const v1::Heartbeat& beat);

  // False when it was not there, or on another link.
  bool leave(Rid rid, uint64_t worker_id);

  // Drops the workers that were not heard for 3 s, and returns them.
  std::vector<Worker> expire(int64_t now_us);
  // When the next one falls silent for 3 s; INT64_MAX without workers. Linear in the number of workers.
  int64_t next_expiry_us() const;

  // The worker for the next client, one that does not drain and is not in `tried`; null when there is none. Round-robin
  // goes by name and id, so that it keeps its turn when workers come and go; it passes over those that have more than
  // their share. One that is not ready gets a client only when no other is left: what it cannot queue it refuses, and
  // people who are online still reach each other.
  const Worker* pick(const std::set<uint64_t>& tried);

  bool any(const std::set<uint64_t>& tried) const;  // whether pick() would find one

  // Sessions of each worker if they were even, rounded up, over those that are ready and do not drain; 0 without any.
  uint32_t share() const;

  const Worker* find(uint64_t worker_id) const;
  const Worker* by_rid(Rid rid) const;

  // Ordered by name and id.
  std::vector<const Worker*> live() const;
  size_t size() const { return workers_.size(); }
  void clear();

 private:
  using Key = std::pair<std::string, uint64_t>;

  void erase(uint64_t worker_id);

  Policy policy_;
  std::map<Key, Worker> workers_;
  std::unordered_map<uint64_t, Key> keys_;
  std::unordered_map<Rid, uint64_t> rids_;
  Key last_picked_;
};

}  // namespace fastchat::broker
