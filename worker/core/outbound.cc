#include "worker/core/outbound.h"

#include <string>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr uint64_t kFrameOverhead = 64;  // cost of a frame in a backlog beside its bytes

}  // namespace

void Outbound::touch(Session& s) {
  if (s.out.bytes() >= st_.config.flush_bytes) {
    push(s, s.out.take());
    return;
  }
  if (!std::exchange(s.dirty, true)) st_.dirty.push_back(s.id);
}

void Outbound::send(Session& s, Bytes frame) {
  if (!s.out.empty()) push(s, s.out.take());
  push(s, std::move(frame));
}

void Outbound::send_error(Session& s, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms) {
  send(s, wire::error_frame(request, wire::code_for(s.version, code), text, retry_after_ms));
}

void Outbound::send_busy(Session& s, uint64_t request) {
  send_error(s, request, Code::kBusy, "the database does not answer; try again in a moment", 1000);
}

void Outbound::refused(Session& s) {
  if (s.over) return;
  const int64_t early =
      refusals_.take(st_.now, std::to_string(s.uid), st_.config.refusal_burst, st_.config.refusal_every);
  if (early == 0) return;
  ++st_.counters.floods_ended;
  send_error(s, 0, Code::kThrottled, "this session sent far too many requests; log in again");
  st_.ports.end_flooder(s.rid);
  if (!s.over) end(s);
}

void Outbound::refuse(uint64_t rid, uint64_t request, Code code, std::string_view text) {
  ++st_.counters.refused;
  Bytes frame = wire::error_frame(request, code, text);
  (void)st_.ports.to_client(rid, frame);  // best effort: a peer without a session is owed nothing
}

// Sends a frame. Frames that the socket does not take wait here, in order; the session gets no new messages meanwhile.
void Outbound::push(Session& s, Bytes frame) {
  if (s.over) return;
  if (!s.backlog.empty()) return wait_for_socket(s, std::move(frame));
  switch (st_.ports.to_client(s.rid, frame)) {
    case Sent::kSent:
      return;
    case Sent::kGone:
      return end(s);
    case Sent::kFull:
      break;
  }
  blocked_.push_back(s.id);
  s.backlog_since = st_.now;
  ++st_.counters.slow;
  s.state = SessionState::kSlow;
  wait_for_socket(s, std::move(frame));
}

void Outbound::wait_for_socket(Session& s, Bytes&& frame) {
  s.backlog_bytes += frame.size() + kFrameOverhead;
  s.backlog.push_back(std::move(frame));
  if (s.backlog_bytes <= st_.config.max_backlog_bytes) return;
  // The client asks and does not read. Messages owed to it are in the queue, or are unacknowledged and go there.
  ++st_.counters.backlogs_ended;
  end(s);
}

// Ends the session at the end of the turn, because the caller may hold the session.
void Outbound::end(Session& s) {
  s.over = true;
  gone_.push_back(s.id);
}

void Outbound::flush(std::vector<SessionId>* gone) {
  for (size_t i = 0; i < st_.dirty.size(); ++i) {
    Session* s = st_.sessions.get(st_.dirty[i]);
    if (s == nullptr) continue;
    s->dirty = false;
    if (!s->out.empty()) push(*s, s->out.take());
  }
  st_.dirty.clear();
  gone->insert(gone->end(), gone_.begin(), gone_.end());
  gone_.clear();
}

void Outbound::retry(std::vector<SessionId>* gone, std::vector<SessionId>* free) {
  std::erase_if(blocked_, [&](SessionId id) {
    Session* s = st_.sessions.get(id);
    if (s == nullptr || s->over) return true;
    size_t sent = 0;
    bool lost = false;
    while (!s->backlog.empty()) {
      const uint64_t bytes = s->backlog.front().size() + kFrameOverhead;
      const Sent r = st_.ports.to_client(s->rid, s->backlog.front());
      lost = r == Sent::kGone;
      if (r != Sent::kSent) break;
      s->backlog_bytes -= bytes;
      s->backlog.pop_front();
      ++sent;
    }
    if (sent > 0) s->backlog_since = st_.now;
    if (lost || (!s->backlog.empty() && st_.now - s->backlog_since > st_.config.blocked_patience)) {
      s->over = true;
      gone->push_back(id);
    } else if (s->backlog.empty()) {
      free->push_back(id);
    }
    return s->over || s->backlog.empty();
  });
}

}  // namespace fastchat::worker
