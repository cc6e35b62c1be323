#include "worker/owner.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/client_listener.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/pg/wait.h"
#include "common/random.h"

namespace fastchat::worker {
namespace {

constexpr int kBudget = 256;                    // messages of one socket in a turn
constexpr int64_t kBudgetUs = 5'000;            // us of one socket in a turn; then the others have theirs
constexpr uint64_t kMaxSocketBytes = 8 << 20;   // held by a client's connection; from here its socket counts as full
constexpr int64_t kMaxShutdown = 15'000'000;    // us
constexpr int64_t kProbeEvery = 1'000'000;      // us, while the database does not answer
constexpr int64_t kForgetClosing = 10'000'000;  // us

std::string wildcard_hint(const std::string& endpoint) {
  const bool wildcard = endpoint.find("0.0.0.0") != std::string::npos || endpoint.find("//*") != std::string::npos ||
                        endpoint.find("[::]") != std::string::npos;
  return wildcard ? "--clients listens on every address: give the address for clients with --advertise tcp://HOST:PORT"
                  : "";
}

}  // namespace

Owner::~Owner() {
  threads_.clear();
  guard_.reset();
}

Result<> Owner::start() {
  const auto cluster = load_curve_pair(options_.keys + "/cluster.key");
  if (!cluster) return cluster.error();
  const auto realm = load_realm(options_.keys + "/realm");
  if (!realm) return realm.error();
  const auto prepare = [&]() -> Result<> {
    if (auto ready = prepare_database(options_.database, *realm); !ready) return ready;
    return prepare_files(options_.database, options_.files);
  };
  if (auto ready = pg::wait_for_database(prepare); !ready) return ready;
  seed_libc_rand();
  ctx_.set(zmq::ctxopt::max_sockets, 65'536);
  auto zap = ZapHandler::open(ctx_);
  if (!zap) return zap.error();
  zap_ = std::move(*zap);
  zap_->set_policy("cluster", ZapHandler::admit_only(cluster->public_key));
  zap_->set_policy("clients", [this](ByteView key, std::string_view) -> std::optional<std::string> {
    std::string user_id = to_base64url(key);
    if (!engine_ || !engine_->admits(Clock::monotonic_us(), user_id)) return std::nullopt;
    return user_id;
  });
  zap_->run_on(loop_);
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
    if (signal == SIGHUP) return options_.reload();
    begin_shutdown();
  });

  EngineConfig config;
  config.worker_id = random_u64() | 1;
  config.name = options_.name;
  config.realm = *realm;
  config.brokers = options_.brokers.size();
  config.max_group_members = static_cast<size_t>(options_.group_members);
  config.max_groups_made = static_cast<uint64_t>(options_.groups_per_user);
  config.group_epochs_a_day = static_cast<uint64_t>(options_.group_changes_a_day);
  config.max_group_bytes = static_cast<uint64_t>(options_.group_quota_mib) << 20;
  config.group_bytes_of_all = static_cast<uint64_t>(options_.group_total_mib) << 20;
  config.max_vault_bytes = static_cast<uint64_t>(options_.vault_mib) << 20;
  config.max_file_bytes = static_cast<uint64_t>(options_.file_mib) << 20;
  const CurvePair own = make_curve_pair();
  config.curve_key = own.public_key;
  auto listener =
      open_client_listener(ctx_, own, options_.clients, {options_.max_connections, options_.max_per_address});
  if (!listener) return listener.error();
  clients_ = std::move(listener->router);
  guard_ = std::move(listener->guard);
  config.endpoint = options_.advertise.empty() ? listener->endpoint : options_.advertise;
  if (const auto hint = wildcard_hint(config.endpoint); !hint.empty()) return err(Code::kLocalUsage, hint);
  if (auto opened = open_sockets(*cluster); !opened) return opened;
  auto pub_bound = bind_socket(pub_, options_.bus);
  if (!pub_bound) return pub_bound.error();
  config.bus_endpoint = *pub_bound;
  if (!wildcard_hint(config.bus_endpoint).empty()) {
    return err(Code::kLocalUsage, "--bus needs an address that the other workers can reach, not a wildcard");
  }
  subscribe(sub_, wire::topic(config.worker_id));
  subscribe(sub_, wire::topic(0));
  start_store_threads();
  start_file_threads();
  engine_ = std::make_unique<Engine>(std::move(config), static_cast<Ports&>(*this));
  return open_metrics();
}

Result<> Owner::open_sockets(const CurvePair& cluster) {
  SocketLimits bus;
  bus.max_message_bytes = static_cast<int64_t>(wire::kMaxBusFrame);
  bus.send_hwm = bus.recv_hwm = 10'000;
  bus.keepalive_s = kClusterKeepaliveS;
  auto pub = make_bus_pub(ctx_, cluster, "cluster", bus);
  if (!pub) return pub.error();
  pub_ = std::move(*pub);
  auto sub = make_bus_sub(ctx_, cluster, bus);
  if (!sub) return sub.error();
  sub_ = std::move(*sub);
  for (const auto& endpoint : options_.brokers) {
    DealerOptions dealer;
    dealer.limits.max_message_bytes = static_cast<int64_t>(wire::kMaxControlFrame);
    dealer.limits.keepalive_s = kClusterKeepaliveS;
    dealer.reconnect_ms = 100;
    dealer.reconnect_max_ms = 1'000;
    auto socket = make_control_dealer(ctx_, cluster, cluster.public_key, dealer);
    if (!socket) return socket.error();
    auto path = BrokerPath::open(std::move(*socket), endpoint, Clock::monotonic_us());
    if (!path) return path.error();
    brokers_.push_back(std::move(*path));
  }
  broker_answers_.assign(brokers_.size(), false);
  return Unit{};
}

void Owner::start_store_threads() {
  const PgStoreOptions options{
      .conninfo = options_.database,
      .quota = {static_cast<uint64_t>(options_.quota_rows), static_cast<uint64_t>(options_.quota_mib) << 20},
      .queue_days = options_.queue_days,
      .device_days = options_.device_days,
      .program = "worker " + options_.name,
  };
  for (auto* end : {&writer_, &reader_, &sweeper_}) {
    auto [mine, theirs] = make_mailbox<StoreAnswer, StoreRequest>(ctx_);
    *end = std::make_unique<StoreEnd>(std::move(mine));
    const char* name = end == &writer_ ? "store-writer" : end == &reader_ ? "store-reader" : "store-sweeper";
    threads_.push_back(
        std::make_unique<LoopThread>(ctx_, name, [options, end_there = std::move(theirs)](Loop& loop) mutable {
          PgStore pg(options);
          end_there.listen(loop, [&] {
            while (auto request = end_there.receive()) {
              auto answer = std::make_unique<StoreAnswer>();
              answer->reply = pg.run(std::move(*request));
              answer->reachable = pg.reachable();
              end_there.post(std::move(answer));
            }
            return false;
          });
          loop.run();
          end_there.unlisten(loop);
        }));
  }
}

void Owner::start_file_threads() {
  const PgFileStoreOptions options{
      .conninfo = options_.database,
      .limits = {.sender_bytes = static_cast<uint64_t>(options_.file_quota_mib) << 20,
                 .keep_s = static_cast<uint64_t>(options_.file_days) * 24 * 3600},
      .directory = options_.files,
  };
  for (auto* end : {&file_writer_, &file_reader_}) {
    auto [mine, theirs] = make_mailbox<FileReply, FileRequest>(ctx_);
    *end = std::make_unique<FileEnd>(std::move(mine));
    threads_.push_back(std::make_unique<LoopThread>(ctx_, end == &file_writer_ ? "file-writer" : "file-reader",
                                                    [options, end_there = std::move(theirs)](Loop& loop) mutable {
                                                      PgFileStore pg(options);
                                                      end_there.listen(loop, [&] {
                                                        auto request = end_there.receive();
                                                        if (!request) return false;
                                                        end_there.post(
                                                            std::make_unique<FileReply>(pg.run(std::move(*request))));
                                                        return true;
                                                      });
                                                      loop.run();
                                                      end_there.unlisten(loop);
                                                    }));
  }
}

void Owner::run() {
  loop_.add_socket(clients_, [this] { return receive_clients(); });
  loop_.add_socket(sub_, [this] { return receive_bus(); });
  for (size_t i = 0; i < brokers_.size(); ++i)
    loop_.add_socket(brokers_[i]->socket(), [this, i] { return receive_broker(i); });
  writer_->listen(loop_, [this] { return receive_store(*writer_, writer_reachable_); });
  reader_->listen(loop_, [this] {
    reader_asked_ = false;
    return receive_store(*reader_, reader_reachable_);
  });
  sweeper_->listen(loop_, [this] { return receive_store(*sweeper_, sweeper_reachable_); });
  file_writer_->listen(loop_, [this] { return receive_files(*file_writer_); });
  file_reader_->listen(loop_, [this] { return receive_files(*file_reader_); });
  guard_->listen(loop_, [this](uint64_t rid) {
    meter_.gone(rid);
    closing_.erase(rid);
    engine_->on_client_gone(loop_.now_us(), rid);
  });
  loop_.on_overslept([this](int64_t gap_us) {
    log::warn("overslept", {{"ms", gap_us / 1000}});
    engine_->on_overslept(Clock::monotonic_us());
  });
  loop_.set_tick([this] { return next_tick_; }, [](int64_t) {});
  loop_.on_turn_end([this](int64_t) {
    const int64_t now = Clock::monotonic_us();
    next_tick_ = std::min({engine_->tick(now), probe_database(now), watch_brokers(now)});
    engine_->flush(now);
    guard_->flush(now);
    if (now >= forget_closing_at_) {
      forget_closing_at_ = now + kForgetClosing;
      closing_.clear();
    }
    if (!announced_ && unready().empty()) {
      announced_ = true;
      notify_ready("serving");
      log::info("ready", {{"worker", options_.name}});
    }
    if (shutdown_at_ != 0 && (engine_->drained() || now >= shutdown_at_)) loop_.stop();
  });
  loop_.run();
  log::info("stopped", {{"pending", engine_->pending()}});
}

// Asks a reader that did not answer again, also when nobody needs it: /healthz must notice that the database is back.
// The engine probes the writer's lane all the time. Returns the time of the next call, in us.
int64_t Owner::probe_database(int64_t now) {
  if (reader_reachable_) return Loop::kNever;
  if (now < probe_at_) return probe_at_;
  probe_at_ = now + kProbeEvery;
  if (!reader_reachable_ && !std::exchange(reader_asked_, true)) engine_->ask(Sweep{});
  return probe_at_;
}

// Returns the time of the next call, in us.
int64_t Owner::watch_brokers(int64_t now) {
  int64_t next = Loop::kNever;
  for (size_t i = 0; i < brokers_.size(); ++i) {
    const bool heard = engine_->broker_heard(now, i);
    if (const int64_t asked = brokers_[i]->tick(now, heard); asked != 0) engine_->on_broker_absent(now, i, asked);
    next = std::min(next, brokers_[i]->next_tick(now));
    if (heard == broker_answers_[i]) continue;
    broker_answers_[i] = heard;
    if (heard) log::info("broker_answers", {{"broker", brokers_[i]->endpoint()}});
    if (!heard) log::warn("broker_silent", {{"broker", brokers_[i]->endpoint()}});
  }
  return next;
}

// libzmq reads from the connections in turn, so the connections with messages share the budget.
bool Owner::receive_clients() {
  const int64_t until = Clock::monotonic_us() + kBudgetUs;
  for (int i = 0; i < kBudget && (i == 0 || Clock::monotonic_us() < until); ++i) {
    switch (recv_router(clients_, incoming_, dropped_)) {
      case Recv::kNothing:
        guard_->read_all();
        return false;
      case Recv::kDropped:
        continue;
      case Recv::kMessage:
        break;
    }
    if (guard_->saw(incoming_.rid, incoming_.fd, incoming_.payload.size())) meter_.saw(incoming_.rid, incoming_.fd);
    if (closing_.contains(incoming_.rid)) continue;
    engine_->on_client_frame(loop_.now_us(), incoming_.rid, incoming_.user_id, incoming_.bytes());
  }
  return true;
}

bool Owner::receive_bus() {
  zmq::message_t m;
  const int64_t until = Clock::monotonic_us() + kBudgetUs;
  for (int i = 0; i < kBudget && (i == 0 || Clock::monotonic_us() < until); ++i) {
    const Recv r = recv_one(sub_, m, dropped_);
    if (r == Recv::kNothing) return false;
    if (r == Recv::kMessage) engine_->on_bus_frame(loop_.now_us(), bytes_of(m));
  }
  return true;
}

bool Owner::receive_broker(size_t index) {
  zmq::message_t m;
  for (int i = 0; i < kBudget; ++i) {
    const Recv r = recv_one(brokers_[index]->socket(), m, dropped_);
    if (r == Recv::kNothing) return false;
    if (r == Recv::kMessage) engine_->on_broker_frame(loop_.now_us(), index, bytes_of(m));
  }
  return true;
}

bool Owner::receive_store(StoreEnd& end, bool& reachable) {
  for (int i = 0; i < kBudget; ++i) {
    auto answer = end.receive();
    if (!answer) return false;
    if (reachable != answer->reachable) {
      reachable = answer->reachable;
      if (reachable) log::info("database_answers");
      if (!reachable) log::warn("database_silent", {{"hint", "messages stay with their senders until it answers"}});
    }
    engine_->on_store_reply(loop_.now_us(), std::move(answer->reply));
  }
  return true;
}

bool Owner::receive_files(FileEnd& end) {
  for (int i = 0; i < kBudget; ++i) {
    auto reply = end.receive();
    if (!reply) return false;
    engine_->on_file_reply(loop_.now_us(), std::move(*reply));
  }
  return true;
}

void Owner::begin_shutdown() {
  if (shutdown_at_ != 0) return;
  const int64_t now = Clock::monotonic_us();
  shutdown_at_ = now + kMaxShutdown;
  notify_stopping();
  log::info("stopping", {{"sessions", engine_->sessions()}});
  engine_->begin_drain(now);
}

// ---- Ports

Sent Owner::to_client(uint64_t rid, Bytes& frame) {
  if (meter_.unsent(rid) > kMaxSocketBytes) return Sent::kFull;
  const size_t size = frame.size();
  switch (send_router(clients_, rid, std::move(frame))) {
    case SendResult::kSent:
      meter_.sent(rid, size);
      return Sent::kSent;
    case SendResult::kFull:
      return Sent::kFull;
    case SendResult::kGone:
      break;
  }
  return Sent::kGone;
}

uint64_t Owner::unsent(uint64_t rid) {
  return meter_.unsent(rid);
}

HeldBytes Owner::keep(ByteView part) {
  return hold(incoming_.payload, part);
}

void Owner::close_client(uint64_t rid) {
  closing_.insert(rid);
  guard_->end(rid);
}

void Owner::end_flooder(uint64_t rid) {
  closing_.insert(rid);
  guard_->end(rid, Guard::Offence::kYes);
}

// Ignores a failed send: a broker that takes no heartbeat is not there, and the engine notices that by itself.
void Owner::to_broker(size_t broker, Bytes frame) {
  (void)send_one(brokers_[broker]->socket(), std::move(frame));
}

void Owner::to_bus(Bytes frame) {
  (void)send_one(pub_, std::move(frame));
}

void Owner::connect_peer(const std::string& bus_endpoint) {
  if (auto r = connect_socket(sub_, bus_endpoint); !r) log::warn("bus_connect", {{"error", r.error().text}});
}

void Owner::disconnect_peer(const std::string& bus_endpoint) {
  try {
    sub_.disconnect(bus_endpoint);
  } catch (const zmq::error_t& e) {
    log::debug("bus_disconnect", {{"endpoint", bus_endpoint}, {"error", e.what()}});
  }
}

void Owner::store(StoreRequest request) {
  const Lane lane = lane_of(request);
  StoreEnd& end = lane == Lane::kWriter ? *writer_ : lane == Lane::kReader ? *reader_ : *sweeper_;
  end.post(std::make_unique<StoreRequest>(std::move(request)));
}

void Owner::files(FileRequest request) {
  FileEnd& end = lane_of(request) == Lane::kWriter ? *file_writer_ : *file_reader_;
  end.post(std::make_unique<FileRequest>(std::move(request)));
}

void Owner::note(std::string_view event, std::string_view detail) {
  log::info(event, {{"detail", detail}});
}

}  // namespace fastchat::worker
