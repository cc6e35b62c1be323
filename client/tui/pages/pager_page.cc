#include "client/tui/pages/pager_page.h"

#include <algorithm>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {

// Returns the rows for the screen. Wraps the last piece of a row that is too long.
std::vector<Row> PagerPage::lines(int width) const {
  std::vector<Row> out;
  for (const Row& row : rows_) {
    if (row.empty() || width_of(row) <= width || row.back().graphic != nullptr) {
      out.push_back(row);
      continue;
    }
    Row head(row.begin(), row.end() - 1);
    int indent = width_of(head);
    if (indent > width / 2) {  // too little room beside the head: the piece goes below
      out.push_back(std::move(head));
      indent = 4;
      head = {{std::string(4, ' ')}};
    }
    for (std::string& piece : wrap(row.back().text, std::max(4, width - indent))) {
      head.push_back({std::move(piece), row.back().style});
      out.push_back(std::move(head));
      head = {{std::string(static_cast<size_t>(indent), ' ')}};
    }
  }
  return out;
}

void PagerPage::draw(Frame& frame) {
  const auto all = lines(frame.width - 2);
  shown_ = std::max(1, frame.height - 3);
  total_ = static_cast<int>(all.size());
  from_ = std::clamp(from_, 0, std::max(0, total_ - shown_));
  const int last = std::min(total_, from_ + shown_);
  draw_title(frame, title_, total_ > shown_ ? std::to_string(last) + "/" + std::to_string(total_) : "");
  for (int i = from_; i < last; ++i) {
    frame.put(1 + i - from_, " ");
    frame.put(1 + i - from_, all[static_cast<size_t>(i)]);
  }
  draw_hint(frame, hint_);
}

void PagerPage::press(const Key& key) {
  switch (key.kind) {
    case KeyKind::kEscape:
      return screen_.back();
    case KeyKind::kUp:
      --from_;
      break;
    case KeyKind::kDown:
      ++from_;
      break;
    case KeyKind::kWheelUp:
      from_ -= 3;
      break;
    case KeyKind::kWheelDown:
      from_ += 3;
      break;
    case KeyKind::kPageUp:
      from_ -= shown_ - 1;
      break;
    case KeyKind::kPageDown:
      from_ += shown_ - 1;
      break;
    case KeyKind::kHome:
      from_ = 0;
      break;
    case KeyKind::kEnd:
      from_ = total_;
      break;
    case KeyKind::kCharacter:
      if (key.character == 'q') return screen_.back();
      if (key.character == ' ') from_ += shown_ - 1;
      break;
    default:
      break;
  }
  from_ = std::clamp(from_, 0, std::max(0, total_ - shown_));
}

}  // namespace fastchat::tui
