// The user's download folder (XDG_DOWNLOAD_DIR).
#pragma once

#include <string>

namespace fastchat::client {

// "fastchat" in the person's downloads folder: $XDG_DOWNLOAD_DIR, what the desktop's user-dirs.dirs says, or
// ~/Downloads. Nothing is made here.
std::string default_downloads_dir();

}  // namespace fastchat::client
