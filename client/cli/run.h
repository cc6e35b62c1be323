// Runs a command of the command line and returns the exit code. Silent when all went well.
#pragma once

#include <memory>

#include "client/cli/options.h"
#include "client/cli/runner.h"
#include "client/cli/service.h"

namespace fastchat::cli {

// Runs the command in this process or, while another process holds the profile, in that process. `windows`: serves the
// windows of the profile while the command holds the profile. `draw_code`: draws contact cards.
int run(const Parsed& parsed, const StartWindows& windows, const DrawCode& draw_code);

// Returns the command that `options` name. `options` outlives the command.
std::unique_ptr<Runner> make_command(const Options& options);

}  // namespace fastchat::cli
