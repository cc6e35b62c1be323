#include "client/tui/picture/qr.h"

#include <qrencode.h>

#include <memory>

namespace fastchat::tui {
namespace {

constexpr Span::Paint kPaper{231, 16};

}  // namespace

std::vector<Row> qr_rows(const std::string& text, int quiet) {
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L),
                                                        QRcode_free);
  if (!code) return {};
  const int side = code->width + 2 * quiet;
  const auto light = [&](int x, int y) {
    x -= quiet;
    y -= quiet;
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return true;
    return (code->data[y * code->width + x] & 1) == 0;
  };
  std::vector<Row> out;
  for (int y = 0; y < side; y += 2) {
    std::string line;
    for (int x = 0; x < side; ++x) {
      const bool above = light(x, y), under = light(x, y + 1);
      line += above && under ? "█" : above ? "▀" : under ? "▄" : " ";
    }
    // Draws the light modules, so that the code is also right on a terminal without colours.
    out.push_back({{line, Style::kPlain, true, kPaper}});
  }
  return out;
}

}  // namespace fastchat::tui
