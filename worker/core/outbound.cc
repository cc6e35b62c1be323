#include "worker/core/outbound.h"

#include <utility>

namespace fastchat::worker {

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
  send(s, wire::error_frame(request, code, text, retry_after_ms));
}

void Outbound::send_busy(Session& s, uint64_t request) {
  send_error(s, request, Code::kBusy, "the database does not answer; try again in a moment", 1000);
}

void Outbound::refuse(uint64_t rid, uint64_t request, Code code, std::string_view text) {
  ++st_.counters.refused;
  Bytes frame = wire::error_frame(request, code, text);
  (void)st_.ports.to_client(rid, frame);  // best effort: a peer without a session is owed nothing
}

// What the socket does not take waits here, in order; the session gets no new messages meanwhile.
void Outbound::push(Session& s, Bytes frame) {
  if (s.backlog.empty()) {
    switch (st_.ports.to_client(s.rid, frame)) {
      case Sent::kSent:
        return;
      case Sent::kGone:
        gone_.push_back(s.id);
        return;
      case Sent::kFull:
        break;
    }
    ++blocked_;
    s.backlog_since = st_.now;
    ++st_.counters.slow;
    s.state = SessionState::kSlow;
  }
  s.backlog.push_back(std::move(frame));
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

void Outbound::retry(std::vector<SessionId>* gone) {
  if (blocked_ == 0) return;
  st_.sessions.each([&](Session& s) {
    size_t sent = 0;
    bool lost = false;
    while (sent < s.backlog.size()) {
      const Sent r = st_.ports.to_client(s.rid, s.backlog[sent]);
      lost = r == Sent::kGone;
      if (r != Sent::kSent) break;
      ++sent;
    }
    if (s.backlog.empty()) return;
    s.backlog.erase(s.backlog.begin(), s.backlog.begin() + static_cast<ptrdiff_t>(sent));
    if (s.backlog.empty()) --blocked_;
    if (sent > 0) s.backlog_since = st_.now;
    if (lost || (!s.backlog.empty() && st_.now - s.backlog_since > st_.config.blocked_patience)) gone->push_back(s.id);
  });
}

}  // namespace fastchat::worker
