// The workers that this broker considers alive; picks the worker for the next client. Pure; time is a parameter.
// Registrations and heartbeats alone rebuild the roster, so a broker that starts anew has all workers half a second
// later.
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

  // Registers a worker, or registers it again over another link. Returns the ids of the workers that it replaces:
  // another program now listens on their endpoint, or uses their link. `changed`: the list of peers differs from
  // before. Fails with kBusy for a new worker when there are kMaxWorkers.
  struct Registered {
    bool changed = false;
    std::vector<uint64_t> replaced;
  };
  Result<Registered> add(int64_t now_us, Rid rid, const v1::Register& reg);

  // Returns false when no worker with this id is registered on this link; the broker then answers WhoAreYou.
  bool heartbeat(int64_t now_us, Rid rid, const v1::Heartbeat& beat);

  // Removes a worker; returns false when the worker is not registered on this link.
  bool leave(Rid rid, uint64_t worker_id);

  // Drops the workers that were not heard for 3 s, and returns them.
  std::vector<Worker> expire(int64_t now_us);
  // Returns the time when the next worker will have been silent for 3 s; INT64_MAX without workers. Linear in the
  // number of workers.
  int64_t next_expiry_us() const;

  // Returns the worker for the next client: one that does not drain and is not in `tried`; null when there is none.
  // Round-robin goes by name and id, so that it keeps its turn when workers come and go; it passes over workers with
  // more than their share. A worker that is not ready gets a client only when no other is left: it refuses messages
  // that it cannot queue, and people who are online still reach each other.
  const Worker* pick(const std::set<uint64_t>& tried);

  bool any(const std::set<uint64_t>& tried) const;  // true when pick() would find a worker

  // Returns the mean number of sessions of the workers that are ready and do not drain, rounded up; 0 without any.
  uint32_t share() const;

  const Worker* find(uint64_t worker_id) const;
  const Worker* by_rid(Rid rid) const;

  // Returns all workers, ordered by name and id.
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
