// /metrics and /healthz of the worker.
#include "common/clock.h"
#include "worker/owner.h"

namespace fastchat::worker {

Result<> Owner::open_metrics() {
  struct Named {
    const char* name;
    const char* help;
    const uint64_t Counters::*value;
  };
  static constexpr Named kCounters[] = {
      {"sends", "Messages taken from clients", &Counters::sends},
      {"deliveries", "Messages given to live sessions", &Counters::deliveries},
      {"acks", "Deliveries acknowledged by clients", &Counters::acks},
      {"delivered", "Receipts 'delivered'", &Counters::delivered},
      {"queued", "Receipts 'queued'", &Counters::queued},
      {"rejected", "Messages not accepted", &Counters::rejected},
      {"group_sends", "Messages to groups, after their members were found", &Counters::group_sends},
      {"group_members", "Members who got messages to groups", &Counters::group_members},
      {"queue_rows_inserted", "Rows put into the queue", &Counters::inserts},
      {"queue_rows_delivered", "Rows of the queue given to sessions", &Counters::drained},
      {"queue_rows_removed", "Rows removed after an acknowledgement", &Counters::removed},
      {"bus_deliveries", "Messages handed to other workers", &Counters::bus_deliveries},
      {"bus_nacks", "Deliveries refused to other workers", &Counters::bus_nacks},
      {"timeouts", "Deliveries queued because nobody acknowledged", &Counters::timeouts},
      {"malformed", "Frames that broke the protocol", &Counters::malformed},
      {"refused", "Frames of peers without a session", &Counters::refused},
      {"superseded", "Sessions ended by a newer login of their device", &Counters::superseded},
      {"slow", "Times that a session was too slow", &Counters::slow},
      {"devices_full", "Rows not queued because the device has too many", &Counters::devices_full},
      {"shares_full", "Rows not queued because their sender has a quarter of the device's queue",
       &Counters::shares_full},
      {"sends_refused", "Messages refused because the recipient takes nothing from their senders",
       &Counters::sends_refused},
      {"strangers_full", "Messages of strangers refused because enough of them wait for an answer",
       &Counters::strangers_full},
      {"cards_throttled", "Cards not redeemed because too many were tried in a short time", &Counters::cards_throttled},
      {"vaults_full", "Vaults refused because they are larger than an account may have", &Counters::vaults_full},
      {"group_epochs_refused", "Epochs of groups refused: too many in a day, or too many bytes are kept",
       &Counters::group_epochs_refused},
      {"conflicts", "Messages refused because another has their identity", &Counters::conflicts},
      {"database_changes", "Times that the database had lost its newest commits", &Counters::store_changes},
      {"database_probes_failed", "Times that the database did not take the probe's row", &Counters::probes_failed},
      {"messages_expired", "Rows of the queue that waited too long", &Counters::messages_expired},
      {"devices_expired", "Devices that nobody logged in to for too long", &Counters::devices_expired},
      {"store_errors", "Requests that the database did not answer", &Counters::store_errors},
      {"signals", "Signals taken from clients", &Counters::signals},
      {"signals_dropped", "Signals of clients that sent too many, or for sessions that take none",
       &Counters::signals_dropped},
      {"file_puts", "Chunks of files stored", &Counters::file_puts},
      {"file_gets", "Chunks of files read", &Counters::file_gets},
      {"file_busy", "Requests for files refused because many transfers were under way", &Counters::file_busy},
      {"requests_busy", "Requests refused because their session had too many open", &Counters::requests_busy},
      {"shares_busy", "Messages refused because their sender had used its share of memory", &Counters::shares_busy},
      {"requests_fast", "Requests refused because their user asked too often", &Counters::requests_fast},
      {"links_busy", "Requests refused because their session had not read earlier answers", &Counters::links_busy},
      {"backlogs_ended", "Sessions ended because they did not read their answers", &Counters::backlogs_ended},
      {"floods_ended", "Sessions ended because they repeated refused requests", &Counters::floods_ended},
      {"handed_over", "Sessions handed to other workers because this one had more than its share",
       &Counters::handed_over},
      {"oversleeps", "Times that the process did not run for 10 s", &Counters::oversleeps},
  };
  for (const auto& c : kCounters) {
    counters_.emplace_back(&metrics_.counter(std::string("fastchat_worker_") + c.name + "_total", c.help), c.value);
  }
  sessions_ = &metrics_.gauge("fastchat_worker_sessions", "Attached clients");
  pending_ = &metrics_.gauge("fastchat_worker_pending", "Messages that this worker is responsible for");
  pending_bytes_ = &metrics_.gauge("fastchat_worker_pending_bytes", "Bytes of these messages");
  peers_ = &metrics_.gauge("fastchat_worker_peers_up", "Other workers up on the bus");
  brokers_listed_ = &metrics_.gauge("fastchat_worker_brokers", "Brokers in the configuration");
  brokers_heard_ = &metrics_.gauge("fastchat_worker_brokers_heard", "Brokers that answer");
  directory_trusted_ = &metrics_.gauge("fastchat_worker_directory_trusted",
                                       "1 while every broker answers or is known not to run: users are cached");
  connections_ = &metrics_.gauge("fastchat_worker_connections", "Client connections open");
  connections_ended_ =
      &metrics_.gauge("fastchat_worker_connections_ended", "Client connections that the guard ended by itself");
  guard_samples_ =
      &metrics_.gauge("fastchat_worker_guard_samples", "Times that the guard looked at the bytes of all connections");
  store_waiting_ = &metrics_.gauge("fastchat_worker_store_waiting", "Requests in line for the database");
  takes_writes_ =
      &metrics_.gauge("fastchat_worker_takes_writes",
                      "1: the database took the last write; 0: brokers send nobody here while another worker is well");
  file_bytes_ = &metrics_.gauge("fastchat_worker_file_bytes", "Bytes of uploaded chunks in memory");
  if (options_.metrics.empty()) return Unit{};
  auto http = HttpServer::open(loop_, options_.metrics, [this](std::string_view path) -> HttpResponse {
    if (path == "/metrics") {
      update_metrics();
      return {200, metrics_.render()};
    }
    if (path == "/healthz") {
      const std::string why = unready();
      return why.empty() ? HttpResponse{200, "ok\n"} : HttpResponse{503, why + "\n"};
    }
    return {404, "not found\n"};
  });
  if (!http) return http.error();
  http_ = std::move(*http);
  return Unit{};
}

void Owner::update_metrics() {
  for (const auto& [shown, value] : counters_) *shown = engine_->counters().*value;
  *sessions_ = static_cast<int64_t>(engine_->sessions());
  *pending_ = static_cast<int64_t>(engine_->pending());
  *pending_bytes_ = static_cast<int64_t>(engine_->pending_bytes());
  *store_waiting_ = static_cast<int64_t>(engine_->store_waiting());
  *takes_writes_ = takes_writes() ? 1 : 0;
  *file_bytes_ = static_cast<int64_t>(engine_->file_bytes_in_hand());
  const GuardCounters& guard = guard_->counters();
  *connections_ = static_cast<int64_t>(guard.open);
  *connections_ended_ = static_cast<int64_t>(guard.ended());
  *guard_samples_ = static_cast<int64_t>(guard.samples);
  const int64_t now = Clock::monotonic_us();
  *brokers_listed_ = static_cast<int64_t>(brokers_.size());
  *brokers_heard_ = 0;
  for (size_t i = 0; i < brokers_.size(); ++i) *brokers_heard_ += engine_->broker_heard(now, i) ? 1 : 0;
  *directory_trusted_ = engine_->directory_trusted(now) ? 1 : 0;
  *peers_ = static_cast<int64_t>(engine_->peers_up(now));
}

bool Owner::takes_writes() const {
  return writer_trouble(Clock::monotonic_us()).empty();
}

// Returns the reason why the database takes no writes, by the writer's last answer: a commit that failed counts at
// once, without a wait for the next probe.
std::string Owner::writer_trouble(int64_t now) const {
  if (const std::string why = engine_->store_trouble(now); !why.empty()) return why;
  return writer_reachable_ ? "" : "the database does not answer";
}

std::string Owner::unready() const {
  const int64_t now = Clock::monotonic_us();
  if (shutdown_at_ != 0) return "shutting down";
  if (!engine_->broker_in_contact(now)) return "no broker answers";
  if (const std::string why = writer_trouble(now); !why.empty()) return why;
  if (!reader_reachable_) return "the database does not answer";
  if (engine_->peers_up(now) < engine_->peers()) return "not every worker is up on the bus";
  return "";
}

}  // namespace fastchat::worker
