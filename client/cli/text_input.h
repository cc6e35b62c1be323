// Reads a message's text: the argument, or all of standard input. Blocks; called before the loop runs.
#pragma once

#include <string>

#include "client/cli/options.h"
#include "common/result.h"

namespace fastchat::cli {

// Returns the text without its last line feed, and at most a little more than fits a message. Fails with kLocalDisk
// when standard input cannot be read.
Result<std::string> text_or_input(const Options& options);

}  // namespace fastchat::cli
