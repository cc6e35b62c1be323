// Gives a finished file its name without ever replacing a file.
#pragma once

#include <string>

namespace fastchat::client {

// Renames a file, from one open folder (AT_FDCWD: any path) to another, unless the new name is taken. Returns 0, or an
// errno: EEXIST when the name is taken.
int rename_new(int from_folder, const std::string& from, int to_folder, const std::string& to);

}  // namespace fastchat::client
