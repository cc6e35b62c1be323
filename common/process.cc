#include "common/process.h"

#include <malloc.h>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace fastchat {

Result<uint64_t> raise_open_files(uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return err(Code::kInternal, std::strerror(errno));
  if (limit.rlim_cur >= wanted) return uint64_t{limit.rlim_cur};
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return err(Code::kInternal, std::strerror(errno));
  return uint64_t{limit.rlim_cur};
}

void disable_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

void ignore_hangups() {
  std::signal(SIGHUP, SIG_IGN);
}

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

void give_back_memory() {
  malloc_trim(0);
}

}  // namespace fastchat
