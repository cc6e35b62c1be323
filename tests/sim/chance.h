// Chance in the libraries beneath a session. OpenSSL's and libsodium's random numbers come from a generator that is
// seeded here, so that a seed is a schedule also where keys, ids and salts are drawn.
#pragma once

#include <cstdint>

namespace fastchat::sim {

// Of this process from now on.
void seed_libraries(uint64_t seed);

}  // namespace fastchat::sim
