// Runs a command of the command line and answers the exit code. Silent when all went well.
#pragma once

#include "client/cli/options.h"

namespace fastchat::cli {

int run(const Options& options);

}  // namespace fastchat::cli
