// A whole server in a test's process: the real broker's and workers' engines on one Loop, over a MemoryDb. Clients come
// over real sockets (CURVE on 127.0.0.1, any free port); the links between the servers and the database are queues that
// every turn empties. Files have no store here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/engine.h"
#include "common/curve.h"
#include "common/log_head.h"
#include "common/loop.h"
#include "tests/support/memory_broker_store.h"
#include "tests/support/memory_db.h"
#include "tests/support/memory_worker_store.h"
#include "worker/core/engine.h"

namespace fastchat::test {

class Realm {
 public:
  explicit Realm(size_t workers);
  ~Realm();
  Realm(const Realm&) = delete;

  InviteLine invite() const;  // without the log's key
  // The key of the log of keys, which the broker keeps.
  const LogKeyPair& log_key() const { return log_key_; }
  MemoryDb& db() { return db_; }
  // Returns the number of sessions on all workers.
  size_t sessions() const;
  size_t workers() const { return workers_.size(); }
  // Kills the worker with everything that it had in hand, and starts another one in its place.
  void kill_worker(size_t index);
  // Runs one turn, which waits 1 ms at most.
  void turn();

 private:
  class Broker;
  class Worker;
  struct Event {
    const Worker* of;  // the worker of the event; null: the broker
    std::function<void(int64_t now_us)> call;
  };

  void post(const Worker* of, std::function<void(int64_t now_us)> call) { events_.push_back({of, std::move(call)}); }
  Worker* worker_at(uint64_t link);
  void turn_end();

  Loop loop_;
  MemoryDb db_;
  Bytes realm_ = Bytes(16, 'r');
  LogKeyPair log_key_ = make_log_key();
  std::deque<Event> events_;  // between the engines, and from them to the store; in order
  std::unique_ptr<Broker> broker_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Worker>> dead_;  // their client ends are on the loop until the end
  uint64_t next_link_ = 1;
  Loop::TimerId wake_ = 0;
};

}  // namespace fastchat::test
