#include "client/tui/line_editor.h"

#include <algorithm>
#include <utility>

#include "client/e2e/secret.h"
#include "client/tui/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMost = 16 * 1024;  // bytes, as a message's text

}  // namespace

bool LineEditor::press(const Key& key) {
  if (key.kind == KeyKind::kCharacter) {
    const std::string c = encode(key.character);
    if (text_.size() + c.size() <= kMost) {
      text_.insert(cursor_, c);
      cursor_ += c.size();
    }
    return true;
  }
  return move(key) || erase(key);
}

bool LineEditor::move(const Key& key) {
  if (key.kind == KeyKind::kLeft || is_control(key, 'b')) {
    cursor_ = previous_character(text_, cursor_);
  } else if (key.kind == KeyKind::kRight || is_control(key, 'f')) {
    cursor_ = next_character(text_, cursor_);
  } else if (key.kind == KeyKind::kHome || is_control(key, 'a')) {
    cursor_ = 0;
  } else if (key.kind == KeyKind::kEnd || is_control(key, 'e')) {
    cursor_ = text_.size();
  } else {
    return false;
  }
  return true;
}

bool LineEditor::erase(const Key& key) {
  if (key.kind == KeyKind::kBackspace || is_control(key, 'h')) {
    erase_range(previous_character(text_, cursor_), cursor_);
  } else if (key.kind == KeyKind::kDelete || is_control(key, 'd')) {
    erase_range(cursor_, next_character(text_, cursor_));
  } else if (is_control(key, 'k')) {
    erase_range(cursor_, text_.size());
  } else if (is_control(key, 'u')) {
    erase_range(0, cursor_);
  } else if (is_control(key, 'w')) {
    size_t from = cursor_;
    while (from > 0 && text_[from - 1] == ' ') --from;
    while (from > 0 && text_[from - 1] != ' ') --from;
    erase_range(from, cursor_);
  } else {
    return false;
  }
  return true;
}

void LineEditor::erase_range(size_t from, size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}

void LineEditor::set(std::string text) {
  clear();
  text_ = std::move(text);
  cursor_ = text_.size();
}

std::string LineEditor::take() {
  std::string out = text_;
  clear();
  return out;
}

void LineEditor::clear() {
  e2e::cleanse(text_);
  cursor_ = 0;
}

LineEditor::Shown LineEditor::show(int columns, bool masked) const {
  if (columns < 2) return {"", 0};
  std::string all;
  size_t at = 0;
  if (masked) {
    for (size_t i = 0; i < text_.size(); i = next_character(text_, i)) {
      if (i < cursor_) at += 1;
      all += '*';
    }
  } else {
    all = text_;
    at = cursor_;
  }
  // The window slides so that the cursor stays inside, with its own column at the end.
  size_t from = 0;
  while (width_of(std::string_view(all).substr(from, at - from)) >= columns) from = next_character(all, from);
  size_t to = from;
  while (to < all.size()) {
    const size_t next = next_character(all, to);
    if (width_of(std::string_view(all).substr(from, next - from)) > columns) break;
    to = next;
  }
  return {all.substr(from, to - from), width_of(std::string_view(all).substr(from, at - from))};
}

}  // namespace fastchat::tui
