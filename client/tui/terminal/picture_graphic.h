// A picture as pixels, for terminals that show graphics, and the bytes in which the child that decodes pictures hands
// it over. The parser trusts nothing: whoever took the child over can at most draw something else in the same cells.
// Pure.
//
//   graphic = columns " " rows " " width " " height " " depth LF data
//   kitty:  depth = 3 (RGB) or 4 (RGBA); data = base64 of the pixels compressed by zlib, as the terminal takes it
//   sixel:  depth = colours, 1 to 255; data = colours*( red green blue ) width*height*( colour ), each a byte;
//           the colour 255 is none: what is below shows
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/tui/terminal/rgb.h"
#include "common/result.h"

namespace fastchat::tui {

// The ways to show pictures on a terminal: characters, or graphics by one of two protocols.
enum class PictureMode : uint8_t { kBlocks, kSixel, kKitty };

inline constexpr int kMaxPictureColumns = 300, kMaxPictureRows = 200;

// Parameters for drawing a picture.
struct PictureForm {
  PictureMode mode = PictureMode::kBlocks;
  int colours = 256;                                                 // of characters, or of sixel's palette
  int cell_width = 10, cell_height = 20;                             // pixels, for graphics; a VT340's
  int max_columns = kMaxPictureColumns, max_rows = kMaxPictureRows;  // of one picture
  bool operator==(const PictureForm&) const = default;
};

inline constexpr int kMaxCellPixels = 128;           // the width and the height of a cell
inline constexpr int kMaxGraphicPixels = 2'000'000;  // of a picture as it is shown: a screen of 1920x1040
inline constexpr int kMaxSixelColours = 255;
inline constexpr uint8_t kNoColour = 255;
inline constexpr int kSixelRows = 6;  // pixels: a sixel picture is that high, or a multiple

struct Graphic {
  uint32_t id = 0;  // of this process; no two have the same
  PictureMode mode = PictureMode::kKitty;
  int columns = 0, rows = 0;  // the cells that it covers
  int width = 0, height = 0;  // pixels. Sixel: columns * cells, and no more than rows * cells, a multiple of 6
  int cell_height = 0;        // sixel: pixels, where a row of cells begins in it
  int depth = 0;              // kitty: bytes a pixel
  std::vector<Rgb> palette;   // sixel
  std::string data;           // kitty: base64; sixel: an index a pixel
};

// Without id and cell_height.
std::string encode_graphic(const Graphic& graphic);
// Of one that was asked for in this form and at most this large. kMalformed for anything else.
Result<Graphic> parse_graphic(std::string_view text, const PictureForm& form, int columns, int rows);

}  // namespace fastchat::tui
