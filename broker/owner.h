// The broker's owner: its sockets and its one loop. Receives frames, hands each to the engine, and performs the
// engine's decisions; decides nothing itself. The store threads, joined by mailboxes, the one that heals the log of
// keys, and the connection guard are the only other threads.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "broker/core/engine.h"
#include "common/curve.h"
#include "common/guard.h"
#include "common/http.h"
#include "common/link_meter.h"
#include "common/loop.h"
#include "common/mailbox.h"
#include "common/metrics.h"
#include "common/socket.h"
#include "common/zap.h"

namespace fastchat::broker {

// Returns the path of the secret of the log of keys: `file`, or log.key in the directory `keys` when that is empty.
std::string log_key_path(const std::string& keys, const std::string& file);
// Loads the key of the log of keys: from `file`, which must exist then, or from log.key in the directory `keys`.
// nullopt: neither is there, so no log is kept.
Result<std::optional<LogKeyPair>> load_log_key(const std::string& keys, const std::string& file);

struct OwnerOptions {
  std::string keys;      // directory with broker.key, cluster.key, realm and log.key
  std::string log_key;   // file with the secret of the log of keys; empty: log.key in `keys`, if there is one
  std::string clients;   // endpoint that clients connect to
  std::string control;   // endpoint that workers connect to
  std::string database;  // connection string of libpq
  std::string metrics;   // loopback address and port; empty: off
  v1::Registration registration = v1::OPEN;
  v1::Strangers strangers = v1::ASK;
  Policy policy = Policy::kRoundRobin;
  int64_t max_connections = 20'000;
  int64_t max_per_address = 1'000;
  int64_t max_devices = 20;              // of a user
  int64_t new_devices_an_hour = 10;      // of a user
  int64_t sign_ups_an_hour = 20;         // from an address
  AddressSet many_behind;                // addresses with a higher limit
  std::function<void()> reload = [] {};  // on SIGHUP
};

class Owner : private Ports {
 public:
  explicit Owner(OwnerOptions options) : options_(std::move(options)) {}
  ~Owner() override;

  // Opens everything, the database first: waits until the database answers, and migrates its schema. The error is one
  // line for a person.
  Result<> start();
  // Runs until SIGTERM or SIGINT has been served.
  void run();

 private:
  using StoreEnd = MailboxEnd<StoreReply, StoreRequest>;
  struct StoreThread {
    Lane lane = Lane::kFind;
    size_t asked = 0;  // requests without an answer
    std::unique_ptr<StoreEnd> mailbox{};
    std::unique_ptr<LoopThread> thread{};
  };

  Result<> prepare_database(const Bytes& realm);
  Result<> load_log_key(const Bytes& realm);
  Result<> open_clients(const CurvePair& pair);
  Result<> open_control(const CurvePair& cluster);
  Result<> open_metrics();
  void start_store_threads();
  EngineConfig engine_config(const Bytes& realm) const;
  bool receive_clients();
  bool receive_control();
  bool receive_store(StoreThread& from);
  void begin_shutdown();
  void end_closed(int64_t now_us);
  void turn_end();
  HttpResponse serve_http(std::string_view path);

  void send_client(Rid rid, Bytes&& frame) override;
  uint64_t unsent(Rid rid) override { return meter_.unsent(rid); }
  void close_client(Rid rid) override;
  broker::SendResult send_worker(Rid rid, Bytes&& frame) override;
  void store(StoreRequest&& request) override;
  uint64_t random_u64() override;
  void event(Event event, std::string_view detail) override;

  OwnerOptions options_;
  zmq::context_t ctx_{1};
  Loop loop_;
  std::unique_ptr<ZapHandler> zap_;
  zmq::socket_t clients_;
  zmq::socket_t control_;
  std::string clients_endpoint_;  // as bound
  std::unique_ptr<Guard> guard_;
  LinkMeter meter_;
  std::unique_ptr<LoopThread> log_healer_;
  std::vector<StoreThread> stores_;  // lane after lane; the engine never has more requests under way than threads
  std::unique_ptr<HttpServer> http_;
  std::optional<LogSigner> signer_;  // none: no log of keys
  std::unique_ptr<Engine> engine_;

  RouterMessage incoming_;
  RecvCounters dropped_;
  bool database_answers_ = true;
  bool announced_ = false;
  int64_t shutdown_until_us_ = 0;  // 0: serving
  // Links that the engine closed, each with the time when its connection ends unless the client has greeted anew.
  std::deque<std::pair<int64_t, Rid>> closed_;

  Metrics metrics_;
  static constexpr size_t kGauges = 8;
  std::array<uint64_t*, static_cast<size_t>(Event::kCount)> events_{};
  std::array<int64_t*, kGauges> gauges_{};
};

}  // namespace fastchat::broker
