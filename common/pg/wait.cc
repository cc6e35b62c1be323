#include "common/pg/wait.h"

#include <poll.h>

#include <algorithm>
#include <string>

#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"

namespace fastchat::pg {
namespace {

constexpr int kFirstPauseMs = 500, kLongestPauseMs = 5'000;
constexpr int64_t kSayAgainUs = 60'000'000;

}  // namespace

Result<> wait_for_database(const std::function<Result<>()>& prepare) {
  std::string said;
  int64_t said_at = 0;
  for (int pause_ms = kFirstPauseMs;; pause_ms = std::min(pause_ms * 2, kLongestPauseMs)) {
    Result<> done = prepare();
    if (done.ok() || done.code() != Code::kBusy) {
      if (!said.empty()) log::info("database_answers");
      return done;
    }
    const int64_t now = Clock::monotonic_us();
    if (said != done.error().text || now - said_at >= kSayAgainUs) {
      said = done.error().text;
      said_at = now;
      log::warn("database_awaited", {{"error", said}});
      notify_status("waiting for the database");
    }
    // No signal handler runs here: SIGTERM ends the program, which serves no client yet.
    (void)poll(nullptr, 0, pause_ms);
  }
}

}  // namespace fastchat::pg
