// A path as people type, paste or drop it into a terminal.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::tui {

// Returns the path that a shell or a file manager meant. Removes quotes around the path, backslashes before characters,
// and blanks at the ends. Removes file:// and decodes its percent signs. Pure.
std::string unquoted_path(std::string_view typed);

// Replaces ~/ at the beginning by the home folder.
std::string from_home(const std::string& path);

// Returns `typed` when a file of that name exists, else unquoted_path(typed). ~/ is the home folder in both.
std::string typed_path(const std::string& typed);

}  // namespace fastchat::tui
