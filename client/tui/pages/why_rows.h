// Lists the messages that were put aside because they could not be verified or opened, with the reasons. Pure.
#pragma once

#include <vector>

#include "client/store/store.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

std::vector<Row> why_rows(const std::vector<store::QuarantineEntry>& entries);

}  // namespace fastchat::tui
