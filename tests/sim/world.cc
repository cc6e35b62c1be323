#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>

namespace fastchat::sim {

void World::at(int64_t when, std::function<void()> what) {
  events_.push({std::max(when, now_), ++order_, std::move(what)});
}

void World::run_until(int64_t until) {
  while (!events_.empty() && events_.top().when <= until) {
    // The queue offers no way to move its top out. The event is moved from, because it is popped next.
    auto what = std::move(const_cast<Event&>(events_.top()).what);
    now_ = events_.top().when;
    events_.pop();
    what();
    if (++ran_ > kMaxEvents) throw Violation("progress", "the schedule does not come to an end");
  }
  now_ = std::max(now_, until);
}

void World::add_line(std::string line) {
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "%11.6f ", static_cast<double>(now_) / kSecond);
  lines_.push_back(stamp + std::move(line));
  if (trace_ == Trace::kAll) std::printf("%s\n", lines_.back().c_str());
  if (lines_.size() > 120) lines_.pop_front();
}

}  // namespace fastchat::sim
