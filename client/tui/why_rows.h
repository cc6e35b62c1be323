// What was put aside because it could not be verified or opened, and why. Pure.
#pragma once

#include <vector>

#include "client/store/store.h"
#include "client/tui/frame.h"

namespace fastchat::tui {

std::vector<Row> why_rows(const std::vector<store::QuarantineEntry>& entries);

}  // namespace fastchat::tui
