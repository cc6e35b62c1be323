#include "worker/core/levelling.h"

#include <algorithm>

namespace fastchat::worker {
namespace {

constexpr size_t kPart = 64, kMaxAtOnce = 5;  // a 64th of the excess, at most 5, at each heartbeat (twice a second)

}  // namespace

// Returns the number of sessions to hand over now. Begins above the margin and goes on down to half of it, so that two
// workers do not pass sessions to and fro.
size_t Levelling::handed_now(uint32_t share) {
  const size_t here = st_.sessions.size() - leaving();
  const size_t margin = std::max<size_t>(st_.config.level_margin, share / 8);
  under_way_ = share != 0 && here > share + (under_way_ ? margin / 2 : margin);
  return under_way_ ? std::clamp<size_t>((here - share) / kPart, 1, kMaxAtOnce) : 0;
}

bool Levelling::may_go(const Session& s) const {
  return s.leave_by == 0 && !s.over && s.state == SessionState::kLive && s.in_flight == 0 && s.unacked.empty() &&
         s.open.empty() && s.backlog.empty() && s.out.empty() && st_.now - s.attached_at >= st_.config.level_age;
}

void Levelling::hand_over(std::vector<Session*>& idle, size_t most) {
  const size_t n = std::min(most, idle.size());
  std::partial_sort(idle.begin(), idle.begin() + static_cast<ptrdiff_t>(n), idle.end(),
                    [](const Session* a, const Session* b) {
                      return std::pair(a->active_at, a->id) < std::pair(b->active_at, b->id);
                    });
  for (size_t i = 0; i < n; ++i) {
    Session& s = *idle[i];
    s.leave_by = st_.now + st_.config.leave_after;
    told_.push_back(s.id);
    ++st_.counters.handed_over;
    out_.send_error(s, 0, Code::kShuttingDown, "this worker has more than its share: ask a broker for another");
  }
}

void Levelling::overdue(std::vector<SessionId>* gone) {
  std::erase_if(told_, [&](SessionId id) {
    const Session* s = st_.sessions.get(id);
    if (s != nullptr && st_.now < s->leave_by) return false;
    if (s != nullptr) gone->push_back(id);
    return true;
  });
}

size_t Levelling::leaving() const {
  return static_cast<size_t>(
      std::count_if(told_.begin(), told_.end(), [this](SessionId id) { return st_.sessions.get(id) != nullptr; }));
}

}  // namespace fastchat::worker
