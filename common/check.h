// FC_CHECK: a condition that only a bug can break. A broken condition prints one line and aborts. Never used on peer
// input or on the environment (those are Result values, see result.h).
#pragma once

#include <cstdio>
#include <cstdlib>

#define FC_CHECK(cond)                                                                   \
  do {                                                                                   \
    if (!(cond)) [[unlikely]] {                                                          \
      std::fprintf(stderr, "%s:%d: bug: %s does not hold\n", __FILE__, __LINE__, #cond); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
