#include "client/tui/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/spawn.h"

namespace fastchat::tui {

Result<> Children::start(const std::vector<std::string>& arguments, const std::string& input) {
  reap();
  if (running_.size() >= kMax)
    return err(Code::kBusy, std::to_string(kMax) + " started programs still run: wait for one to end");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return err(Code::kLocalUsage, "cannot make a pipe for " + arguments[0]);
  // Only this end does not block: a program that reads before the input is written has to wait.
  (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const Result<pid_t> pid = spawn({.program = arguments[0], .arguments = arguments, .in = ends[0]});
  close(ends[0]);
  if (pid.ok()) {
    running_.push_back(*pid);
    // Never waits for the program: bytes that a full pipe does not take are lost.
    (void)!write(ends[1], input.data(), input.size());
  }
  close(ends[1]);
  if (!pid.ok()) return err(Code::kLocalUsage, "cannot start " + arguments[0] + ": " + pid.error().text);
  return Unit{};
}

void Children::reap() {
  std::erase_if(running_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

}  // namespace fastchat::tui
