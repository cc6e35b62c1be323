#include "client/core/engine.h"

#include <algorithm>
#include <utility>

#include "client/core/server_text.h"

namespace fastchat::core {

Engine::Engine(Config config, Ports& ports)
    : config_(std::move(config)),
      ports_(ports),
      link_(config_, ports_),
      outbox_(config_, ports_),
      inbox_(config_, ports_),
      requests_(config_, ports_) {}

void Engine::restore_outgoing(Outgoing message) {
  message.maybe_sent = true;
  outbox_.submit(std::move(message));
}

void Engine::start(int64_t now, Credentials credentials) {
  link_.start(now, std::move(credentials));
  follow_link();
}

void Engine::again(int64_t now, Code code, std::string text) {
  if (link_.state() == LinkState::kEnded) return;
  link_.retry(now, code, std::move(text));
  follow_link();
}

void Engine::end(int64_t now, Code code, std::string text) {
  if (link_.attached()) flush(now, Flush::kAcksOnly);
  link_.end(now, code, std::move(text));
  follow_link();
}

void Engine::on_link_down(int64_t now, LinkLoss loss) {
  link_.down(now, loss);
  follow_link();
}

// Notifies the other parts when a session began or ended. The link alone decides whether a session exists.
void Engine::follow_link() {
  if (link_.attached() == attached_) return;
  attached_ = link_.attached();
  receipt_acks_.clear();
  signals_.clear();
  query_ = 0;
  if (attached_) {
    outbox_.attached(link_.window());
    inbox_.attached();
  } else {
    outbox_.detached();
    inbox_.detached();
    requests_.detached();
  }
}

void Engine::on_frame(int64_t now, ByteView frame) {
  if (link_.state() == LinkState::kEnded || link_.state() == LinkState::kOffline) return;
  Result<wire::ServerIn*> in = parser_.parse(frame);
  if (!in.ok()) {
    link_.retry(now, Code::kMalformed, "the server sent a frame that breaks the protocol");
  } else {
    link_.heard();
    if ((*in)->is_traffic) {
      on_traffic(now, (*in)->traffic);
    } else {
      clean_server_text((*in)->cold);
      chunk_data_ = (*in)->data;
      on_cold(now, (*in)->request, (*in)->cold);
      chunk_data_ = {};
    }
  }
  follow_link();
}

void Engine::on_traffic(int64_t now, const wire::DownstreamView& traffic) {
  if (!link_.attached()) {
    link_.retry(now, Code::kMalformed, "the server sent messages before the session began");
    return;
  }
  for (uint64_t ref : traffic.queued) outbox_.on_queued(ref);
  for (uint64_t ref : traffic.delivered) outbox_.on_delivered(ref);
  for (const auto& r : traffic.rejected) {
    outbox_.on_rejected(now, r.ref, static_cast<Code>(r.code), r.retry_after_ms);
  }
  for (const auto& g : traffic.group) {
    const uint64_t* first = traffic.members.data() + g.first_member;
    outbox_.on_group_receipt(g.ref, g.delivered, {first, first + g.member_count});
  }
  for (const auto& stored : traffic.stored) outbox_.on_stored(stored.ref, stored.id, stored.member);
  for (const auto& delivery : traffic.deliveries) {
    if (!inbox_.on_delivery(delivery)) {
      link_.retry(now, Code::kMalformed, "the server numbered its deliveries wrongly");
      return;
    }
    if (!link_.attached()) return;
  }
  for (const ByteView signal : traffic.signals) ports_.signal(signal);
}

void Engine::signal(Signal&& signal) {
  if (link_.state() != LinkState::kLive || signals_.size() >= wire::kMaxSignalsPerFrame) return;
  signals_.push_back(std::move(signal));
}

void Engine::on_cold(int64_t now, uint64_t request, v1::ServerFrame& frame) {
  if (frame.has_vault_changed()) {
    ports_.vault_changed(frame.vault_changed().version());
    return;
  }
  if (frame.has_devices_changed()) {
    ports_.devices_changed();
    return;
  }
  if (frame.has_contacts_changed()) {
    ports_.contacts_changed();
    return;
  }
  if (frame.has_group_changed()) {
    ports_.group_changed(frame.group_changed().group_id(), frame.group_changed().epoch());
    return;
  }
  if (query_ != 0 && request == query_ && (frame.has_query() || frame.has_error())) {
    query_ = 0;
    if (frame.has_query()) {
      outbox_.on_query_reply(now, frame.query());
      return;
    }
    outbox_.on_query_failed(now);
  }
  // A SHUTTING_DOWN notice concerns the worker only. Messages already written are acknowledged before the link closes.
  if (frame.has_error() && link_.attached() && frame.error().code() == v1::SHUTTING_DOWN) {
    flush(now, Flush::kAcksOnly);
  }
  if (link_.on_frame(now, request, frame)) return;
  requests_.on_reply(request, frame);
}

void Engine::parts_done(int64_t now) {
  link_.parts_done(now);
  follow_link();
}

void Engine::on_write_failed(int64_t now, std::string text) {
  inbox_.on_write_failed();
  link_.retry(now, Code::kLocalDisk, std::move(text), config_.backoff_max_ms);
  follow_link();
}

void Engine::flush(int64_t now, Flush what) {
  for (bool more = true; more;) {
    UpstreamWriter out;
    if (uint64_t tag = inbox_.take_ack()) out.ack_upto(tag);
    for (uint64_t id : receipt_acks_) out.receipt_ack(id);
    receipt_acks_.clear();
    for (const Signal& s : std::exchange(signals_, {})) out.signal({s.to, s.group, s.epoch}, s.envelope);
    more = what == Flush::kAll && outbox_.fill(now, out);
    if (out.empty()) return;
    ports_.send(out.take());
    link_.sent(now);
  }
}

int64_t Engine::tick(int64_t now) {
  // The worker learns only at the start of a session whether this client wants signals. A new session waits for the end
  // of the backlog and for the answers under way, which the end of the link would turn into errors.
  if (link_.state() == LinkState::kLive && !requests_.busy() && config_.signals && !link_.has_signals()) {
    link_.retry(now, Code::kLocalUnreachable, "connecting again, for the signals of who types");
  }
  const int64_t link_wake = link_.tick(now);
  follow_link();
  requests_.advance(now);
  outbox_.advance(now);
  inbox_.advance(now, link_.live_since());
  int64_t wake = std::min(link_wake, requests_.next_wake());
  if (!attached_) return wake;
  if (std::optional<v1::Query> query = outbox_.next_query(now)) {
    v1::ClientFrame frame;
    query_ = next_query_++;
    frame.set_request(query_);
    *frame.mutable_query() = std::move(*query);
    ports_.send(frame.SerializeAsString());
    link_.sent(now);
  }
  if (requests_.flush()) link_.sent(now);
  flush(now, Flush::kAll);
  wake = std::min(wake, outbox_.next_wake());
  return std::min(wake, inbox_.next_wake(link_.live_since()));
}

}  // namespace fastchat::core
