#include "client/tui/picture/exif.h"

#include <cstring>
#include <utility>
#include <vector>

namespace fastchat::tui {
namespace {

using namespace std::string_view_literals;

constexpr int kAsStored = 1;
constexpr unsigned char kApp1 = 0xE1, kApp14 = 0xEE;
constexpr uint16_t kOrientationTag = 0x0112, kShort = 3;

// Reads numbers of a segment in its byte order. number() returns 0 outside of the segment.
struct Tiff {
  std::string_view bytes;
  bool big_endian = false;

  uint32_t number(size_t at, size_t size) const {
    if (at > bytes.size() || bytes.size() - at < size) return 0;
    uint32_t out = 0;
    for (size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[at + (big_endian ? i : size - 1 - i)]);
      out = out << 8 | byte;
    }
    return out;
  }
};

int orientation_of(std::string_view part) {
  constexpr size_t kEntry = 12;
  Tiff tiff{part, part.starts_with("MM")};
  if (!tiff.big_endian && !part.starts_with("II")) return kAsStored;
  if (tiff.number(2, 2) != 42) return kAsStored;
  const size_t directory = tiff.number(4, 4);
  const size_t entries = tiff.number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntry;
    if (entry + kEntry > part.size()) break;
    if (tiff.number(entry, 2) != kOrientationTag) continue;
    const uint32_t value = tiff.number(entry + 8, 2);
    return tiff.number(entry + 2, 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : kAsStored;
  }
  return kAsStored;
}

// Returns the first segment with this marker that begins with `begin`, before the first scan; empty: there is none.
std::string_view find_part(std::string_view jpeg, unsigned char marker, std::string_view begin) {
  constexpr unsigned char kScan = 0xDA, kEnd = 0xD9, kFill = 0xFF;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  for (size_t at = 2; at + 4 <= jpeg.size() && byte(at) == 0xFF;) {
    const unsigned char found = byte(at + 1);
    if (found == kFill) {
      ++at;
      continue;
    }
    if (found == kScan || found == kEnd) break;
    const size_t length = size_t{byte(at + 2)} << 8 | byte(at + 3);  // includes its own two bytes
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const std::string_view part = jpeg.substr(at + 4, length - 2);
    if (found == marker && part.starts_with(begin)) return part;
    at += 2 + length;
  }
  return {};
}

}  // namespace

int exif_orientation(std::string_view jpeg) {
  constexpr std::string_view kExif = "Exif\0\0"sv;
  const std::string_view part = find_part(jpeg, kApp1, kExif);
  return part.empty() ? kAsStored : orientation_of(part.substr(kExif.size()));
}

bool is_unmarked_ycck(std::string_view jpeg) {
  constexpr size_t kComponents = 5, kFirst = 6, kComponent = 3;  // offsets in the frame header
  if (!find_part(jpeg, kApp14, "Adobe").empty()) return false;
  for (const char frame : {'\xC0', '\xC1', '\xC2'}) {
    const std::string_view part = find_part(jpeg, static_cast<unsigned char>(frame), "");
    if (part.size() < kFirst + 4 * kComponent || part[kComponents] != 4) continue;
    bool numbered = true;
    for (size_t i = 0; i < 4; ++i) numbered &= part[kFirst + i * kComponent] == static_cast<char>(i + 1);
    return numbered;
  }
  return false;
}

std::string marked_as_ycck(std::string_view jpeg) {
  constexpr std::string_view kPart =
      "\xFF\xEE\x00\x0E"
      "Adobe\x00\x64\x00\x00\x00\x00\x02"sv;
  std::string out(jpeg.substr(0, 2));
  out += kPart;
  out += jpeg.substr(2);
  return out;
}

Pixels turned(Pixels stored, int orientation) {
  if (orientation <= kAsStored || orientation > 8) return stored;
  const bool swaps = orientation >= 5;  // width and height
  Pixels out{swaps ? stored.height : stored.width, swaps ? stored.width : stored.height, {}};
  out.rgba.resize(stored.rgba.size());
  const size_t width = stored.width, height = stored.height;
  for (size_t y = 0; y < out.height; ++y) {
    for (size_t x = 0; x < out.width; ++x) {
      // The place where the pixel is stored.
      size_t column = swaps ? y : x, row = swaps ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) column = width - 1 - column;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) row = height - 1 - row;
      std::memcpy(&out.rgba[4 * (y * out.width + x)], &stored.rgba[4 * (row * width + column)], 4);
    }
  }
  return out;
}

}  // namespace fastchat::tui
