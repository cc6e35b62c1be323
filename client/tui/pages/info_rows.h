// The page about one message: its author, times, recipients and readers, and the key that signed the message. Pure.
#pragma once

#include <optional>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Returns the rows of the page. `info` is empty when the message is gone.
std::vector<Row> info_rows(const std::optional<client::MessageInfo>& info);

}  // namespace fastchat::tui
