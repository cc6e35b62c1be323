// Fuzzes a terminal's answers among the keys. Two characters begin an answer; the rest arrive one by one. The parser
// gives up or ends within its bound, and accepts only numbers that a cell and a screen can have. The form of pictures
// that follows from them never divides by zero.
#include "client/tui/terminal/graphics_reply.h"

#include "client/e2e/unicode.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

bool believable(const TerminalSays& s) {
  const auto within = [](int n, int most) { return n >= 0 && n <= most; };
  return within(s.cell_width, kMaxCellPixels) && within(s.cell_height, kMaxCellPixels) && within(s.colours, 100'000) &&
         within(s.max_width, 100'000) && within(s.max_height, 100'000) && (s.cell_width > 0) == (s.cell_height > 0) &&
         (s.max_width > 0) == (s.max_height > 0);
}

void check_form(const TerminalSays& says) {
  for (const char* wanted : {"auto", "kitty", "sixel", "blocks"}) {
    GraphicsHints hints;
    hints.wanted = wanted;
    hints.term = "xterm";
    const PictureForm form = picture_form(hints, says, 256);
    FC_CHECK(form.cell_width >= 1 && form.cell_height >= 1 && form.max_columns >= 1 && form.max_rows >= 1);
    FC_CHECK(form.max_columns <= kMaxPictureColumns && form.max_rows <= kMaxPictureRows);
    if (form.mode == PictureMode::kSixel) FC_CHECK(form.colours >= 1 && form.colours <= kMaxSixelColours);
    if (form.mode == PictureMode::kSixel) FC_CHECK(form.cell_height >= kSixelRows);
  }
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(graphics_reply) {
  GraphicsReply reply;
  size_t collected = 0;
  for (size_t i = 0; i < input.size();) {
    if (!reply.collecting()) {
      const char32_t first = e2e::next_code_point(input, i);
      if (i == input.size()) break;
      const char32_t second = e2e::next_code_point(input, i);
      collected = 0;
      reply.expect_background();
      FC_CHECK(reply.begin(first, second) || !reply.collecting());
    } else {
      const bool taken = reply.take(e2e::next_code_point(input, i));
      FC_CHECK(taken || !reply.collecting());
      FC_CHECK(++collected <= GraphicsReply::kMax);
    }
    FC_CHECK(believable(reply.says()));
  }
  check_form(reply.says());
}
