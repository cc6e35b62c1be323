#include "client/tui/picture/scale.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fastchat::tui {
namespace {

// The stored pixels under one scaled pixel: the index of the first, and the weight of each.
struct Cover {
  uint32_t first = 0;
  std::vector<float> parts;
};

std::vector<Cover> covers(uint32_t from, uint32_t to) {
  std::vector<Cover> out(to);
  const double step = static_cast<double>(from) / to;
  for (uint32_t i = 0; i < to; ++i) {
    const double begin = i * step, end = std::min<double>(from, (i + 1) * step);
    out[i].first = std::min(from - 1, static_cast<uint32_t>(begin));
    for (uint32_t at = out[i].first; at < from && (at == out[i].first || at < end - 1e-6); ++at) {
      const double part = std::min<double>(end, at + 1.0) - std::max<double>(begin, at);
      out[i].parts.push_back(static_cast<float>(std::max(part, 1e-6) / step));
    }
  }
  return out;
}

// Scales one row to its new width. Weights colours with their opacity, so that invisible colours do not shine through.
void scale_row(const uint8_t* row, const std::vector<Cover>& columns, std::vector<float>& out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (size_t x = 0; x < columns.size(); ++x) {
    const uint8_t* pixel = row + size_t{columns[x].first} * 4;
    float* sum = out.data() + x * 4;
    for (const float part : columns[x].parts) {
      const float alpha = part * static_cast<float>(pixel[3]);
      for (size_t i = 0; i < 3; ++i) sum[i] += alpha * static_cast<float>(pixel[i]);
      sum[3] += alpha;
      pixel += 4;
    }
  }
}

uint8_t to_byte(float value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

Pixels scale_picture(const Pixels& pixels, uint32_t width, uint32_t height) {
  if (width == pixels.width && height == pixels.height) return pixels;
  const auto columns = covers(pixels.width, width), rows = covers(pixels.height, height);
  Pixels out{width, height, {}};
  out.rgba.reserve(size_t{width} * height * 4);
  std::vector<float> row(size_t{width} * 4), sum(size_t{width} * 4);
  uint32_t scaled = pixels.height;  // index of the row in `row`
  for (const Cover& cover : rows) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (uint32_t i = 0; i < cover.parts.size(); ++i) {
      if (scaled != cover.first + i) {
        scaled = cover.first + i;
        scale_row(pixels.rgba.data() + size_t{scaled} * pixels.width * 4, columns, row);
      }
      for (size_t x = 0; x < sum.size(); ++x) sum[x] += cover.parts[i] * row[x];
    }
    for (size_t x = 0; x < sum.size(); x += 4) {
      const float alpha = std::max(sum[x + 3], 1e-3f);
      for (size_t i = 0; i < 3; ++i) out.rgba.push_back(to_byte(sum[x + i] / alpha));
      out.rgba.push_back(to_byte(sum[x + 3]));
    }
  }
  return out;
}

bool is_opaque(const Pixels& pixels) {
  for (size_t i = 3; i < pixels.rgba.size(); i += 4) {
    if (pixels.rgba[i] != 255) return false;
  }
  return true;
}

}  // namespace fastchat::tui
