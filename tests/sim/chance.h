// The random numbers of the libraries beneath a session. OpenSSL and libsodium draw from a generator that is seeded
// here, so that a seed is a schedule also where keys, ids and salts are drawn.
#pragma once

#include <cstdint>

namespace fastchat::sim {

// Seeds the generator of this process.
void seed_libraries(uint64_t seed);

}  // namespace fastchat::sim
