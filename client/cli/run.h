// Runs a command of the command line and answers the exit code. Silent when all went well.
#pragma once

#include <memory>

#include "client/cli/options.h"
#include "client/cli/runner.h"

namespace fastchat::cli {

// In this process, or, while another one holds the profile, there.
int run(const Parsed& parsed);

// The command that `options` name. `options` lives longer.
std::unique_ptr<Runner> make_command(const Options& options);

}  // namespace fastchat::cli
