// Timers of a link: deadlines of its states, and the ping.
#include <algorithm>

#include "client/core/link.h"

namespace fastchat::core {

int64_t Link::tick(int64_t now) {
  if (now >= deadline_) {
    if (state_ == LinkState::kOffline) {
      fire(now, LinkEvent::kDue);
    } else {
      retry(now, Code::kLocalUnreachable, "the server does not answer");
    }
  }
  if (!attached()) return deadline_;
  if (ping_sent_ != kNever && now - ping_sent_ >= config_.silence_after_ping_ms) {
    retry(now, Code::kLocalUnreachable, "the worker does not answer");
    return deadline_;
  }
  if (now >= ping_at()) ping(now);
  return ping_sent_ == kNever ? ping_at() : std::min(ping_at(), ping_sent_ + config_.silence_after_ping_ms);
}

// Returns the time of the next ping. A ping is due after idle time, and at intervals that measure the answer time. A
// client that sends all the time and receives nothing pings too: otherwise a busy client would never detect a dead
// link.
int64_t Link::ping_at() const {
  const int64_t idle = std::min(last_sent_, ping_sent_ == kNever ? unanswered_since_ : kNever) + config_.ping_after_ms;
  return std::min(idle, measure_at_);
}

void Link::ping(int64_t now) {
  v1::ClientFrame frame;
  frame.mutable_ping();
  if (measure_at_ != kNever) {
    measure_at_ = now + config_.measure_every_ms;
    if (latency_.ask(now)) frame.set_request(kPingId);
  }
  if (ping_sent_ == kNever) ping_sent_ = now;
  send_frame(now, frame);
}

}  // namespace fastchat::core
