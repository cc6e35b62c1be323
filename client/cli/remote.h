// A command of the command line while another process holds the profile: it runs there, over the profile's socket, and
// prints here. Lines, errors and the exit status are those of the command itself.
#pragma once

#include "client/cli/options.h"
#include "common/result.h"

namespace fastchat::cli {

// `in_use`: what opening the profile said, for when its holder serves nobody, or the command needs a profile of its
// own.
int run_remotely(const Options& options, const Call& call, const Error& in_use);

}  // namespace fastchat::cli
