// The yardstick: one bare libzmq CURVE connection over loopback TCP, DEALER to ROUTER, moving messages of the size of a
// sealed chunk from one process to another. Nothing is stored, sealed or hashed.
#pragma once

#include <cstddef>

#include "common/result.h"

namespace fastchat::bench {

// MiB a second, `messages` of `bytes` each, from the first that arrived to the last. The sender is a forked child.
Result<double> bare_curve_speed(size_t messages, size_t bytes);

}  // namespace fastchat::bench
