// Exit statuses, for scripts (docs/command-line.md): the status of a code, from common/codes.h, and its line.
#pragma once

#include <string>

#include "common/codes.h"
#include "common/result.h"

namespace fastchat::cli {

inline constexpr int kExitOk = static_cast<int>(Exit::kOk);
inline constexpr int kExitUsage = static_cast<int>(Exit::kUsage);
inline constexpr int kExitUnexpected = static_cast<int>(Exit::kUnexpected);
inline constexpr int kExitServer = static_cast<int>(Exit::kServer);
inline constexpr int kExitUntrusted = static_cast<int>(Exit::kUntrusted);
inline constexpr int kExitThrottled = static_cast<int>(Exit::kThrottled);
inline constexpr int kExitTimeout = static_cast<int>(Exit::kTimeout);
inline constexpr int kExitInUse = static_cast<int>(Exit::kInUse);

int exit_code(Code code);

// Returns one line that names the error and the next step for the person. `server`: the address that was tried, may be
// empty.
std::string explain(const Error& error, const std::string& server);

}  // namespace fastchat::cli
