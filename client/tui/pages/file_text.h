// Files in words: sizes, what a message with a file says, how far a transfer is. Pure.
#pragma once

#include <string>

#include "client/session/session.h"

namespace fastchat::tui {

std::string size_text(uint64_t bytes);  // "1.2 MB"
// "[cat.png, 1.2 MB] not here yet"
std::string file_text(const client::FileView& file);
// Neither done nor given up.
bool under_way(const client::TransferInfo& transfer);
// "[#####.....] 45%  1.2 MB of 2.7 MB  300 kB/s  3 s left"; of one that ended how it ended.
std::string progress_text(const client::TransferInfo& transfer);
// "sending cat.png 45%, 1.2 MB/s, 3 s"
std::string transfer_text(const client::TransferInfo& transfer);

}  // namespace fastchat::tui
