// Carries out the engine's decisions: frames, store requests, counters and log lines. Gives the numbers for /metrics.
#include "broker/owner.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"

namespace fastchat::broker {
namespace {

constexpr int64_t kEndClosedAfterUs = 2'000'000;

struct EventText {
  std::string_view name;
  log::Level level;
};

// Returns an event's name and log level. Events that a peer can cause at the speed of its line are logged for debugging
// only; the counters count them in any case.
EventText text_of(Event event) {
  using enum log::Level;
  switch (event) {
    case Event::kLinkOpened:
      return {"link_opened", kDebug};
    case Event::kLinkIdle:
      return {"link_idle", kDebug};
    case Event::kMalformed:
      return {"malformed", kDebug};
    case Event::kRefused:
      return {"refused", kDebug};
    case Event::kSignedUp:
      return {"signed_up", kInfo};
    case Event::kSignUpRefused:
      return {"sign_up_refused", kDebug};
    case Event::kLoggedIn:
      return {"logged_in", kInfo};
    case Event::kLoggedInBySecret:
      return {"logged_in_by_secret", kDebug};
    case Event::kNewDevice:
      return {"new_device", kInfo};
    case Event::kDeviceReplaced:
      return {"device_replaced", kInfo};
    case Event::kTooManyDevices:
      return {"too_many_devices", kDebug};
    case Event::kNewDeviceThrottled:
      return {"new_device_throttled", kInfo};
    case Event::kSignUpThrottled:
      return {"sign_up_throttled", kInfo};
    case Event::kStoreShareFull:
      return {"store_share_full", kDebug};
    case Event::kDeviceEnded:
      return {"device_ended", kInfo};
    case Event::kPasswordNeeded:
      return {"password_needed", kDebug};
    case Event::kPasswordChanged:
      return {"password_changed", kInfo};
    case Event::kKeyChanged:
      return {"key_changed", kInfo};
    case Event::kAccountDeleted:
      return {"account_deleted", kInfo};
    case Event::kPasswordRefused:
      return {"password_refused", kInfo};
    case Event::kBadCredentials:
      return {"bad_credentials", kInfo};
    case Event::kThrottled:
      return {"throttled", kDebug};
    case Event::kAssigned:
      return {"assigned", kDebug};
    case Event::kNoWorker:
      return {"no_worker", kWarn};
    case Event::kStoreBusy:
      return {"store_busy", kDebug};
    case Event::kWorkerUp:
      return {"worker_up", kInfo};
    case Event::kWorkerLeft:
      return {"worker_left", kInfo};
    case Event::kWorkerDead:
      return {"worker_dead", kWarn};
    case Event::kWorkerRefused:
      return {"worker_refused", kError};
    case Event::kWorkerBadFrame:
      return {"worker_bad_frame", kWarn};
    case Event::kGrantRetried:
      return {"grant_retried", kWarn};
    case Event::kOverslept:
      return {"links_dropped", kWarn};
    case Event::kCount:
      break;
  }
  return {"event", kError};
}

}  // namespace

void Owner::send_client(Rid rid, Bytes&& frame) {
  // A client that does not take its answers, or is gone, asks again.
  const size_t size = frame.size();
  if (send_router(clients_, rid, std::move(frame)) == fastchat::SendResult::kSent) meter_.sent(rid, size);
}

void Owner::close_client(Rid rid) {
  closed_.emplace_back(Clock::monotonic_us() + kEndClosedAfterUs, rid);
}

broker::SendResult Owner::send_worker(Rid rid, Bytes&& frame) {
  switch (send_router(control_, rid, std::move(frame))) {
    case fastchat::SendResult::kSent:
      return broker::SendResult::kSent;
    case fastchat::SendResult::kFull:
      return broker::SendResult::kFull;
    case fastchat::SendResult::kGone:
      break;
  }
  return broker::SendResult::kUnreachable;
}

void Owner::store(StoreRequest&& request) {
  StoreThread* idlest = nullptr;
  for (StoreThread& store : stores_) {
    if (store.lane == lane_of(request) && (idlest == nullptr || store.asked < idlest->asked)) idlest = &store;
  }
  ++idlest->asked;
  idlest->mailbox->post(std::make_unique<StoreRequest>(std::move(request)));
}

uint64_t Owner::random_u64() {
  return fastchat::random_u64();
}

void Owner::event(Event event, std::string_view detail) {
  ++*events_[static_cast<size_t>(event)];
  const auto [name, level] = text_of(event);
  switch (level) {
    case log::Level::kDebug:
      return log::debug(name, {{"what", detail}});
    case log::Level::kInfo:
      return log::info(name, {{"what", detail}});
    case log::Level::kWarn:
      return log::warn(name, {{"what", detail}});
    default:
      return log::error(name, {{"what", detail}});
  }
}

Result<> Owner::open_metrics() {
  for (size_t i = 0; i < events_.size(); ++i) {
    const std::string label = "event=\"" + std::string(text_of(static_cast<Event>(i)).name) + "\"";
    events_[i] = &metrics_.counter("fastchat_broker_events_total", "Events, by name", label);
  }
  // The gauges, in the order in which serve_http fills them.
  constexpr std::array<std::array<const char*, 2>, kGauges> kNames{{
      {"fastchat_broker_links", "Clients that said hello"},
      {"fastchat_broker_workers", "Workers alive"},
      {"fastchat_broker_throttled", "Names, addresses and devices whose failures or logins are counted"},
      {"fastchat_broker_store_waiting", "Requests that wait for the database"},
      {"fastchat_broker_connections", "Client connections open"},
      {"fastchat_broker_connections_ended", "Client connections that the guard ended"},
      {"fastchat_broker_handshakes_refused", "Handshakes that failed"},
      {"fastchat_broker_dropped_messages", "Messages with an unknown routing id or a wrong number of parts"},
  }};
  for (size_t i = 0; i < kGauges; ++i) gauges_[i] = &metrics_.gauge(kNames[i][0], kNames[i][1]);
  if (options_.metrics.empty()) return Unit{};
  auto http = HttpServer::open(loop_, options_.metrics, [this](std::string_view path) { return serve_http(path); });
  if (!http) return http.error();
  http_ = std::move(*http);
  log::info("listening", {{"metrics", http_->port()}});
  return Unit{};
}

HttpResponse Owner::serve_http(std::string_view path) {
  if (path == "/healthz") {
    // Probes the database: without logins, nothing else would notice that the database came back. The engine ignores
    // the reply, because it has no request 0.
    if (!database_answers_) store(StoreRequest{0, FindLogin{""}});
    if (shutdown_until_us_ != 0) return {503, "shutting down\n"};
    if (!database_answers_) return {503, "the database does not answer\n"};
    return {200, "ok\n"};
  }
  if (path != "/metrics") return {404, "not found\n"};
  const auto& guard = guard_->counters();
  const std::array<size_t, kGauges> values{
      engine_->links(),
      engine_->roster().size(),
      engine_->throttled(),
      engine_->store_waiting(),
      guard.open,
      guard.ended(),
      guard.handshake_failed + guard.auth_failed,
      dropped_.bad_routing_id + dropped_.bad_parts,
  };
  for (size_t i = 0; i < kGauges; ++i) *gauges_[i] = static_cast<int64_t>(values[i]);
  return {200, metrics_.render()};
}

}  // namespace fastchat::broker
