// Texts about files: sizes, the text of a message with a file, the progress of a transfer. Pure.
#pragma once

#include <string>

#include "client/session/session.h"

namespace fastchat::tui {

std::string size_text(uint64_t bytes);  // "1.2 MB"
// Returns "[cat.png, 1.2 MB] not here yet".
std::string file_text(const client::FileView& file);
// Returns true while a transfer runs or waits.
bool under_way(const client::TransferInfo& transfer);
// Returns "[#####.....] 45%  1.2 MB of 2.7 MB  300 kB/s  3 s left"; for an ended transfer, its result.
std::string progress_text(const client::TransferInfo& transfer);
// Returns "sending cat.png 45%, 1.2 MB/s, 3 s".
std::string transfer_text(const client::TransferInfo& transfer);

}  // namespace fastchat::tui
