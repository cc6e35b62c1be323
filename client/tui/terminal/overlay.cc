#include "client/tui/terminal/overlay.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

// Converts an address to ASCII, so that no byte of it ends the sequence.
std::string in_ascii(const std::string& url) {
  std::string out;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 127) {
      out += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
      out += escaped;
    }
  }
  return out;
}

// ncurses scrolls a part of the screen when it finds this many rows again elsewhere, as far as ncurses knows the rows:
// two rows with the same nearest colours are the same for it.
constexpr size_t kScrolled = 3;

bool has_exact_colours(const Span& span) {
  return span.painted && (is_exact(span.paint.front) || is_exact(span.paint.back));
}

bool is_part(const Span& span, Overlay::Shows shows) {
  return (shows.links && !span.link.empty()) || (shows.exact_colours && has_exact_colours(span));
}

std::string key_of(const Span& span) {
  std::string out = span.text + '\n' + static_cast<char>(span.style) + (span.bold ? 'b' : ' ') +
                    (span.italic ? 'i' : ' ') + span.link + '\n';
  if (span.painted) out += std::to_string(span.paint.front) + "," + std::to_string(span.paint.back) + "\n";
  return out;
}

void add_row(const Row& row, int y, int columns, Overlay::Shows shows, const Overlay::LookBytes& look,
             std::string& out) {
  int x = 0, at = -1;  // at: the column of the cursor
  for (const Span& span : row) {
    const std::string text = clip(span.text, columns - x);
    if (is_part(span, shows) && !text.empty()) {
      if (at != x) out += "\033[" + std::to_string(y + 1) + ";" + std::to_string(x + 1) + "H";
      const bool link = shows.links && !span.link.empty();
      out += look(span);
      out += link ? "\033]8;;" + in_ascii(span.link) + "\033\\" + text + "\033]8;;\033\\" : text;
      at = x + width_of(text);
    }
    x += width_of(text);
    if (x >= columns) return;
  }
}

}  // namespace

void Overlay::forget(const std::vector<int>& rows) {
  for (const int y : rows) {
    if (y >= 0 && static_cast<size_t>(y) < shown_.size()) shown_[static_cast<size_t>(y)] = {};
  }
}

Overlay::Shown Overlay::shown_of(const Row& row, Shows shows) {
  Shown out;
  int x = 0;
  for (const Span& span : row) {
    const std::string key = key_of(span);
    if (is_part(span, shows)) out.parts += std::to_string(x) + ":" + key;
    out.exact |= shows.exact_colours && has_exact_colours(span);
    out.row += key;
    x += width_of(span.text);
  }
  return out;
}

Overlay::Step Overlay::show(const Frame& frame, int columns, Shows shows, const LookBytes& look) {
  Step out;
  const size_t rows = std::min(frame.rows.size(), static_cast<size_t>(std::max(0, frame.height)));
  std::vector<Shown> now(std::max(shown_.size(), rows));
  shown_.resize(now.size());
  std::vector<int> changed;
  bool exact = false;
  for (size_t y = 0; y < now.size(); ++y) {
    if (y < rows) now[y] = shown_of(frame.rows[y], shows);
    exact |= shown_[y].exact || now[y].exact;
    if (now[y] == shown_[y]) continue;
    changed.push_back(static_cast<int>(y));
    if (!shown_[y].parts.empty() && shown_[y].parts != now[y].parts) out.redraw.push_back(static_cast<int>(y));
  }
  if (exact && changed.size() >= kScrolled) out.redraw = changed;
  for (const int y : changed) {
    const auto row = static_cast<size_t>(y);
    if (!now[row].parts.empty()) add_row(frame.rows[row], y, columns, shows, look, out.bytes);
  }
  shown_ = std::move(now);
  if (!out.bytes.empty()) out.bytes = "\0337" + out.bytes + "\0338";
  return out;
}

}  // namespace fastchat::tui
