// Opens a profile, or joins the process that has the profile open. Blocks: for a program whose loop does not turn yet.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/rpc/socket_file.h"
#include "common/result.h"

namespace fastchat::rpc {

// Time for a holder that serves nobody: a command that is about to end, or one that has just begun to serve.
inline constexpr int64_t kHolderUs = 10'000'000;

// Calls `open`, which opens the profile in `directory`. When another process has the profile open (kLocalProfileInUse),
// calls `join` with a connection to that holder and the error of `open`. Tries again, for `wait_us`, while nobody
// serves the profile or `join` fails with kLocalUnreachable, which means that the holder has ended. Fails with the
// errors of `open` and `join`, with kLocalProfileInUse after `wait_us`, and with kNotAllowed when another user serves
// the profile.
Result<> open_or_join(const std::string& directory, int64_t wait_us, const std::function<Result<>()>& open,
                      const std::function<Result<>(Descriptor holder, const Error& in_use)>& join);

}  // namespace fastchat::rpc
