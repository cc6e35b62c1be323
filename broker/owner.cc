#include "broker/owner.h"

#include <algorithm>
#include <csignal>

#include "broker/store/pg_store.h"
#include "common/client_listener.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/pg/migrate.h"
#include "common/pg/wait.h"
#include "common/random.h"

namespace fastchat::broker {
namespace {

constexpr int kBudget = 256;                 // messages of one socket in a turn
constexpr int64_t kMaxShutdown = 3'000'000;  // us, for requests under way
constexpr int kLastWordsMs = 500;            // for answers to leave when the program ends
constexpr int kStoreDeadlineMs = 5'000;
constexpr int64_t kHealAgainUs = 60'000'000;  // after a failure

pg::DatabaseOptions database_options(const std::string& conninfo) {
  return {conninfo, "fastchat-broker"};
}

// Appends leaves that are missing before anybody is served, in a log that is not complete.
Result<> complete_log(Store& store) {
  uint64_t slices = 0;
  const auto added = store.catch_up_log([&](const LogSlice&) {
    if (++slices % 100 != 0) return;
    const int64_t users = static_cast<int64_t>(slices) * Store::kLogSlice;
    log::info("log_of_keys_begins", {{"users", users}});
    notify_status("appending the users' keys to the log: " + std::to_string(users) + " so far");
  });
  if (!added) return added.error();
  log::info("log_of_keys_complete", {{"leaves", *added}});
  return Unit{};
}

// Appends leaves that are missing while the broker serves, a slice a turn: a broker of before the log may have run.
void heal_log(Loop& loop, const pg::DatabaseOptions& options, const LogSigner& signer) {
  PgStore store(options, kStoreDeadlineMs, signer);
  LogSlice at{0, 0, true};
  uint64_t added = 0;
  int64_t due_us = 0;
  loop.set_tick([&] { return due_us; },
                [&](int64_t now_us) {
                  auto slice = store.catch_up_slice(at.after);
                  due_us = now_us + (slice ? 0 : kHealAgainUs);
                  if (!slice) return;
                  at = *slice;
                  added += at.added;
                  if (at.more) return;
                  due_us = Loop::kNever;
                  if (added > 0) log::info("log_of_keys_caught_up", {{"leaves", added}});
                });
  loop.run();
}

}  // namespace

std::string log_key_path(const std::string& keys, const std::string& file) {
  return file.empty() ? keys + "/log.key" : file;
}

Result<std::optional<LogKeyPair>> load_log_key(const std::string& keys, const std::string& file) {
  auto pair = find_log_key(log_key_path(keys, file));
  if (pair && !*pair && !file.empty())
    return err(Code::kLocalDisk, file + ": does not exist (`fastchat-broker keys --log-key` creates it)");
  return pair;
}

Owner::~Owner() {
  log_healer_.reset();
  stores_.clear();
  guard_.reset();
}

Result<> Owner::start() {
  const auto realm = load_realm(options_.keys + "/realm");
  if (!realm) {
    return err(realm.code(), realm.error().text + " (`fastchat-broker keys` creates missing files)");
  }
  const auto pair = load_curve_pair(options_.keys + "/broker.key");
  if (!pair) return pair.error();
  const auto cluster = load_curve_pair(options_.keys + "/cluster.key");
  if (!cluster) return cluster.error();
  if (auto loaded = load_log_key(*realm); !loaded) return loaded;
  if (auto ready = pg::wait_for_database([&] { return prepare_database(*realm); }); !ready) return ready;
  seed_libc_rand();
  auto zap = ZapHandler::open(ctx_);
  if (!zap) return zap.error();
  zap_ = std::move(*zap);
  zap_->set_policy("clients", ZapHandler::admit_all());
  zap_->set_policy("control", ZapHandler::admit_only(cluster->public_key));
  zap_->run_on(loop_);
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
    if (signal == SIGHUP) return options_.reload();
    begin_shutdown();
  });
  if (auto opened = open_metrics(); !opened) return opened;
  start_store_threads();
  engine_ = std::make_unique<Engine>(engine_config(*realm), static_cast<Ports&>(*this));
  if (auto opened = open_control(*cluster); !opened) return opened;
  return open_clients(*pair);
}

EngineConfig Owner::engine_config(const Bytes& realm) const {
  return {.realm = realm,
          .agent = "fastchat-broker " FASTCHAT_VERSION,
          .registration = options_.registration,
          .policy = options_.policy,
          .max_devices = options_.max_devices,
          .new_devices_an_hour = options_.new_devices_an_hour,
          .sign_ups_an_hour = options_.sign_ups_an_hour,
          .many_behind = options_.many_behind,
          .strangers = options_.strangers,
          .log_key = signer_ ? signer_->public_key() : Bytes()};
}

Result<> Owner::load_log_key(const Bytes& realm) {
  auto pair = broker::load_log_key(options_.keys, options_.log_key);
  if (!pair) return pair.error();
  if (*pair) {
    signer_.emplace(realm, std::move(**pair));
  } else {
    log::info("no_log_of_keys", {{"hint", "`fastchat-broker keys` makes log.key; people then notice a false key"}});
  }
  return Unit{};
}

Result<> Owner::prepare_database(const Bytes& realm) {
  pg::Database database(database_options(options_.database));
  if (auto opened = database.open(); !opened) {
    return err(Code::kBusy, "the database is not reachable: " + opened.failure().text);
  }
  if (auto pooling = pg::check_pooling(database_options(options_.database)); !pooling) {
    return err(pg::to_error(pooling.failure()).code, "the database: " + pooling.failure().text);
  }
  if (auto durable = pg::check_durable(database); !durable) {
    return err(pg::to_error(durable.failure()).code, "the database: " + durable.failure().text);
  }
  if (auto migrated = pg::migrate(database); !migrated) {
    return err(pg::to_error(migrated.failure()).code, "the database's schema: " + migrated.failure().text);
  }
  PgStore store(database_options(options_.database), kStoreDeadlineMs, signer_);
  if (auto claimed = store.claim_realm(realm); !claimed) return claimed;
  const auto complete = store.claim_log();
  if (!complete) return complete.error();
  return *complete ? Result<>(Unit{}) : complete_log(store);
}

Result<> Owner::open_clients(const CurvePair& pair) {
  auto listener =
      open_client_listener(ctx_, pair, options_.clients, {options_.max_connections, options_.max_per_address});
  if (!listener) return listener.error();
  clients_ = std::move(listener->router);
  guard_ = std::move(listener->guard);
  clients_endpoint_ = std::move(listener->endpoint);
  return Unit{};
}

Result<> Owner::open_control(const CurvePair& cluster) {
  SocketLimits limits;
  limits.max_message_bytes = static_cast<int64_t>(wire::kMaxControlFrame);
  limits.send_hwm = 100'000;  // every login sends an Invalidate to every worker
  limits.keepalive_s = kClusterKeepaliveS;
  auto router = make_control_router(ctx_, cluster, "control", limits);
  if (!router) return router.error();
  control_ = std::move(*router);
  auto bound = bind_socket(control_, options_.control);
  if (!bound) return bound.error();
  log::info("listening", {{"control", *bound}});
  return Unit{};
}

void Owner::start_store_threads() {
  const auto options = database_options(options_.database);
  for (const Lane lane : {Lane::kFind, Lane::kWrite, Lane::kAdopt}) {
    for (size_t i = 0; i < shape_of(lane).threads; ++i) {
      auto [mine, theirs] = make_mailbox<StoreReply, StoreRequest>(ctx_);
      auto work = [options, signer = signer_, end = std::move(theirs)](Loop& loop) mutable {
        PgStore store(options, kStoreDeadlineMs, std::move(signer));
        // Serves one request a turn, so that the thread notices a stop between two requests.
        end.listen(loop, [&] {
          auto request = end.receive();
          if (request) end.post(std::make_unique<StoreReply>(execute(store, *request)));
          return request != nullptr;
        });
        loop.run();
        end.unlisten(loop);
      };
      stores_.push_back({lane, 0, std::make_unique<StoreEnd>(std::move(mine)),
                         std::make_unique<LoopThread>(ctx_, "store", std::move(work))});
    }
  }
  if (!signer_) return;
  log_healer_ = std::make_unique<LoopThread>(
      ctx_, "log", [options, signer = *signer_](Loop& loop) { heal_log(loop, options, signer); });
}

void Owner::run() {
  loop_.add_socket(clients_, [this] { return receive_clients(); });
  loop_.add_socket(control_, [this] { return receive_control(); });
  for (StoreThread& store : stores_) {
    store.mailbox->listen(loop_, [this, &store] { return receive_store(store); });
  }
  guard_->listen(loop_, [this](uint64_t rid) {
    meter_.gone(rid);
    engine_->on_client_gone(loop_.now_us(), rid);
  });
  loop_.on_overslept([this](int64_t gap_us) {
    log::warn("overslept", {{"ms", gap_us / 1000}});
    engine_->on_overslept(Clock::monotonic_us());
  });
  loop_.set_tick(
      [this] {
        const int64_t due = closed_.empty() ? Loop::kNever : closed_.front().first;
        return std::min({engine_->next_tick_us(), due, shutdown_until_us_ == 0 ? Loop::kNever : shutdown_until_us_});
      },
      [this](int64_t now_us) {
        engine_->tick(now_us);
        end_closed(now_us);
      });
  loop_.on_turn_end([this](int64_t) { turn_end(); });
  loop_.run();
  clients_.set(zmq::sockopt::linger, kLastWordsMs);
  log::info("stopped");
}

void Owner::turn_end() {
  const int64_t now_us = Clock::monotonic_us();
  guard_->flush(now_us);
  if (!announced_) {
    announced_ = true;
    log::info("listening", {{"clients", clients_endpoint_}});
    notify_ready("serving");
  }
  if (shutdown_until_us_ != 0 && (engine_->quiet() || now_us >= shutdown_until_us_)) loop_.stop();
}

bool Owner::receive_clients() {
  for (int i = 0; i < kBudget; ++i) {
    const Recv got = recv_router(clients_, incoming_, dropped_);
    if (got == Recv::kNothing) {
      guard_->read_all();
      return false;
    }
    if (got == Recv::kDropped) continue;
    if (guard_->saw(incoming_.rid, incoming_.fd, incoming_.payload.size())) meter_.saw(incoming_.rid, incoming_.fd);
    const auto key = from_base64url(incoming_.user_id);
    if (!key || key->size() != kCurveKeySize) continue;
    engine_->on_client_frame(loop_.now_us(), incoming_.rid, *key, incoming_.peer_address(), incoming_.bytes());
  }
  return true;
}

bool Owner::receive_control() {
  for (int i = 0; i < kBudget; ++i) {
    const Recv got = recv_router(control_, incoming_, dropped_);
    if (got == Recv::kNothing) return false;
    if (got == Recv::kMessage) engine_->on_worker_frame(loop_.now_us(), incoming_.rid, incoming_.bytes());
  }
  return true;
}

bool Owner::receive_store(StoreThread& from) {
  for (int i = 0; i < kBudget; ++i) {
    auto reply = from.mailbox->receive();
    if (!reply) return false;
    --from.asked;
    const bool answers = reply->body.code() != Code::kBusy;
    if (answers != database_answers_) {
      database_answers_ = answers;
      if (answers) log::info("database_answers");
      if (!answers) log::warn("database_silent", {{"hint", "nobody can sign up or log in until it answers"}});
    }
    engine_->on_store_reply(loop_.now_us(), std::move(*reply));
  }
  return true;
}

void Owner::begin_shutdown() {
  if (shutdown_until_us_ != 0) return;
  shutdown_until_us_ = Clock::monotonic_us() + kMaxShutdown;
  notify_stopping();
  log::info("stopping", {{"links", engine_->links()}});
  engine_->begin_shutdown(loop_.now_us());
  try {
    clients_.unbind(clients_endpoint_);
  } catch (const zmq::error_t& e) {
    log::debug("unbind", {{"error", e.what()}});
  }
}

// Ends the connections of closed links whose time is over, except those that greeted anew.
void Owner::end_closed(int64_t now_us) {
  while (!closed_.empty() && closed_.front().first <= now_us) {
    const Rid rid = closed_.front().second;
    closed_.pop_front();
    if (!engine_->has_link(rid)) guard_->end(rid);
  }
}

}  // namespace fastchat::broker
