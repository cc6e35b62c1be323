#include "common/pg/failure_log.h"

#include "common/clock.h"
#include "common/log.h"

namespace fastchat::pg {

FailureLog::Line FailureLog::count(const std::string& request, const std::string& sqlstate, int64_t now) {
  if (seen_.size() >= kMax) seen_.clear();
  const auto [it, fresh] = seen_.try_emplace({request, sqlstate});
  Seen& seen = it->second;
  if (!fresh && now - seen.logged_at < kEvery) {
    ++seen.left_out;
    return {};
  }
  seen.logged_at = now;
  return {true, std::exchange(seen.left_out, 0)};
}

void FailureLog::add(const std::string& request, const PgFailure& failure) {
  const Line line = count(request, failure.sqlstate, Clock::monotonic_us());
  if (!line.write) return;
  // Without a code the text comes from libpq and is about the connection.
  log::warn("database", {{"request", request},
                         {"kind", to_string(failure.kind)},
                         {"sqlstate", failure.sqlstate.empty() ? "none" : failure.sqlstate},
                         {"error", failure.sqlstate.empty() ? failure.text : ""},
                         {"left_out", line.left_out}});
}

}  // namespace fastchat::pg
