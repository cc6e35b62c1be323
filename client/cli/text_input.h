// A message's text: the argument, or all of standard input. Blocks; called before the loop runs.
#pragma once

#include <string>

#include "client/cli/options.h"
#include "common/result.h"

namespace fastchat::cli {

// Without its last line feed; a little more than fits a message at most. kLocalDisk when it cannot be read.
Result<std::string> text_or_input(const Options& options);

}  // namespace fastchat::cli
