#include "bench/fail.h"

#include <unistd.h>

#include <cstdio>

namespace fastchat::bench {

// Does not call exit(), which would wait for libzmq's threads and for lingering sockets.
void fail(const std::string& what) {
  std::fprintf(stderr, "fastchat-bench: %s\n", what.c_str());
  std::fflush(nullptr);
  _exit(3);
}

}  // namespace fastchat::bench
