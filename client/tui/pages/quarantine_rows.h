// Lists the quarantined messages, which could not be verified or opened, with the reasons. Pure.
#pragma once

#include <vector>

#include "client/store/store.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

std::vector<Row> quarantine_rows(const std::vector<store::QuarantineEntry>& entries);

}  // namespace fastchat::tui
