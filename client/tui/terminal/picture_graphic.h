// A picture as pixels, for terminals that show graphics, and the bytes in which the child process that decodes pictures
// returns it. The parser trusts nothing: an attacker in control of the child can at most draw something else in the
// same cells. Pure.
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
  int colours = 256;                      // of characters (kExactColours: red, green and blue), or of sixel's palette
  int cell_width = 10, cell_height = 20;  // pixels, for graphics; default: a VT340's
  int max_columns = kMaxPictureColumns, max_rows = kMaxPictureRows;  // of one picture
  bool operator==(const PictureForm&) const = default;
};

inline constexpr int kMaxCellPixels = 128;           // the width and the height of a cell
inline constexpr int kMaxGraphicPixels = 2'000'000;  // of a picture as it is shown: a screen of 1920x1040
inline constexpr int kMaxSixelColours = 255;
inline constexpr uint8_t kNoColour = 255;
inline constexpr int kSixelRows = 6;  // pixels; the height of a sixel picture is a multiple of this

struct Graphic {
  uint32_t id = 0;  // unique in this process
  PictureMode mode = PictureMode::kKitty;
  int columns = 0, rows = 0;  // the cells under the picture
  int width = 0, height = 0;  // pixels. Sixel: columns * cell width; at most rows * cell height, a multiple of 6
  int cell_height = 0;        // sixel: pixels from one row of cells to the next
  int depth = 0;              // kitty: bytes a pixel
  std::vector<Rgb> palette;   // sixel
  std::string data;           // kitty: base64; sixel: an index a pixel
};

// Encodes a graphic without id and cell_height.
std::string encode_graphic(const Graphic& graphic);
// Parses a graphic that was requested in this form, of at most columns x rows cells. Fails with kMalformed for anything
// else.
Result<Graphic> parse_graphic(std::string_view text, const PictureForm& form, int columns, int rows);

}  // namespace fastchat::tui
