// A path as people type, paste or drop it into a terminal.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::tui {

// The path that a shell or a file manager meant: quotes around it, backslashes before characters, and file:// with its
// percent signs are taken off, blanks at its ends too. Pure.
std::string unquoted_path(std::string_view typed);

// Replaces ~/ at the beginning by the home folder.
std::string from_home(const std::string& path);

// `typed` itself where a file of that name is, else unquoted_path() of it; ~/ is the home folder in both.
std::string typed_path(const std::string& typed);

}  // namespace fastchat::tui
