// The worker's owner: its sockets and its one loop. Receives frames, hands each to the engine, and performs the
// engine's decisions; decides nothing itself. The three store threads and the two for files, joined by mailboxes, and
// the connection guard are the only other threads.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>
#include <zmq.hpp>

#include "common/curve.h"
#include "common/guard.h"
#include "common/http.h"
#include "common/link_meter.h"
#include "common/loop.h"
#include "common/mailbox.h"
#include "common/metrics.h"
#include "common/socket.h"
#include "common/zap.h"
#include "worker/core/engine.h"
#include "worker/owner_brokers.h"
#include "worker/store/pg_file_store.h"
#include "worker/store/pg_store.h"

namespace fastchat::worker {

struct OwnerOptions {
  std::string name;
  std::string keys;                  // directory with cluster.key and realm
  std::vector<std::string> brokers;  // control endpoints
  std::string clients;               // endpoint to listen on for clients
  std::string advertise;             // endpoint told to clients; empty: as bound
  std::string bus;
  std::string database;
  std::string metrics;  // empty: off
  std::string files;    // directory of the bytes of files; empty: in the database
  int64_t max_connections = 20'000;
  int64_t max_per_address = 1'000;
  int64_t quota_rows = 100'000;
  int64_t quota_mib = 256;
  int64_t queue_days = 30;    // 0: for ever
  int64_t device_days = 180;  // 0: for ever
  int64_t group_members = 128;
  int64_t groups_per_user = 1'000;  // made by one user, deleted ones included
  int64_t group_changes_a_day = 200;
  int64_t group_quota_mib = 256;    // states of one user
  int64_t group_total_mib = 8'192;  // states of all; 0: no limit
  int64_t vault_mib = 32;           // head and parts of one user's vault
  int64_t file_mib = 100;           // one file
  int64_t file_quota_mib = 1'024;   // all files of one sender
  int64_t file_days = 30;
  std::function<void()> reload = [] {};  // on SIGHUP
};

class Owner : private Ports {
 public:
  explicit Owner(OwnerOptions options) : options_(std::move(options)) {}
  ~Owner() override;

  // Opens everything, and waits for a database that is not there yet; the error is one line for a person.
  Result<> start();
  // Runs until SIGTERM or SIGINT has been served.
  void run();

 private:
  struct StoreAnswer {
    StoreReply reply;
    bool reachable = true;
  };
  using StoreEnd = MailboxEnd<StoreAnswer, StoreRequest>;
  using FileEnd = MailboxEnd<FileReply, FileRequest>;

  Result<> open_sockets(const CurvePair& cluster);
  Result<> open_metrics();
  void start_store_threads();
  void start_file_threads();
  bool receive_clients();
  bool receive_bus();
  bool receive_broker(size_t index);
  bool receive_store(StoreEnd& end, bool& reachable);
  bool receive_files(FileEnd& end);
  int64_t probe_database(int64_t now);
  int64_t watch_brokers(int64_t now);
  void begin_shutdown();
  void update_metrics();
  std::string unready() const;
  std::string writer_trouble(int64_t now) const;

  Sent to_client(uint64_t rid, Bytes& frame) override;
  HeldBytes keep(ByteView part) override;
  uint64_t unsent(uint64_t rid) override;
  bool takes_writes() const override;
  void close_client(uint64_t rid) override;
  void end_flooder(uint64_t rid) override;
  void to_broker(size_t broker, Bytes frame) override;
  void to_bus(Bytes frame) override;
  void connect_peer(const std::string& bus_endpoint) override;
  void disconnect_peer(const std::string& bus_endpoint) override;
  void store(StoreRequest request) override;
  void files(FileRequest request) override;
  void note(std::string_view event, std::string_view detail) override;

  OwnerOptions options_;
  zmq::context_t ctx_{1};
  Loop loop_;
  std::unique_ptr<ZapHandler> zap_;
  zmq::socket_t clients_, pub_, sub_;
  std::vector<std::unique_ptr<BrokerPath>> brokers_;
  std::vector<bool> broker_answers_;  // as logged last
  std::unique_ptr<Guard> guard_;
  LinkMeter meter_;
  // Rids whose connections are about to end. Cleared every kForgetClosing: a client that still sends is closed once
  // more.
  std::unordered_set<uint64_t> closing_;
  int64_t forget_closing_at_ = 0;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<StoreEnd> writer_, reader_, sweeper_;
  std::unique_ptr<FileEnd> file_writer_, file_reader_;
  std::vector<std::unique_ptr<LoopThread>> threads_;
  std::unique_ptr<HttpServer> http_;
  Metrics metrics_;
  std::vector<std::pair<uint64_t*, const uint64_t Counters::*>> counters_;
  int64_t *sessions_ = nullptr, *pending_ = nullptr, *pending_bytes_ = nullptr, *peers_ = nullptr;
  int64_t *file_bytes_ = nullptr, *store_waiting_ = nullptr, *takes_writes_ = nullptr;
  int64_t *brokers_heard_ = nullptr, *brokers_listed_ = nullptr, *directory_trusted_ = nullptr;
  int64_t *connections_ = nullptr, *connections_ended_ = nullptr, *guard_samples_ = nullptr;
  bool writer_reachable_ = false, reader_reachable_ = false;
  bool sweeper_reachable_ = true;
  bool reader_asked_ = false;  // a probe is on its way
  int64_t probe_at_ = 0;
  RecvCounters dropped_;
  RouterMessage incoming_;
  int64_t next_tick_ = 0, shutdown_at_ = 0;
  bool announced_ = false;
};

}  // namespace fastchat::worker
