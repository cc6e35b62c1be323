#include "common/clock.h"

#include <ctime>

#include "common/check.h"

namespace fastchat {
namespace {

timespec read_clock(clockid_t id) {
  timespec t{};
  FC_CHECK(clock_gettime(id, &t) == 0);
  return t;
}

int64_t micros(clockid_t id) {
  const timespec t = read_clock(id);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1'000;
}

}  // namespace

int64_t Clock::monotonic_us() {
  return micros(CLOCK_MONOTONIC);
}

int64_t Clock::boot_us() {
  return micros(CLOCK_BOOTTIME);
}

int64_t Clock::wall_ms() {
  return micros(CLOCK_REALTIME) / 1'000;
}

}  // namespace fastchat
