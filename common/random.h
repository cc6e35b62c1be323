// Randomness from the operating system (libsodium), for ids, keys and tickets. No state; safe on every thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/bytes.h"

namespace fastchat {

// Returns `size` unpredictable bytes.
Bytes random_bytes(size_t size);

// Returns an unpredictable number, never 0 (0 means "none" in FastChat's protocols).
uint64_t random_u64();

// Seeds rand() and random() from the OS. libzmq draws the first routing id of a ROUTER from rand() and never seeds it,
// so call this before creating a ROUTER: a peer that guesses the next id can make libzmq abort.
void seed_libc_rand();

}  // namespace fastchat
