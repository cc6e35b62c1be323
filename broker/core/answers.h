// Texts and times that several parts of the engine share.
#pragma once

#include <cstdint>
#include <string_view>

namespace fastchat::broker {

inline constexpr uint64_t kBusyRetryMs = 1'000;
inline constexpr std::string_view kBusyText = "the database does not answer; try again in a moment";

// Converts microseconds to the milliseconds of an Error, rounded up so that no retry comes too early.
inline uint64_t retry_ms(int64_t wait_us) {
  return static_cast<uint64_t>((wait_us + 999) / 1'000);
}

}  // namespace fastchat::broker
