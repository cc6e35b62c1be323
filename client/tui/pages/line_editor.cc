#include "client/tui/pages/line_editor.h"

#include <algorithm>

#include "client/e2e/sanitise.h"
#include "client/e2e/secret.h"
#include "client/e2e/unicode.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMax = 16 * 1024;  // bytes, the limit of a message's text

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

// Returns the cursor, or the end of the character that the cursor is inside of. A change may have put a combining mark
// behind the cursor.
size_t outside_character(std::string_view text, size_t cursor) {
  size_t at = 0;
  while (at < cursor) at = next_character(text, at);
  return at;
}

// Adds a character to the last line, which has room for it. Returns the columns that the character takes on that line.
// A character wider than a line goes over several lines.
int put_character(std::string_view character, int columns, std::vector<std::string>& lines) {
  while (width_of(character) > columns) {
    const size_t fits = fitting(character, columns);
    lines.back().append(character.substr(0, fits));
    lines.emplace_back();
    character.remove_prefix(fits);
  }
  lines.back().append(character);
  return width_of(character);
}

// Returns the blanks for a tab at column `used`: up to the next stop, at most up to the end of the line.
std::string tab_blanks(int used, int columns) {
  const int to_stop = kTabStop - used % kTabStop;
  return std::string(static_cast<size_t>(std::clamp(columns - used, 1, to_stop)), ' ');
}

}  // namespace

const std::vector<std::pair<const char*, const char*>>& LineEditor::help() {
  static const std::vector<std::pair<const char*, const char*>> kHelp = {
      {"Left, Right, Ctrl+B, Ctrl+F", "go a character back, forward"},
      {"Alt+B, Alt+F", "go a word back, forward"},
      {"Home, End, Ctrl+A, Ctrl+E", "go to the start, the end of the line"},
      {"Up, Down", "go a line up, down; at the edge to your earlier messages"},
      {"Backspace, Delete, Ctrl+H, Ctrl+D", "erase a character"},
      {"Ctrl+W, Alt+Backspace, Alt+D", "erase a word back, forward"},
      {"Ctrl+U, Ctrl+K", "erase to the start, the end of the line"},
      {"Ctrl+Y", "insert the text that was erased last"},
      {"Ctrl+T", "swap two characters"},
  };
  return kHelp;
}

bool LineEditor::press(const Key& key) {
  if (key.kind == KeyKind::kCharacter && !key.alt) {
    insert(encode(key.character));
    return true;
  }
  if (key.kind == KeyKind::kPaste) {
    insert(key.text);
    return true;
  }
  if (is_control(key, 'y')) {
    insert(killed_);
    return true;
  }
  if (is_control(key, 't')) {
    transpose();
    return true;
  }
  return move(key) || erase(key);
}

void LineEditor::insert(std::string_view text) {
  std::string clean = e2e::sanitise(text);
  clean.resize(e2e::cut(clean, kMax - std::min(kMax, text_.size())).size());
  text_.insert(cursor_, clean);
  cursor_ = outside_character(text_, cursor_ + clean.size());
  e2e::cleanse(clean);
}

void LineEditor::replace(size_t from, size_t to, std::string_view with) {
  text_.erase(from, to - from);
  cursor_ = from;
  insert(with);
}

void LineEditor::place(size_t at) {
  cursor_ = outside_character(text_, std::min(at, text_.size()));
}

bool LineEditor::move(const Key& key) {
  if (key.alt && (key.kind == KeyKind::kLeft || is_alt(key, 'b'))) {
    cursor_ = word_begin();
  } else if (key.alt && (key.kind == KeyKind::kRight || is_alt(key, 'f'))) {
    cursor_ = word_end();
  } else if (key.alt) {
    return false;
  } else if (key.kind == KeyKind::kLeft || is_control(key, 'b')) {
    cursor_ = previous_character(text_, cursor_);
  } else if (key.kind == KeyKind::kRight || is_control(key, 'f')) {
    cursor_ = next_character(text_, cursor_);
  } else if (key.kind == KeyKind::kHome || is_control(key, 'a')) {
    cursor_ = line_begin();
  } else if (key.kind == KeyKind::kEnd || is_control(key, 'e')) {
    cursor_ = line_end();
  } else {
    return false;
  }
  return true;
}

bool LineEditor::erase(const Key& key) {
  if (is_control(key, 'w') || (key.alt && key.kind == KeyKind::kBackspace)) {
    kill(word_begin(), cursor_);
  } else if (is_alt(key, 'd')) {
    kill(cursor_, word_end());
  } else if (key.alt) {
    return false;
  } else if (key.kind == KeyKind::kBackspace || is_control(key, 'h')) {
    erase_range(previous_character(text_, cursor_), cursor_);
  } else if (key.kind == KeyKind::kDelete || is_control(key, 'd')) {
    erase_range(cursor_, next_character(text_, cursor_));
  } else if (is_control(key, 'k')) {
    kill(cursor_, line_end() == cursor_ ? next_character(text_, cursor_) : line_end());
  } else if (is_control(key, 'u')) {
    kill(line_begin(), cursor_);
  } else {
    return false;
  }
  return true;
}

void LineEditor::kill(size_t from, size_t to) {
  if (from == to) return;
  e2e::cleanse(killed_);
  killed_ = text_.substr(from, to - from);
  erase_range(from, to);
}

void LineEditor::erase_range(size_t from, size_t to) {
  text_.erase(from, to - from);
  cursor_ = outside_character(text_, from);
}

// Swaps the character before the cursor with the one under it, or at the end the last two characters, as readline does.
void LineEditor::transpose() {
  const size_t end = cursor_ == text_.size() ? cursor_ : next_character(text_, cursor_);
  const size_t middle = previous_character(text_, end), begin = previous_character(text_, middle);
  if (begin == middle) return;
  const std::string swapped = text_.substr(middle, end - middle) + text_.substr(begin, middle - begin);
  text_.replace(begin, end - begin, swapped);
  cursor_ = outside_character(text_, end);
}

// Words begin and end between characters, since a mark may combine with a blank.
size_t LineEditor::word_begin() const {
  size_t begin = 0;
  bool in_word = false;
  for (size_t at = 0; at < cursor_; at = next_character(text_, at)) {
    if (!is_blank(text_[at]) && !in_word) begin = at;
    in_word = !is_blank(text_[at]);
  }
  return begin;
}

size_t LineEditor::word_end() const {
  size_t at = cursor_;
  while (at < text_.size() && is_blank(text_[at])) at = next_character(text_, at);
  while (at < text_.size() && !is_blank(text_[at])) at = next_character(text_, at);
  return at;
}

size_t LineEditor::line_begin() const {
  const size_t feed = cursor_ == 0 ? std::string::npos : text_.rfind('\n', cursor_ - 1);
  return feed == std::string::npos ? 0 : feed + 1;
}

size_t LineEditor::line_end() const {
  return std::min(text_.find('\n', cursor_), text_.size());
}

void LineEditor::set(std::string text) {
  clear();
  text_ = std::move(text);
  cursor_ = text_.size();
}

std::string LineEditor::take() {
  std::string out = text_;
  e2e::cleanse(text_);
  cursor_ = 0;
  return out;
}

void LineEditor::clear() {
  e2e::cleanse(text_);
  e2e::cleanse(killed_);
  cursor_ = 0;
}

LineEditor::Shown LineEditor::show(int columns, bool masked) const {
  if (columns < 2) return {"", 0};
  std::string all;
  size_t at = cursor_;
  if (masked) {
    for (size_t i = 0; i < text_.size(); i = next_character(text_, i)) all += '*';
    at = 0;
    for (size_t i = 0; i < cursor_; i = next_character(text_, i)) ++at;
  } else {
    all = text_;
    std::replace_if(
        all.begin(), all.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  }
  // The visible part slides so that the cursor stays inside, with its own column at the end.
  size_t from = 0;
  int used = width_of(std::string_view(all).substr(0, at));
  while (used >= columns) {
    const size_t next = next_character(all, from);
    used -= width_of(std::string_view(all).substr(from, next - from));
    from = next;
  }
  size_t to = from;
  for (int room = columns; to < all.size();) {
    const size_t next = next_character(all, to);
    room -= width_of(std::string_view(all).substr(to, next - to));
    if (room < 0) break;
    to = next;
  }
  return {all.substr(from, to - from), used};
}

LineEditor::Block LineEditor::block(int columns) const {
  Block out;
  out.lines.emplace_back();
  int used = 0;
  for (size_t i = 0;;) {
    const size_t next = next_character(text_, i);
    std::string_view character = std::string_view(text_).substr(i, next - i);
    const std::string blanks = character == "\t" ? tab_blanks(used, columns) : "";
    if (!blanks.empty()) character = blanks;
    const int width = character == "\n" ? 0 : width_of(character);
    // The cursor needs a column of its own, also behind the last character.
    if (used > 0 && used + std::max(width, 1) > columns && !(character == "\n" && i != cursor_)) {
      out.lines.emplace_back();
      used = 0;
    }
    if (i == cursor_) {
      out.row = static_cast<int>(out.lines.size()) - 1;
      out.column = used;
    }
    if (i >= text_.size()) return out;
    if (text_[i] == '\n') {
      out.lines.emplace_back();
      used = 0;
      out.lines.back().append(character.substr(1));
    } else {
      used += put_character(character, columns, out.lines);
    }
    i = next;
  }
}

bool LineEditor::move_rows(int columns, int by) {
  const Block now = block(columns);
  const int wanted = now.row + by;
  if (wanted < 0 || wanted >= static_cast<int>(now.lines.size())) return false;
  // Walks to the nearest place on that row: the first byte of a row depends on every line break before.
  LineEditor probe;
  probe.text_ = text_;
  size_t best = cursor_;
  for (probe.cursor_ = cursor_;;) {
    const size_t next = by < 0 ? previous_character(text_, probe.cursor_) : next_character(text_, probe.cursor_);
    if (next == probe.cursor_) break;
    probe.cursor_ = next;
    const Block there = probe.block(columns);
    if ((by < 0 && there.row < wanted) || (by > 0 && there.row > wanted)) break;
    if (there.row != wanted) continue;
    if (by > 0 && there.column > now.column && best != cursor_) break;
    best = next;
    if (by < 0 && there.column <= now.column) break;
  }
  cursor_ = best;
  return true;
}

}  // namespace fastchat::tui
