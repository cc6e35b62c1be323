// systemd's readiness protocol (sd_notify). Does nothing when not started by systemd with Type=notify.
#pragma once

#include <string>

namespace fastchat {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_stopping();

}  // namespace fastchat
