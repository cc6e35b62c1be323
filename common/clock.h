// The clocks. Only owners read them; cores get the time as a parameter.
#pragma once

#include <cstdint>

namespace fastchat {

struct Clock {
  // CLOCK_MONOTONIC, microseconds. Every timer and timeout counts in it.
  static int64_t monotonic_us();
  // CLOCK_BOOTTIME, microseconds: like CLOCK_MONOTONIC, but goes on while the machine is suspended.
  static int64_t boot_us();
  // CLOCK_REALTIME, milliseconds since 1970. Only displayed and stored, never compared for a decision.
  static int64_t wall_ms();
};

}  // namespace fastchat
