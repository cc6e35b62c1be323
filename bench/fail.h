// Ends a run that cannot go on: one line on stderr, exit status 3. A measuring program has no state to save, and a
// figure from half a run would be wrong. The child processes end with the program.
#pragma once

#include <string>

namespace fastchat::bench {

[[noreturn]] void fail(const std::string& what);

}  // namespace fastchat::bench
