// The user's download folder (XDG_DOWNLOAD_DIR).
#pragma once

#include <string>

namespace fastchat::client {

// Returns "fastchat" in the person's downloads folder: $XDG_DOWNLOAD_DIR, the entry in the desktop's user-dirs.dirs, or
// ~/Downloads. Makes no folder.
std::string default_downloads_dir();

}  // namespace fastchat::client
