#include "client/tui/frame.h"

#include "client/tui/text.h"

namespace fastchat::tui {

Style style_of_name(std::string_view name) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<Style>(static_cast<uint32_t>(Style::kName0) + (hash ^ hash >> 16) % kNames);
}

int width_of(const Row& row) {
  int columns = 0;
  for (const Span& span : row) columns += width_of(span.text);
  return columns;
}

void Frame::paste(const Frame& part, int x, int y) {
  for (int i = 0; i < part.height && y + i < height; ++i) {
    if (y + i < 0) continue;
    Row& into = row(y + i);
    if (const int gap = x - width_of(into); gap > 0) into.push_back({std::string(static_cast<size_t>(gap), ' ')});
    if (static_cast<size_t>(i) < part.rows.size()) put(y + i, part.rows[static_cast<size_t>(i)]);
  }
  if (part.cursor_row >= 0) {
    cursor_row = part.cursor_row + y;
    cursor_column = part.cursor_column + x;
  }
}

std::string plain_text(const Frame& frame) {
  std::string out;
  for (const Row& row : frame.rows) {
    std::string line;
    for (const Span& span : row) line += span.text;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace fastchat::tui
