// Turns a parsed command line into a Call, and a Call into the Options that the same arguments would have made. Both
// read the grammar of the command line, so a command's parameters are its options, without a second table. Pure.
#pragma once

#include <filesystem>
#include <string>

#include "client/cli/command_line.h"
#include "client/cli/options.h"
#include "common/json.h"
#include "common/result.h"

namespace fastchat::cli {

// Returns the Call of a parsed command line. Paths become absolute: the holder of the profile runs in another folder.
// `folder`: the working directory; empty when it is unknown, and paths then stay as they are.
Call call_of(const CommandLine& line, const Options& options, const std::filesystem::path& folder);

// Returns the Options of a call. `params`: an object. Errors, each one line: kMalformed for a method that is no
// command, kLocalUsage for parameters that are unknown, missing, of another kind, or that do not go together.
Result<Options> options_of(const std::string& method, const JsonValue& params);

}  // namespace fastchat::cli
