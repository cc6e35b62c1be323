// The kernel's counts of bytes on one TCP connection, read from a descriptor that may be libzmq's and in use by another
// thread.
#pragma once

#include <cstdint>

namespace fastchat {

// Returns the bytes of payload taken from the kernel: at least the bytes taken when the call began, at most the bytes
// arrived when the call returned. Returns -1 when the kernel does not report them (any more).
int64_t bytes_taken(int fd);

// Returns the bytes that the peer's host has acknowledged: payload and, on the side that connected, one more for the
// SYN. Returns -1 when the kernel does not report them.
int64_t bytes_acknowledged(int fd);

}  // namespace fastchat
