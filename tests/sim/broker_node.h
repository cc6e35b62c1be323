// A broker: the real engine, with its sockets and its store simulated after broker/owner.cc.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/engine.h"
#include "tests/sim/fault_store.h"
#include "tests/sim/network.h"
#include "tests/sim/oracle.h"
#include "tests/support/memory_broker_store.h"

namespace fastchat::sim {

class BrokerNode : public Process, private Peer, private broker::Ports {
 public:
  BrokerNode(World& world, Knobs& knobs, Network& net, const Database& database, test::MemoryDb& db, Oracle& oracle,
             int number);

  static std::string client_address(int number) { return "tcp://broker" + std::to_string(number) + ":7999"; }
  static std::string control_address(int number) { return "tcp://broker" + std::to_string(number) + ":8000"; }

 private:
  void on_start() override;
  void on_kill() override;
  void on_overslept(int64_t now) override { engine_->on_overslept(now); }
  int64_t on_turn_end(int64_t now) override;

  bool on_accept(const ConnPtr& conn) override;
  void on_frame(const ConnPtr& conn, const Bytes& frame) override;
  void on_down(const ConnPtr& conn, core::LinkLoss loss) override;

  void send_client(broker::Rid rid, Bytes&& frame) override;
  void close_client(broker::Rid rid) override;
  broker::SendResult send_worker(broker::Rid rid, Bytes&& frame) override;
  void store(broker::StoreRequest&& request) override;
  uint64_t random_u64() override { return world_.rng.next() | 1; }
  void event(broker::Event event, std::string_view detail) override;

  // The sabotages.
  void readmit(const Bytes& frame);
  broker::StoreReply leave_out(const broker::StoreRequest& request);
  void keep(const Passwords::Before& before, broker::StoreReply& reply);

  Network& net_;
  test::MemoryDb& db_;
  Oracle& oracle_;
  test::MemoryBrokerStore store_;
  struct StoreThread {
    broker::Lane lane = broker::Lane::kFind;
    std::unique_ptr<StoreLane> store{};
    size_t asked = 0;
  };
  std::vector<StoreThread> stores_;
  std::unique_ptr<broker::Engine> engine_;
  std::unordered_map<uint64_t, ConnPtr> conns_;
};

}  // namespace fastchat::sim
