// Starts another program, without a shell: in a session of its own, with default signal handling, and with standard
// error on /dev/null. FastChat's own descriptors are all closed on exec, so the program gets only `in` and `out`.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat {

struct Spawn {
  std::string program;                 // looked up in PATH when it has no slash
  std::vector<std::string> arguments;  // the program's own name first
  int in = -1, out = -1;               // the program's standard input and output; -1: /dev/null
  bool with_environment = true;        // false: passes no environment variable
};

// Starts a program. Returns the process, for which the caller has to wait. Fails with kLocalUsage and the system's
// words when the program cannot be started.
Result<pid_t> spawn(const Spawn& what);

}  // namespace fastchat
