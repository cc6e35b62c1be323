// A worker: the real engine, with its sockets and its two store lanes simulated after worker/owner.cc. A start makes a
// new worker_id.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/sim/false_keys.h"
#include "tests/sim/fault_store.h"
#include "tests/sim/network.h"
#include "tests/sim/oracle.h"
#include "tests/sim/turns.h"
#include "tests/support/memory_file_store.h"
#include "tests/support/memory_worker_store.h"
#include "worker/core/engine.h"

namespace fastchat::sim {

class WorkerNode : public Process, private Peer, private worker::Ports {
 public:
  WorkerNode(World& world, Knobs& knobs, Network& net, const Database& database, test::MemoryDb& db, Oracle& oracle,
             int number);

  // Acts on SIGTERM: drains, and dies when that is done or after 15 s.
  void terminate();
  const worker::Engine& engine() const { return *engine_; }
  // Sets the user of the client that floods. The turns of all other users are watched.
  void watch_turns(const std::string& flooder) { flooder_ = flooder; }
  // The clients are whole sessions. Serves files (the light clients send messages only), and shows other keys.
  void serve_sessions(test::MemoryFileStore& files, FalseKeys& keys) {
    file_store_ = &files;
    false_keys_ = &keys;
  }

 private:
  struct Control {  // a DEALER, which connects again by itself
    ConnPtr conn;
    bool up = false;
    std::vector<Bytes> waiting;
  };
  void on_start() override;
  void on_kill() override;
  void on_overslept(int64_t now) override { engine_->on_overslept(now); }
  int64_t on_turn_end(int64_t now) override;

  bool on_accept(const ConnPtr& conn) override;
  void on_up(const ConnPtr& conn) override;
  void on_frame(const ConnPtr& conn, const Bytes& frame) override;
  void on_down(const ConnPtr& conn, core::LinkLoss loss) override;

  worker::Sent to_client(uint64_t rid, Bytes& frame) override;
  uint64_t unsent(uint64_t) override { return 0; }
  bool takes_writes() const override { return database_.down_until <= world_.now(); }
  void close_client(uint64_t rid) override;
  void to_broker(size_t broker, Bytes frame) override;
  void to_bus(Bytes frame) override;
  void connect_peer(const std::string& bus_endpoint) override;
  void disconnect_peer(const std::string& bus_endpoint) override;
  void store(worker::StoreRequest request) override;
  void files(worker::FileRequest request) override;
  void note(std::string_view event, std::string_view detail) override;

  void dial_broker(size_t broker);
  void watch_request(const ConnPtr& conn, const Bytes& frame);
  uint64_t owner_of(const worker::StoreRequest& request) const;
  void knock(int64_t now);
  worker::StoreReply execute(const worker::StoreRequest& request);
  worker::FileReply serve(const worker::FileRequest& request);
  void sabotage(worker::GroupsLookedUp& reply) const;
  Bytes sabotaged(const Bytes& frame) const;
  // Returns the frame that the client on this connection is to get.
  Bytes dressed(const ConnPtr& conn, const Bytes& frame) const;

  Network& net_;
  const Database& database_;
  test::MemoryDb& db_;
  Oracle& oracle_;
  const int number_;
  uint64_t worker_id_ = 0;
  std::string bus_endpoint_;
  int64_t stop_at_ = 0, knock_at_ = 0;
  test::MemoryWorkerStore store_;
  test::MemoryDb old_log_;  // of a sabotage: the log as this worker saw it first
  StoreLane writer_, reader_, sweeper_, file_writer_, file_reader_;
  test::MemoryFileStore* file_store_ = nullptr;
  FalseKeys* false_keys_ = nullptr;
  std::unique_ptr<worker::Engine> engine_;
  std::unordered_map<uint64_t, ConnPtr> clients_;
  std::vector<Control> controls_;
  std::string flooder_;
  Turns turns_;
};

// Returns the answer BUSY to a request.
worker::StoreReply busy_reply(const worker::StoreRequest& request);
worker::FileReply busy_reply(const worker::FileRequest& request);

}  // namespace fastchat::sim
