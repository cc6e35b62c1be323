// systemd's readiness protocol (sd_notify). Does nothing when systemd did not start the program with Type=notify.
#pragma once

#include <string>

namespace fastchat {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_stopping();

}  // namespace fastchat
