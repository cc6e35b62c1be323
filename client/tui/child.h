// Programs that the screen starts: each gets bytes on its standard input and nothing else of ours. No shell is between.
// Lives on the loop's thread; nothing here waits.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

class Children {
 public:
  static constexpr size_t kMax = 16;  // at a time

  // `arguments[0]` is the program, looked up in PATH. `input` is at most what a pipe takes (64 KiB). kBusy when kMax
  // run already, kLocalUsage when it cannot be started.
  Result<> start(const std::vector<std::string>& arguments, const std::string& input);
  // Forgets those that ended.
  void reap();
  size_t running() const { return running_.size(); }

 private:
  std::vector<pid_t> running_;
};

}  // namespace fastchat::tui
