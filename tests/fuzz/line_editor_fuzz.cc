// The line editor: the input is a sequence of keys. After each key the text is UTF-8 within its limit, the cursor
// stands between two characters, and the drawn block fits its columns and shows the cursor inside.
#include "client/tui/pages/line_editor.h"

#include <clocale>

#include "client/tui/chat/completion.h"
#include "client/tui/terminal/text.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

Key key_of(Source& source) {
  const auto kind = static_cast<KeyKind>(source.below(static_cast<size_t>(KeyKind::kFocusOut) + 1));
  Key key{kind};
  key.alt = source.chance(4);
  if (kind == KeyKind::kControl) key.character = static_cast<char32_t>('a' + source.below(26));
  if (kind == KeyKind::kPaste) key.text = Bytes(source.bytes(80));
  if (kind != KeyKind::kCharacter) return key;
  constexpr char32_t kCharacters[] = {U'a',      U'b',      U'\u0301', U'\u4e00', U'\U0001F600',
                                      U'\u200D', U'\uFE0F', U' ',      U'\n',     U'/'};
  key.character = source.chance(8) ? static_cast<char32_t>(source.u64() % 0x110000) : kCharacters[source.below(10)];
  return key;
}

bool between_characters(const std::string& text, size_t cursor) {
  size_t at = 0;
  while (at < cursor) at = next_character(text, at);
  return at == cursor;
}

void check(const LineEditor& editor, int columns) {
  const std::string& text = editor.text();
  FC_CHECK(text.size() <= 16 * 1024 && valid_utf8(text) && editor.cursor() <= text.size());
  FC_CHECK(between_characters(text, editor.cursor()));
  for (const bool masked : {false, true}) {
    const auto shown = editor.show(columns, masked);
    FC_CHECK(width_of(shown.text) <= columns && shown.cursor >= 0 && shown.cursor < columns);
  }
  const auto block = editor.block(columns);
  FC_CHECK(block.row >= 0 && block.row < static_cast<int>(block.lines.size()));
  FC_CHECK(block.column >= 0 && block.column <= columns);
  std::string joined;
  for (const std::string& line : block.lines) {
    FC_CHECK(width_of(line) <= columns);
    joined += line;
  }
  std::string without = text;
  std::erase(without, '\n');
  if (without.find('\t') != std::string::npos) {  // shown as blanks
    for (std::string* it : {&joined, &without}) std::erase_if(*it, [](char c) { return c == ' ' || c == '\t'; });
  }
  FC_CHECK(joined == without);
  // The cursor stands at the end of the text before it: the rows above it and the columns to its left hold that text.
  if (editor.cursor() == 0) FC_CHECK(block.row == 0 && block.column == 0);
  if (editor.cursor() == text.size()) FC_CHECK(block.row == static_cast<int>(block.lines.size()) - 1);
}

constexpr Command kCommands[] = {
    {"send", "FILE", "", 1, nullptr, kTakesPath}, {"group list", "", "", 0, nullptr}, {"me", "TEXT", "", 1, nullptr}};

void check_completion(const LineEditor& editor) {
  CompletionSource source;
  source.commands = kCommands;
  source.peers = {client::PeerName("alice"), client::PeerName("bob"), client::PeerName("#team")};
  source.paths = [](const std::string& begin) { return std::vector<std::string>{begin + "x"}; };
  const Completion offer = complete(editor.text(), editor.cursor(), source);
  FC_CHECK(offer.from <= offer.to && offer.to <= editor.text().size());
  for (const std::string& candidate : offer.candidates) {
    LineEditor changed = editor;
    changed.replace(offer.from, offer.to, candidate);
    FC_CHECK(valid_utf8(changed.text()) && changed.cursor() <= changed.text().size());
  }
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(line_editor) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Source source(input);
  LineEditor editor;
  const int columns = 2 + static_cast<int>(source.below(40));
  for (int keys = 0; keys < 200 && !source.done(); ++keys) {
    const Key key = key_of(source);
    const std::string before = editor.text();
    if (key.kind == KeyKind::kUp) {
      editor.move_up(columns);
      FC_CHECK(editor.text() == before);
    } else if (key.kind == KeyKind::kDown) {
      editor.move_down(columns);
      FC_CHECK(editor.text() == before);
    } else if (!editor.press(key)) {
      FC_CHECK(editor.text() == before);
    }
    check(editor, columns);
  }
  check_completion(editor);
  const std::string text = editor.text();
  FC_CHECK(editor.take() == text && editor.text().empty() && editor.cursor() == 0);
}
