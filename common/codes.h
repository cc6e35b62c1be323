// The one table of codes. Each row states whether a request may be repeated, whether the link or the login is over, and
// the exit status of a command that ends with the code. Client, command line and tests read the table and decide
// nothing themselves.
#pragma once

#include <span>

#include "common/result.h"

namespace fastchat {

// Exit statuses of the command line (docs/command-line.md).
enum class Exit : int {
  kOk = 0,
  kUsage = 1,       // the person can fix it: arguments, password, names
  kUnexpected = 2,  // the disk, a bug, an interruption
  kServer = 3,      // the server or the path to it
  kUntrusted = 4,   // a key or a vault is not the expected one
  kThrottled = 5,
  kTimeout = 6,
  kInUse = 7,  // another process uses the profile
};

struct CodeFacts {
  Code code;
  const char* name;
  bool temporary;    // the same request may succeed later: keep the request and retry
  bool ends_link;    // the server has forgotten the link, whatever its answer (PROTOCOL.md, section 8)
  bool final_login;  // the client does not retry a login with this answer on its own
  Exit exit;
};

// Returns every code once, in the order of Code.
std::span<const CodeFacts> all_codes();
const CodeFacts& facts(Code code);

inline bool is_temporary(Code code) {
  return facts(code).temporary;
}

}  // namespace fastchat
