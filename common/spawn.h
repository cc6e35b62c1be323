// Starts another program, without a shell between: in a session of its own, with the signals as they are by default,
// and with standard error on /dev/null. Descriptors that are closed on exec, as all of ours are, stay here.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat {

struct Spawn {
  std::string program;                 // looked up in PATH when it has no slash
  std::vector<std::string> arguments;  // its own name first
  int in = -1, out = -1;               // its standard input and output; -1: /dev/null
  bool with_environment = true;        // false: it gets no variable of ours
};

// The process, which the caller has to wait for. kLocalUsage with the system's words when it cannot be started.
Result<pid_t> spawn(const Spawn& what);

}  // namespace fastchat
