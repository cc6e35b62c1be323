// The kernel's counts of bytes on one TCP connection, read from a descriptor that may be libzmq's and in use by another
// thread.
#pragma once

#include <cstdint>

namespace fastchat {

// Bytes of payload that were taken from the kernel: at least as many as had been taken when this was called, at most as
// many as have arrived when it returns. -1 when the kernel does not tell (any more).
int64_t bytes_taken(int fd);

// Bytes that the peer's host has acknowledged: payload and, on the side that connected, one more for the SYN. -1 when
// the kernel does not tell.
int64_t bytes_acknowledged(int fd);

}  // namespace fastchat
