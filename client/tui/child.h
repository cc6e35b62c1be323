// Programs that the screen starts. Each program gets bytes on its standard input, and no other descriptor of this
// process. No shell is involved. Lives on the loop's thread and never blocks.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

class Children {
 public:
  static constexpr size_t kMax = 16;  // at a time

  // Starts a program. `arguments[0]` is the program, looked up in PATH. `input` is at most the size of a pipe (64 KiB).
  // Fails with kBusy when kMax programs run already, with kLocalUsage when the program cannot be started.
  Result<> start(const std::vector<std::string>& arguments, const std::string& input);
  // Forgets the programs that ended.
  void reap();
  size_t running() const { return running_.size(); }

 private:
  std::vector<pid_t> running_;
};

}  // namespace fastchat::tui
