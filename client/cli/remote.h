// Runs a command of the command line while another process holds the profile. The command runs in that process, over
// the profile's socket, and prints here. Lines, errors and the exit status are those of the command itself.
#pragma once

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/rpc/socket_file.h"
#include "common/result.h"

namespace fastchat::cli {

// Runs the command in the holder and returns the exit status. `in_use`: the error of opening the profile, for commands
// that need the profile for themselves. `draw`: as for a LocalHost.
int run_remotely(const Options& options, const Call& call, const rpc::Descriptor& holder, const Error& in_use,
                 const DrawCode& draw);

}  // namespace fastchat::cli
