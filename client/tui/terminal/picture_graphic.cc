#include "client/tui/terminal/picture_graphic.h"

#include <algorithm>

#include "client/tui/terminal/number_text.h"

namespace fastchat::tui {
namespace {

bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && text.back() == '='; ++padding) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

// Returns the largest size of the base64 data. Pixels that zlib cannot make smaller grow by far less than one percent.
size_t max_base64(const Graphic& graphic) {
  const size_t pixels = static_cast<size_t>(graphic.width) * static_cast<size_t>(graphic.height);
  const size_t raw = pixels * static_cast<size_t>(graphic.depth);
  return (raw + raw / 100 + 100) / 3 * 4;
}

bool take_sixel(std::string_view text, const PictureForm& form, Graphic& out) {
  const size_t colours = static_cast<size_t>(out.depth);
  const size_t pixels = static_cast<size_t>(out.width) * static_cast<size_t>(out.height);
  const bool fits = out.width == out.columns * form.cell_width && out.height <= out.rows * form.cell_height &&
                    out.height % kSixelRows == 0;
  if (!fits || text.size() != colours * 3 + pixels) return false;
  for (size_t i = 0; i < colours; ++i) {
    out.palette.push_back({static_cast<uint8_t>(text[i * 3]), static_cast<uint8_t>(text[i * 3 + 1]),
                           static_cast<uint8_t>(text[i * 3 + 2])});
  }
  out.data = text.substr(colours * 3);
  return std::all_of(out.data.begin(), out.data.end(),
                     [&](char c) { return static_cast<uint8_t>(c) < colours || static_cast<uint8_t>(c) == kNoColour; });
}

}  // namespace

std::string encode_graphic(const Graphic& graphic) {
  const bool sixel = graphic.mode == PictureMode::kSixel;
  const int depth = sixel ? static_cast<int>(graphic.palette.size()) : graphic.depth;
  std::string out = std::to_string(graphic.columns) + " " + std::to_string(graphic.rows) + " " +
                    std::to_string(graphic.width) + " " + std::to_string(graphic.height) + " " + std::to_string(depth) +
                    "\n";
  for (const Rgb& colour : graphic.palette) out.append(colour.begin(), colour.end());
  return out + graphic.data;
}

Result<Graphic> parse_graphic(std::string_view text, const PictureForm& form, int columns, int rows) {
  const Error malformed = err(Code::kMalformed, "the picture could not be drawn");
  const bool sixel = form.mode == PictureMode::kSixel;
  const int least = sixel ? 1 : 3, most = sixel ? kMaxSixelColours : 4;
  Graphic out;
  out.mode = form.mode;
  out.cell_height = form.cell_height;
  const bool begun = take_number(text, 10, 1, columns, ' ', out.columns) &&
                     take_number(text, 10, 1, rows, ' ', out.rows) &&
                     take_number(text, 10, 1, kMaxGraphicPixels, ' ', out.width) &&
                     take_number(text, 10, 1, kMaxGraphicPixels / std::max(1, out.width), ' ', out.height) &&
                     take_number(text, 10, least, most, '\n', out.depth);
  if (!begun) return malformed;
  if (sixel) {
    if (!take_sixel(text, form, out)) return malformed;
    return out;
  }
  if (text.size() > max_base64(out) || !is_base64(text)) return malformed;
  out.data = text;
  return out;
}

}  // namespace fastchat::tui
