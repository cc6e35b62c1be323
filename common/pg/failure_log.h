// The log lines of failed statements: the request, PostgreSQL's code (SQLSTATE) and its kind, never a text that could
// hold a user's data. One line for each request and code in ten seconds, with the number of similar failures left out.
// Used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/pg/pg_error.h"

namespace fastchat::pg {

class FailureLog {
 public:
  struct Line {
    bool write = false;
    uint64_t left_out = 0;  // failures since the last line
  };
  // Decides if this failure is logged at `now` (monotonic microseconds). Pure.
  Line count(const std::string& request, const std::string& sqlstate, int64_t now);
  void add(const std::string& request, const PgFailure& failure);

 private:
  static constexpr int64_t kEvery = 10'000'000;
  static constexpr size_t kMax = 256;
  struct Seen {
    int64_t logged_at = 0;
    uint64_t left_out = 0;
  };
  std::map<std::pair<std::string, std::string>, Seen> seen_;
};

}  // namespace fastchat::pg
