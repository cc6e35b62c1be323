#include "client/tui/pages/vi_line.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

bool ends_word(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

// Returns the start of the next word.
size_t next_word(const std::string& text, size_t at) {
  while (at < text.size() && !ends_word(text[at])) at = next_character(text, at);
  while (at < text.size() && ends_word(text[at])) at = next_character(text, at);
  return at;
}

// Returns the last character of this word or, from there, of the next one.
size_t last_of_word(const std::string& text, size_t from) {
  size_t at = next_character(text, from);
  while (at < text.size() && ends_word(text[at])) at = next_character(text, at);
  if (at >= text.size()) return from;
  for (;;) {
    const size_t next = next_character(text, at);
    if (next >= text.size() || ends_word(text[next])) return at;
    at = next;
  }
}

// Returns the end of the word at a place; behind one blank when a blank is there.
size_t word_end(const std::string& text, size_t from) {
  size_t at = from;
  while (at < text.size() && !ends_word(text[at])) at = next_character(text, at);
  return at == from ? next_character(text, from) : at;
}

size_t first_of_line(const LineEditor& editor) {
  const std::string& text = editor.text();
  size_t at = editor.line_begin();
  while (at < editor.line_end() && ends_word(text[at])) at = next_character(text, at);
  return at;
}

// Returns the place that a motion goes to; nullopt: the letter is no motion.
std::optional<size_t> target_of(const LineEditor& editor, char32_t motion) {
  const std::string& text = editor.text();
  const size_t at = editor.cursor();
  switch (motion) {
    case U'h':
      return at == editor.line_begin() ? at : previous_character(text, at);
    case U'l':
    case U' ':
      return at == editor.line_end() ? at : next_character(text, at);
    case U'0':
      return editor.line_begin();
    case U'^':
      return first_of_line(editor);
    case U'$':
      return editor.line_end();
    case U'w':
      return next_word(text, at);
    case U'b':
      return editor.word_begin();
    case U'e':
      return last_of_word(text, at);
    default:
      return std::nullopt;
  }
}

}  // namespace

const std::vector<std::pair<const char*, const char*>>& ViLine::help() {
  static const std::vector<std::pair<const char*, const char*>> kHelp = {
      {"Esc", "leave the line for normal mode"},
      {"i, a, I, A, o", "write: here, behind, at the start, at the end, on a new line"},
      {"h, l, w, b, e", "go a character back, forward; a word forward, back, to its end"},
      {"0, ^, $", "go to the start, the first letter, the end of the line"},
      {"x, X, D, dd", "erase a character, the one before, the rest of the line, the line"},
      {"C, cc", "erase the rest of the line, the line, and write"},
      {"d or c, then a motion", "erase up to there: dw, d0, cb; c goes on writing"},
      {"p, P", "insert the text that was erased last: behind, here"},
      {"u", "undo the last change of the line"},
  };
  return kHelp;
}

void ViLine::leave(LineEditor& editor) {
  normal_ = true;
  begun_ = 0;
  if (editor.cursor() > editor.line_begin()) editor.place(previous_character(editor.text(), editor.cursor()));
}

void ViLine::enter(const LineEditor& editor) {
  normal_ = false;
  begun_ = 0;
  remember(editor);
}

void ViLine::forget(LineEditor& editor) {
  undo_.clear();
  begun_ = 0;
  remember(editor);
  settle(editor);
}

// Puts the cursor on a character: in normal mode nothing can be written behind the last one.
void ViLine::settle(LineEditor& editor) const {
  if (!normal_ || editor.cursor() != editor.line_end() || editor.cursor() == editor.line_begin()) return;
  editor.place(previous_character(editor.text(), editor.cursor()));
}

void ViLine::remember(const LineEditor& editor) {
  if (!undo_.empty() && undo_.back().text == editor.text()) undo_.pop_back();
  undo_.push_back({editor.text(), editor.cursor()});
  if (undo_.size() > kMaxUndo) undo_.erase(undo_.begin());
}

void ViLine::undo(LineEditor& editor) {
  while (!undo_.empty()) {
    const State state = std::move(undo_.back());
    undo_.pop_back();
    if (state.text == editor.text()) continue;
    editor.replace(0, editor.text().size(), state.text);
    editor.place(state.cursor);
    return;
  }
}

void ViLine::press(LineEditor& editor, const Key& key) {
  const bool plain = key.kind == KeyKind::kCharacter && !key.alt;
  if (plain) {
    letter(editor, key.character);
  } else if (key.kind == KeyKind::kBackspace && !key.alt) {
    letter(editor, U'h');
  } else if (key.kind == KeyKind::kDelete && !key.alt) {
    letter(editor, U'x');
  } else {
    begun_ = 0;
    remember(editor);
    editor.press(key);
  }
  settle(editor);
}

void ViLine::letter(LineEditor& editor, char32_t c) {
  const char32_t before = std::exchange(begun_, 0);
  if (before == U'd' || before == U'c') return operate(editor, before, c);
  if (c == U'd' || c == U'c' || c == U'g') {
    begun_ = before == 0 ? c : 0;
  } else if (const auto to = target_of(editor, c)) {
    editor.place(*to);
  } else if (c == U'u') {
    undo(editor);
  } else if (!insert_at(editor, c)) {
    change(editor, c);
  }
}

// Handles the letters that begin insert mode.
bool ViLine::insert_at(LineEditor& editor, char32_t c) {
  if (std::u32string_view(U"iaIAoC").find(c) == std::u32string_view::npos) return false;
  enter(editor);
  if (c == U'a' && editor.cursor() != editor.line_end()) {
    editor.place(next_character(editor.text(), editor.cursor()));
  } else if (c == U'I') {
    editor.place(first_of_line(editor));
  } else if (c == U'A' || c == U'o') {
    editor.place(editor.line_end());
  } else if (c == U'C') {
    editor.kill(editor.cursor(), editor.line_end());
  }
  if (c == U'o') editor.insert("\n");
  return true;
}

// Handles the letters that change the line.
bool ViLine::change(LineEditor& editor, char32_t c) {
  if (std::u32string_view(U"xXDpP").find(c) == std::u32string_view::npos) return false;
  remember(editor);
  const size_t at = editor.cursor();
  const std::string& text = editor.text();
  if (c == U'x' && at < editor.line_end()) editor.kill(at, next_character(text, at));
  if (c == U'X' && at > editor.line_begin()) editor.kill(previous_character(text, at), at);
  if (c == U'D') editor.kill(at, editor.line_end());
  if (c == U'p' && at < editor.line_end()) editor.place(next_character(text, at));
  if (c != U'p' && c != U'P') return true;
  const size_t before = text.size();
  editor.press(control_key('y'));
  editor.place(text.size() > before ? previous_character(text, editor.cursor()) : at);
  return true;
}

// Erases the text up to the target of a motion, or the line for dd and cc.
void ViLine::operate(LineEditor& editor, char32_t what, char32_t motion) {
  const bool line = motion == what;
  auto to = line ? std::optional(editor.line_end()) : target_of(editor, motion);
  if (!to) return;
  remember(editor);
  size_t from = line ? editor.line_begin() : editor.cursor();
  const std::string& text = editor.text();
  if (motion == U'e' && *to < text.size() && text[*to] != '\n') to = next_character(text, *to);
  if (motion == U'w' && what == U'c') to = word_end(text, from);
  if (motion == U'w') to = std::min(*to, editor.line_end());
  if (line && what == U'd') {  // with the break behind the line or, for the last one, before it
    if (*to < text.size()) {
      to = *to + 1;
    } else if (from > 0) {
      --from;
    }
  }
  editor.kill(std::min(from, *to), std::max(from, *to));
  if (what == U'c') normal_ = false;
}

}  // namespace fastchat::tui
