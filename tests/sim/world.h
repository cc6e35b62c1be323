// Virtual time: a queue of events and the loop that runs them, the schedule's random numbers and its trace. One thread.
// Nothing here depends on the simulated parts.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/rng.h"

namespace fastchat::sim {

constexpr int64_t kMs = 1'000, kSecond = 1'000'000;  // us

// A broken invariant: the end of a schedule.
class Violation : public std::exception {
 public:
  Violation(std::string rule, std::string text) : rule_(std::move(rule)), text_(std::move(text)) {}
  const std::string& rule() const { return rule_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string rule_, text_;
};

enum class Trace { kOff, kLast, kAll };

class World {
 public:
  World(uint64_t seed, Trace trace) : rng(seed), trace_(trace) {}

  int64_t now() const { return now_; }
  void at(int64_t when, std::function<void()> what);
  void after(int64_t delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  // Runs everything up to and at `until`.
  void run_until(int64_t until);

  // `line` makes the text, and is called only when somebody reads the trace.
  template <class F>
  void trace(F&& line) {
    if (trace_ != Trace::kOff) add_line(line());
  }
  bool tracing() const { return trace_ != Trace::kOff; }
  const std::deque<std::string>& last_lines() const { return lines_; }

  Rng rng;

 private:
  struct Event {
    int64_t when = 0;
    uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Event& o) const { return std::pair(when, order) > std::pair(o.when, o.order); }
  };
  void add_line(std::string line);

  static constexpr uint64_t kMaxEvents = 20'000'000;  // more is a loop without progress
  const Trace trace_;
  int64_t now_ = 0;
  uint64_t order_ = 0, ran_ = 0;
  std::priority_queue<Event> events_;
  std::deque<std::string> lines_;
};

}  // namespace fastchat::sim
