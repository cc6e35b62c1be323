// A second in microseconds, as the broker's core counts time.
#pragma once

#include <cstdint>

namespace fastchat {

inline constexpr int64_t kSecond = 1'000'000;

}  // namespace fastchat
