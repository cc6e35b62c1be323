// The help: every key and every command, from the tables that bind and parse them. Pure.
#pragma once

#include <vector>

#include "client/tui/chat/key_table.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

std::vector<Row> help_rows(const KeyTable& keys);

}  // namespace fastchat::tui
