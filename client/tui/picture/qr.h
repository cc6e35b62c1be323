// QR codes drawn with half blocks. The edge to libqrencode: qr.cc alone includes it.
#pragma once

#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

inline constexpr int kQuietZone = 4;  // modules around a code, ISO/IEC 18004

// Returns rows of equal width with a quiet zone of `quiet` modules; no rows when the text is too long for a code.
std::vector<Row> qr_rows(const std::string& text, int quiet = kQuietZone);

}  // namespace fastchat::tui
