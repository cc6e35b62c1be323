// How the program ends, for scripts (docs/cli.md). One place maps an error to a code and to its line.
#pragma once

#include <string>

#include "common/result.h"

namespace fastchat::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 1;       // the person can mend it: arguments, password, names, a profile in use
inline constexpr int kExitUnexpected = 2;  // the disk, a bug, an interruption
inline constexpr int kExitServer = 3;      // the server or the way to it
inline constexpr int kExitUntrusted = 4;   // a key or a vault is not the one it must be
inline constexpr int kExitThrottled = 5;
inline constexpr int kExitTimeout = 6;

int exit_code(Code code);

// One line that says what to do. `server`: the address that was tried, may be empty.
std::string explain(const Error& error, const std::string& server);

}  // namespace fastchat::cli
