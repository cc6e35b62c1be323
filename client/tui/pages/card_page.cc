#include "client/tui/pages/card_page.h"

#include <algorithm>
#include <utility>

#include "client/tui/pages/hints.h"
#include "client/tui/picture/qr.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kLeastText = 24;  // columns beside the code

// Returns the code with the widest quiet zone that fits; no rows when none does.
std::vector<Row> code_that_fits(const std::string& line, int width, int height) {
  for (int quiet = kQuietZone; quiet >= 1; --quiet) {
    std::vector<Row> rows = qr_rows(line, quiet);
    const bool fits = !rows.empty() && static_cast<int>(rows.size()) <= height && width_of(rows.front()) <= width;
    if (fits) return rows;
  }
  return {};
}

constexpr const char* kExplanation =
    "Give this line to one person, who types /card and the line within seven days. You are contacts then, and the "
    "person knows your key.";

}  // namespace

void CardPage::draw(Frame& frame) {
  draw_title(frame, "Your contact card");
  if (!shown_) {
    frame.put(2, clip("  Asking the server for a card ...", frame.width), Style::kDim);
  } else if (!shown_->result.ok()) {
    int y = 2;
    for (const std::string& piece : wrap(shown_->result.error().text, std::max(8, frame.width - 4))) {
      frame.put(y++, "  " + piece, Style::kBad);
    }
  } else {
    // The rows between the title and the status line: the code takes that of the hint, too.
    const auto code = code_that_fits(shown_->result->line, frame.width - kLeastText, frame.height - 2);
    return code.empty() ? draw_alone(frame) : draw_beside(frame, code);
  }
  draw_hint(frame, hint::kBack);
}

void CardPage::draw_beside(Frame& frame, const std::vector<Row>& code) const {
  const int column = width_of(code.front()) + 2, room = frame.width - column - 1;
  Frame text{.width = room, .height = frame.height - 2};
  int y = 0;
  for (const std::string& piece : wrap(kExplanation, room)) text.put(y++, piece, Style::kPlain);
  ++y;
  for (const std::string& piece : wrap(shown_->result->line, room)) text.put(y++, piece, Style::kBold);
  ++y;
  for (const std::string& piece : hint_rows(hint::kCard, room, 2)) text.put(y++, piece, Style::kDim);
  for (size_t i = 0; i < code.size(); ++i) frame.put(static_cast<int>(i) + 1, code[i]);
  frame.paste(text, column, 1);
}

void CardPage::draw_alone(Frame& frame) const {
  const int room = std::max(8, frame.width - 2);
  int y = 1;
  const auto put = [&](const std::string& text, Style style) {
    for (const std::string& piece : wrap(text, room)) {
      if (y < frame.height - 2) frame.put(y++, " " + piece, style);
    }
  };
  put(shown_->result->line, Style::kBold);
  put(kExplanation, Style::kPlain);
  put("This screen is too small for the QR code.", Style::kDim);
  draw_hint(frame, hint::kCard);
}

void CardPage::press(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (!letter || (key.character | 0x20) != U'c' || !shown_ || !shown_->result.ok()) return;
  desktop_.copy(shown_->result->line);
  screen_.toast("The line is copied, where the terminal has a clipboard.", Style::kGood);
}

void CardPage::hear(const Event& event) {
  if (const auto* shown = std::get_if<CardShown>(&event); shown != nullptr && !shown_) shown_ = *shown;
}

}  // namespace fastchat::tui
