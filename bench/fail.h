// The end of a run that cannot go on: one line on stderr, exit status 3. A measuring program has no state to save, and
// a figure from half a run would be wrong. Its child processes end with it.
#pragma once

#include <string>

namespace fastchat::bench {

[[noreturn]] void fail(const std::string& what);

}  // namespace fastchat::bench
