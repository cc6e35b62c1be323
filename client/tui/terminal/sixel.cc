#include "client/tui/terminal/sixel.h"

#include <algorithm>
#include <bitset>
#include <vector>

#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {
namespace {

constexpr const char* kBegin = "\033P0;1q";  // pixels without a colour stay as they are
constexpr const char* kEnd = "\033\\";

// Adds one colour of a band: a character for each column, with a bit for each pixel from the top down. Runs are
// counted.
void put_line(const uint8_t* bits, int width, std::string& out) {
  while (width > 0 && bits[width - 1] == 0) --width;
  for (int x = 0; x < width;) {
    int run = 1;
    while (x + run < width && bits[x + run] == bits[x]) ++run;
    const char c = static_cast<char>('?' + bits[x]);
    out += run > 3 ? "!" + std::to_string(run) + c : std::string(static_cast<size_t>(run), c);
    x += run;
  }
}

// Converts 0 to 255 into 0 to 100.
std::string percent(uint8_t part) {
  return std::to_string((part * 100 + 127) / 255);
}

class Encoder {
 public:
  Encoder(const Graphic& graphic, int width)
      : graphic_(graphic), width_(width), bits_(graphic.palette.size() * static_cast<size_t>(width)) {}

  // Adds the kSixelRows rows of pixels from `top` on.
  void band(int top) {
    std::bitset<256> used;
    for (int row = 0; row < kSixelRows; ++row) {
      const char* pixels = graphic_.data.data() + static_cast<size_t>(top + row) * static_cast<size_t>(graphic_.width);
      for (int x = 0; x < width_; ++x) {
        const auto colour = static_cast<uint8_t>(pixels[x]);
        if (colour == kNoColour) continue;
        used.set(colour);
        *line(colour, x) |= static_cast<uint8_t>(1 << row);
      }
    }
    bool first = true;
    for (size_t colour = 0; colour < graphic_.palette.size(); ++colour) {
      if (!used[colour]) continue;
      if (!std::exchange(first, false)) out_ += '$';
      out_ += "#" + std::to_string(colour);
      put_line(line(colour, 0), width_, out_);
      std::fill_n(line(colour, 0), width_, uint8_t{0});
    }
    used_ |= used;
  }
  void next_band() { out_ += '-'; }

  std::string take(int height) const {
    std::string begin = kBegin;
    begin += "\"1;1;" + std::to_string(width_) + ";" + std::to_string(height);
    for (size_t colour = 0; colour < graphic_.palette.size(); ++colour) {
      const Rgb& rgb = graphic_.palette[colour];
      if (!used_[colour]) continue;
      begin += "#" + std::to_string(colour) + ";2;" + percent(rgb[0]) + ";" + percent(rgb[1]) + ";" + percent(rgb[2]);
    }
    return begin + out_ + kEnd;
  }

 private:
  uint8_t* line(size_t colour, int x) {
    return bits_.data() + colour * static_cast<size_t>(width_) + static_cast<size_t>(x);
  }

  const Graphic& graphic_;
  int width_;
  std::vector<uint8_t> bits_;  // a line for each colour, zero between bands
  std::bitset<256> used_;
  std::string out_;
};

}  // namespace

std::string sixel_of(const Placed& placed) {
  const Graphic& graphic = *placed.graphic;
  const int top = placed.first * graphic.cell_height;
  const int bottom = std::min(graphic.height, (placed.first + placed.rows) * graphic.cell_height);
  const int bands = (bottom - top) / kSixelRows;
  const int width = placed.columns * (graphic.width / std::max(1, graphic.columns));
  if (bands <= 0 || width <= 0) return "";
  Encoder encoder(graphic, width);
  for (int i = 0; i < bands; ++i) {
    if (i > 0) encoder.next_band();
    encoder.band(top + i * kSixelRows);
  }
  return encoder.take(bands * kSixelRows);
}

}  // namespace fastchat::tui
