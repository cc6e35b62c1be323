// The sandbox of the picture process, with a stand-in inside it for a taken-over decoder. The stand-in tries to read
// the profile's key, to reach the network, to write to the terminal, to make processes and run programs. The stand-in
// is a child of this test; it reports one line for each try that succeeded.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include "client/tui/picture/sandbox.h"

namespace fastchat::test {
namespace {

struct Ended {
  std::string said;
  int status = 0;
};

// Runs `inside` in a child whose descriptor 0 is an empty file and 1 a pipe to this process. Kills a child that lives
// on.
Ended in_child(const std::function<int()>& inside) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    _exit(inside());
  }
  close(ends[1]);
  Ended out;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) out.said.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  waitpid(child, &out.status, 0);
  return out;
}

void say(const char* text) {
  (void)!write(STDOUT_FILENO, text, std::strlen(text));
}

class PictureSandbox : public testing::Test {
 protected:
  void SetUp() override {
    key_ = testing::TempDir() + "picture-sandbox.key";
    std::ofstream(key_) << "the secret";
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address_), size_), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    ASSERT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size_), 0);
    inherited_ = open(key_.c_str(), O_RDWR);
    ASSERT_GE(inherited_, 3);
  }
  void TearDown() override {
    close(listener_);
    close(inherited_);
    unlink(key_.c_str());
  }

  // Each try returns the result of its system call.
  void try_everything() const {
    const auto attempt = [](const char* name, const std::function<long()>& call) {
      if (call() >= 0) say(name);
    };
    char byte = 0;
    attempt("inherited descriptor read\n", [&] { return read(inherited_, &byte, 1); });
    attempt("inherited descriptor written\n", [&] { return write(inherited_, "x", 1); });
    attempt("inherited socket accepted\n", [&] { return accept(listener_, nullptr, nullptr); });
    attempt("key opened\n", [&] { return open(key_.c_str(), O_RDONLY); });
    attempt("key opened by the old call\n", [&] { return syscall(SYS_open, key_.c_str(), O_RDONLY); });
    attempt("key removed\n", [&] { return unlink(key_.c_str()); });
    attempt("key renamed\n", [&] { return rename(key_.c_str(), (key_ + "2").c_str()); });
    attempt("file made\n", [&] { return creat((key_ + "3").c_str(), 0600); });
    struct stat info {};
    attempt("key looked at\n", [&] { return stat(key_.c_str(), &info); });
    attempt("terminal opened\n", [] { return open("/dev/tty", O_WRONLY); });
    attempt("terminal typed into\n", [&] { return ioctl(STDIN_FILENO, TIOCSTI, &byte); });
    attempt("standard error written\n", [] { return write(STDERR_FILENO, "", 0); });
    attempt("socket made\n", [] { return socket(AF_INET, SOCK_STREAM, 0); });
    attempt("unix socket made\n", [] { return socket(AF_UNIX, SOCK_STREAM, 0); });
    attempt("netlink socket made\n", [] { return socket(AF_NETLINK, SOCK_RAW, 0); });
    attempt("descriptor copied\n", [] { return dup(STDOUT_FILENO); });
    attempt("memory file made\n", [] { return memfd_create("x", 0); });
    attempt("program run\n", [] { return execl("/bin/true", "true", nullptr); });
    attempt("parent signalled\n", [] { return kill(getppid(), 0); });
    attempt("parent signalled by thread\n", [] { return syscall(SYS_tgkill, getppid(), getppid(), 0); });
    attempt("parent traced\n", [] { return ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr); });
    attempt("parent held\n", [] { return syscall(SYS_pidfd_open, getppid(), 0); });
    attempt("rings made\n", [] {
      io_uring_params params{};
      return syscall(SYS_io_uring_setup, 1, &params);
    });
    attempt("limits raised\n", [] {
      const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
      return setrlimit(RLIMIT_NOFILE, &more);
    });
    attempt("code mapped\n", [] {
      return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
    });
    attempt("code unlocked\n", [] {
      void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return mprotect(page, 4096, PROT_READ | PROT_EXEC);
    });
    attempt("input mapped\n",
            [] { return mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0) == MAP_FAILED ? -1 : 0; });
    attempt("namespace left\n", [] { return unshare(CLONE_NEWUSER); });
    // A new process reports itself and ends; its parent goes on.
    const auto made = [](long pid, const char* name) {
      if (pid == 0) {
        say(name);
        _exit(0);
      }
    };
    made(syscall(SYS_fork), "process made\n");
    made(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr), "process cloned\n");
  }

  std::string key_;
  sockaddr_in address_{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  socklen_t size_ = sizeof address_;
  int listener_ = -1, inherited_ = -1;
};

TEST_F(PictureSandbox, NothingThatATakenOverDecoderTriesComesThrough) {
  const Ended ended = in_child([this] {
    if (!tui::enter_picture_sandbox().ok()) return 7;
    try_everything();
    say("done");
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0) << ended.status;
  EXPECT_EQ(ended.said, "done");
  std::ifstream key(key_);
  std::string content;
  std::getline(key, content);
  EXPECT_EQ(content, "the secret");
}

TEST_F(PictureSandbox, TheSameTriesComeThroughOutsideOfIt) {
  const Ended ended = in_child([this] {
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    char byte = 0;
    if (read(inherited_, &byte, 1) == 1) say("read ");
    if (open(key_.c_str(), O_RDONLY) >= 0) say("opened ");
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0) say("socket ");
    if (kill(getppid(), 0) == 0) say("signalled ");
    if (syscall(SYS_fork) == 0) {
      say("forked");
      _exit(0);
    }
    return 0;
  });
  EXPECT_EQ(ended.said, "read opened socket signalled forked") << "the tries of the other test are real ones";
}

TEST_F(PictureSandbox, HasASessionOfItsOwnAndNoPrivilegesToGain) {
  // The sandbox allows no such queries from inside, so the child waits for input while this process inspects it.
  int input[2];
  ASSERT_EQ(pipe2(input, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(input[0], STDIN_FILENO);
    if (!tui::enter_picture_sandbox().ok()) _exit(7);
    char byte = 0;
    (void)!read(STDIN_FILENO, &byte, 1);
    _exit(0);
  }
  std::string status;
  const auto locked = [&] {
    std::ifstream file("/proc/" + std::to_string(child) + "/status");
    status.assign(std::istreambuf_iterator<char>(file), {});
    return status.find("Seccomp:\t2") != std::string::npos;
  };
  while (!locked() && waitpid(child, nullptr, WNOHANG) == 0) sched_yield();
  EXPECT_THAT(status, testing::HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(status, testing::HasSubstr("NoNewPrivs:\t1"));
  EXPECT_EQ(getsid(child), child);
  close(input[0]);
  close(input[1]);
  waitpid(child, nullptr, 0);
}

TEST_F(PictureSandbox, MemoryMayBeUsedAndABugStillEndsTheProcess) {
  const Ended ended = in_child([] {
    if (!tui::enter_picture_sandbox().ok()) return 7;
    std::string large(size_t{64} << 20, 'x');
    for (size_t i = 0; i < 1000; ++i) large[i * 4096] = 'y';
    std::string(large).swap(large);
    say(large[4096] == 'y' ? "used" : "");
    std::abort();
  });
  EXPECT_EQ(ended.said, "used");
  EXPECT_TRUE(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT) << ended.status;
}

}  // namespace
}  // namespace fastchat::test
