#include "client/tui/chat/picker.h"

#include <algorithm>
#include <cctype>

#include "client/tui/pages/page.h"
#include "client/tui/pages/vi_line.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

char small(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

}  // namespace

std::optional<int> fuzzy_score(const std::string& letters, const std::string& name) {
  int score = 0;
  size_t at = 0;
  bool together = true;
  for (const char letter : letters) {
    while (at < name.size() && small(name[at]) != small(letter)) {
      ++at;
      together = false;
    }
    if (at == name.size()) return std::nullopt;
    score += together ? 3 : 1;
    together = true;
    ++at;
  }
  return score * 100 - static_cast<int>(std::min<size_t>(name.size(), 99));
}

// Returns the indices of the items that fit, the best first. The items keep their own order while nothing is typed.
std::vector<size_t> Picker::matches() const {
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (const auto score = fuzzy_score(letters_.text(), items_[i].text)) {
      order.emplace_back(letters_.text().empty() ? 0 : -*score, i);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<size_t> out;
  out.reserve(order.size());
  for (const auto& [score, i] : order) out.push_back(i);
  return out;
}

Picker::Outcome Picker::press(const Key& key) {
  if (key.kind == KeyKind::kEscape) return Outcome::kLeft;
  if (key.kind == KeyKind::kEnter) return value().empty() ? Outcome::kLeft : Outcome::kChosen;
  const bool up = is_control(key, 'p'), down = key.kind == KeyKind::kTab || is_control(key, 'n');
  const Key moved = up ? Key{KeyKind::kUp} : down ? Key{KeyKind::kDown} : key;
  if (!move_in_list(moved, matches().size(), at_, in_list_) && letters_.press(key)) {
    at_ = 0;
  }
  return Outcome::kOpen;
}

std::string Picker::value() const {
  const auto list = matches();
  if (at_ < list.size()) return items_[list[at_]].value;
  return takes_typed_ ? letters_.text() : "";
}

Frame Picker::draw(int width, int height) const {
  Frame out{width, height};
  const int line = title_.empty() || height < 4 ? 0 : 1;
  if (line == 1) out.put(0, clip(title_, width), Style::kDim);
  const std::string mark = in_list_ ? std::string(" ") + kNormalMark : "";
  const int columns = std::max(2, width - width_of(label_) - width_of(mark));
  const auto shown = letters_.show(columns);
  out.put(line, label_, Style::kBold);
  if (in_list_) {
    out.put(line, pad(shown.text, columns));
    out.put(line, mark, Style::kDim);
  } else {
    out.put(line, shown.text);
    out.cursor_row = line;
    out.cursor_column = width_of(label_) + shown.cursor;
  }
  const auto list = matches();
  const size_t room = static_cast<size_t>(std::max(1, height - 1 - line));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < list.size() && i < from + room; ++i) {
    const std::string text = (i == at_ ? "> " : "  ") + items_[list[i]].text;
    out.put(line + static_cast<int>(1 + i - from), clip(text, width), i == at_ ? Style::kSelected : Style::kPlain);
  }
  if (list.empty()) out.put(line + 1, clip("  " + none_, width), Style::kDim);
  return out;
}

void OpenPicker::press(const Key& typed, const KeyTable& keys) {
  Key key = typed;
  if (keys.vi() && !picker_->in_list()) {
    if (key.kind == KeyKind::kEscape) return picker_->leave_line(true);
  } else if (keys.vi()) {
    const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
    const auto moved = keys.list_key(key);
    if (letter && !moved) return picker_->leave_line(!begins_line(key.character));
    if (moved) key = *moved;
  }
  const Picker::Outcome outcome = picker_->press(key);
  if (outcome == Picker::Outcome::kOpen) return;
  const std::string value = picker_->value();
  const Picker::Chosen chosen = picker_->on_chosen();
  picker_.reset();
  if (outcome == Picker::Outcome::kChosen) chosen(value);
}

}  // namespace fastchat::tui
