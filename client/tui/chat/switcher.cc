#include "client/tui/chat/switcher.h"

#include <algorithm>
#include <cctype>

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

std::vector<std::string> Switcher::matches() const {
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < names_.size(); ++i) {
    if (const auto score = fuzzy_score(letters_.text(), names_[i])) {
      order.emplace_back(letters_.text().empty() ? 0 : -*score, i);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> out;
  out.reserve(order.size());
  for (const auto& [score, i] : order) out.push_back(names_[i]);
  return out;
}

Switcher::Outcome Switcher::press(const Key& key) {
  if (key.kind == KeyKind::kEscape) return Outcome::kLeft;
  if (key.kind == KeyKind::kEnter) return chosen().empty() ? Outcome::kLeft : Outcome::kChosen;
  if (key.kind == KeyKind::kUp || is_control(key, 'p')) {
    if (at_ > 0) --at_;
  } else if (key.kind == KeyKind::kDown || key.kind == KeyKind::kTab || is_control(key, 'n')) {
    if (at_ + 1 < matches().size()) ++at_;
  } else if (letters_.press(key)) {
    at_ = 0;
  }
  return Outcome::kOpen;
}

std::string Switcher::chosen() const {
  const auto list = matches();
  return at_ < list.size() ? list[at_] : letters_.text();
}

Frame Switcher::draw(int width, int height) const {
  Frame out{width, height};
  const std::string label = "Go to: ";
  const auto shown = letters_.show(std::max(2, width - width_of(label)));
  out.put(0, label, Style::kBold);
  out.put(0, shown.text);
  out.cursor_row = 0;
  out.cursor_column = width_of(label) + shown.cursor;
  const auto list = matches();
  const size_t room = static_cast<size_t>(std::max(1, height - 1));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < list.size() && i < from + room; ++i) {
    const std::string text = (i == at_ ? "> " : "  ") + list[i];
    out.put(static_cast<int>(1 + i - from), clip(text, width), i == at_ ? Style::kSelected : Style::kPlain);
  }
  if (list.empty()) out.put(1, clip("  Enter opens a conversation with this name", width), Style::kDim);
  return out;
}

}  // namespace fastchat::tui
