// Decides from when on a group's new list of members counts for messages of earlier epochs. A message that the servers
// accepted before a removal can arrive after it: by another way, or from a queue. So a new list takes effect kSettleMs
// after this device learned of it, at a moment when nothing is left in the device's queue. Pure; stored with the group.
//
// A removed member gains nothing that a dishonest server could not give by holding the change back as long.
#pragma once

#include <cstdint>

namespace fastchat::client {

struct Settling {
  static constexpr int64_t kSettleMs = 60'000;

  uint64_t settled = 0;  // senders must be listed in this epoch and in those they seal for; 0: in the latter only
  uint64_t next = 0;     // the epoch that settles next; 0: none
  int64_t since_ms = 0;  // time when `next` was first seen (Unix ms)

  // Advances the settling. Nothing is left in the queue at wall_ms (Unix ms), and `newest` is the newest epoch here.
  // Returns true when something changed. A clock that was set back begins the time anew.
  bool drained(uint64_t newest, int64_t wall_ms) {
    const Settling before = *this;
    if (next != 0 && wall_ms - since_ms >= kSettleMs) {
      settled = next;
      next = 0;
    }
    if (newest <= settled) {
      next = 0;
    } else if (next == 0 || wall_ms < since_ms) {
      next = newest;
      since_ms = wall_ms;
    }
    return *this != before;
  }

  bool operator==(const Settling&) const = default;
};

}  // namespace fastchat::client
