#include "client/tui/terminal/hyperlinks.h"

#include <algorithm>
#include <cstdio>

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

bool has_link(const Row& row) {
  return std::any_of(row.begin(), row.end(), [](const Span& span) { return !span.link.empty(); });
}

std::string key_of(const Row& row) {
  std::string out;
  for (const Span& span : row) {
    out += span.text + '\n' + static_cast<char>(span.style) + (span.bold ? 'b' : ' ') + (span.italic ? 'i' : ' ') +
           span.link + '\n';
  }
  return out;
}

void add_row(const Row& row, int y, int columns, const Hyperlinks::LookBytes& look, std::string& out) {
  int x = 0;
  for (const Span& span : row) {
    const std::string text = clip(span.text, columns - x);
    if (!span.link.empty() && !text.empty()) {
      out += "\033[" + std::to_string(y + 1) + ";" + std::to_string(x + 1) + "H" + look(span) + "\033]8;;" +
             in_ascii(span.link) + "\033\\" + text + "\033]8;;\033\\";
    }
    x += width_of(text);
    if (x >= columns) return;
  }
}

}  // namespace

void Hyperlinks::forget(const std::vector<int>& rows) {
  for (const int y : rows) {
    if (y >= 0 && static_cast<size_t>(y) < shown_.size()) shown_[static_cast<size_t>(y)].clear();
  }
}

Hyperlinks::Step Hyperlinks::show(const Frame& frame, int columns, const LookBytes& look) {
  Step out;
  const size_t rows = std::min(frame.rows.size(), static_cast<size_t>(std::max(0, frame.height)));
  shown_.resize(std::max(shown_.size(), rows));
  for (size_t y = 0; y < shown_.size(); ++y) {
    const bool linked = y < rows && has_link(frame.rows[y]);
    std::string key = linked ? key_of(frame.rows[y]) : "";
    if (key == shown_[y]) continue;
    if (!shown_[y].empty()) out.redraw.push_back(static_cast<int>(y));
    if (linked) add_row(frame.rows[y], static_cast<int>(y), columns, look, out.bytes);
    shown_[y] = std::move(key);
  }
  if (!out.bytes.empty()) out.bytes = "\0337" + out.bytes + "\0338";
  return out;
}

}  // namespace fastchat::tui
