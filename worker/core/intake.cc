#include "worker/core/intake.h"

#include <algorithm>
#include <string>

namespace fastchat::worker {
namespace {

constexpr uint64_t kAskAgainMs = 200;

}  // namespace

int64_t Intake::too_fast(uint64_t uid) {
  return rates_.take(st_.now, std::to_string(uid), st_.config.request_burst, st_.config.request_every);
}

bool Intake::take(Session& s, uint64_t request, uint64_t bytes) {
  const auto units = static_cast<uint32_t>(1 + bytes / st_.config.request_unit);
  if (s.open_units + units > st_.config.max_requests) {
    ++st_.counters.requests_busy;
    out_.refused(s);
    out_.send_error(s, request, Code::kBusy, "too many requests are open; wait for some of the answers", kAskAgainMs);
    return false;
  }
  if (const int64_t early = too_fast(s.uid); early > 0) {
    ++st_.counters.requests_fast;
    out_.refused(s);
    out_.send_error(s, request, Code::kBusy, "too many requests in a short time; send more slowly",
                    std::max<uint64_t>(kAskAgainMs, static_cast<uint64_t>(early) / 1000));
    return false;
  }
  s.open.push_back({request, units});
  s.open_units += units;
  return true;
}

bool Intake::room(Session& s, uint64_t request) {
  if (out_.room(s)) return true;
  ++st_.counters.links_busy;
  out_.refused(s);
  out_.send_error(s, request, Code::kBusy, "earlier answers are still on their way; try again in a moment",
                  kAskAgainMs);
  return false;
}

Session* Intake::answered(SessionId session, uint64_t request) {
  Session* s = st_.sessions.get(session);
  if (s == nullptr) return nullptr;
  const auto it = std::find_if(s->open.begin(), s->open.end(), [=](const auto& o) { return o.request == request; });
  if (it != s->open.end()) {
    s->open_units -= it->units;
    s->open.erase(it);
  }
  return s;
}

}  // namespace fastchat::worker
