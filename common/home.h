// The home folder of the person who runs the program.
#pragma once

#include <string>

namespace fastchat {

// Returns $HOME when it is an absolute path, else the folder of the passwd entry; empty when there is neither. The path
// has no slash at its end. Programs that systemd or cron starts often have no HOME.
std::string home_folder();

}  // namespace fastchat
