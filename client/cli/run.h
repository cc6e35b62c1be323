// Runs a command of the command line and returns the exit code. Silent when all went well.
#pragma once

#include <memory>

#include "client/cli/options.h"
#include "client/cli/runner.h"

namespace fastchat::cli {

// Runs the command in this process or, while another process holds the profile, in that process.
int run(const Parsed& parsed);

// Returns the command that `options` name. `options` outlives the command.
std::unique_ptr<Runner> make_command(const Options& options);

}  // namespace fastchat::cli
