// The page about one message: who wrote it, when, who has it, and the key that signed it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Nothing: the message is gone.
std::vector<Row> info_rows(const std::optional<client::MessageInfo>& info);

}  // namespace fastchat::tui
