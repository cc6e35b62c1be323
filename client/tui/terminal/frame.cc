#include "client/tui/terminal/frame.h"

#include <algorithm>

#include "client/tui/terminal/text.h"

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

std::vector<Placed> graphics_of(const Frame& frame) {
  std::vector<Placed> out;
  const int height = std::min(frame.height, static_cast<int>(frame.rows.size()));
  for (int y = 0; y < height; ++y) {
    int x = 0;
    for (const Span& span : frame.rows[static_cast<size_t>(y)]) {
      const int width = width_of(span.text);
      const int columns = std::min(width, frame.width - x);
      if (span.graphic != nullptr && columns > 0) {
        const auto above = std::find_if(out.begin(), out.end(), [&](const Placed& p) {
          return p.graphic == span.graphic && p.x == x && p.columns == columns && p.y + p.rows == y &&
                 p.first + p.rows == span.graphic_row;
        });
        if (above != out.end()) {
          ++above->rows;
        } else {
          out.push_back({span.graphic, x, y, span.graphic_row, 1, columns});
        }
      }
      x += width;
    }
  }
  return out;
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
