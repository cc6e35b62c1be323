// A command of the command line while another process holds the profile: it runs there, over the profile's socket, and
// prints here. Lines, errors and the exit status are those of the command itself.
#pragma once

#include "client/cli/options.h"
#include "client/rpc/socket_file.h"
#include "common/result.h"

namespace fastchat::cli {

// A connection to the holder, for run_remotely(). kLocalUnreachable: it serves nobody; kNotAllowed: it is another
// user's.
Result<rpc::Descriptor> connect_to_holder(const Options& options);
// `in_use`: what opening the profile said, for commands that need a profile of their own.
int run_remotely(const Options& options, const Call& call, const rpc::Descriptor& holder, const Error& in_use);

}  // namespace fastchat::cli
