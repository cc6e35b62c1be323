#include "client/tui/frame.h"

namespace fastchat::tui {

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
