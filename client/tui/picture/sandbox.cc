#include "client/tui/picture/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

namespace fastchat::tui {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // defined by GCC
constexpr bool kSanitizer = true;
#elif defined(__clang__)
constexpr bool kSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitizer = false;
#endif

constexpr rlim_t kMemory = 768 << 20;  // address space, bytes: libraries, the file, 24 million pixels, a copy of them
constexpr rlim_t kSeconds = 5;         // processor time

using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, void (*)(scmp_filter_ctx)>;

Error refused(int cause) {
  return err(Code::kLocalUsage,
             std::string("cannot draw pictures: this system allows no sandbox (") + std::strerror(cause) + ")");
}

bool limit(__rlimit_resource what, rlim_t most) {
  const rlimit limits{most, most};
  return setrlimit(what, &limits) == 0;
}

// Replaces libseccomp's macros for arguments, which are C.
constexpr scmp_arg_cmp argument(unsigned index, scmp_compare op, scmp_datum_t a, scmp_datum_t b = 0) {
  return {index, op, a, b};
}

// Closes all descriptors but the three standard ones. Older kernels have no close_range().
void close_others() {
  if (close_range(STDERR_FILENO + 1, ~0U, 0) == 0) return;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) _exit(3);
  for (rlim_t fd = STDERR_FILENO + 1; fd < files.rlim_cur; ++fd) close(static_cast<int>(fd));
}

// Moves to a network namespace without a device. Containers and distributions forbid one or both of these calls. The
// allow-list below holds without them.
void leave_network() {
  if (unshare(CLONE_NEWNET) != 0) (void)unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

// Allows the calls that decoding, drawing, the allocator and abort() need, and none that names a file, an address or
// another process. Returns 0 or a negative errno.
int allow_calls(scmp_filter_ctx filter) {
  int failed = 0;
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> when = {}) {
    if (failed != 0) return;
    failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()), when.begin());
  };
  allow(SCMP_SYS(read), {argument(0, SCMP_CMP_EQ, STDIN_FILENO)});
  allow(SCMP_SYS(write), {argument(0, SCMP_CMP_EQ, STDOUT_FILENO)});
  // Anonymous memory only, and never code.
  allow(SCMP_SYS(mmap),
        {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0), argument(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)});
  allow(SCMP_SYS(mprotect), {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
                         SCMP_SYS(sched_yield), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(getpid),
                         SCMP_SYS(gettid), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
                         SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)}) {
    allow(call);
  }
  allow(SCMP_SYS(tgkill), {argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()))});
  if (kSanitizer) {
    // A sanitizer reports to standard error, and its handlers have a stack of their own.
    allow(SCMP_SYS(write), {argument(0, SCMP_CMP_EQ, STDERR_FILENO)});
    allow(SCMP_SYS(sigaltstack));
  }
  return failed;
}

}  // namespace

Result<> enter_picture_sandbox() {
  (void)setsid();  // fails after spawn(), which has made a session already
  close_others();
  leave_network();
  bool limited = limit(RLIMIT_CPU, kSeconds) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
                 limit(RLIMIT_NPROC, 0) && limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_MEMLOCK, 0);
  if (!kSanitizer) limited = limited && limit(RLIMIT_AS, kMemory);  // sanitizers reserve terabytes
  if (!limited) return refused(errno);
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused(errno);
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return refused(ENOMEM);
  if (const int failed = allow_calls(filter.get()); failed != 0) return refused(-failed);
  if (const int failed = seccomp_load(filter.get()); failed != 0) return refused(-failed);
  return Unit{};
}

}  // namespace fastchat::tui
