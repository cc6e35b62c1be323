// The full-screen program, for main.
#pragma once

#include "client/session/serving.h"
#include "client/session/session.h"
#include "client/tui/settings.h"

namespace fastchat::tui {

// Runs until the person quits. `serve` serves the open profile meanwhile. The error is one line for standard error.
Result<> run_tui(client::SessionOptions options, const Settings& settings, const client::StartServing& serve);

}  // namespace fastchat::tui
