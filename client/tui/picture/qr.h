// QR codes drawn with half blocks. The edge to libqrencode: qr.cc alone includes it.
#pragma once

#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Returns rows of equal width with the quiet zone of four modules; no rows when the text is too long for a code.
std::vector<Row> qr_rows(const std::string& text);

}  // namespace fastchat::tui
