#include "client/tui/picture/palette.h"

#include <algorithm>
#include <array>

namespace fastchat::tui {
namespace {

constexpr size_t kBins = 1 << 15;  // colours that differ only in the last three bits count as one
constexpr uint8_t kHalf = 128;

size_t bin_of(const std::array<float, 3>& colour) {
  size_t out = 0;
  for (const float part : colour) out = out << 5 | static_cast<size_t>(part) >> 3;
  return out;
}

struct Bin {
  uint64_t count = 0;
  std::array<uint64_t, 3> sum = {};
  std::array<int, 3> mean = {};
};

// Bins next to each other in a list, and the distance between their colours on the longest axis.
struct Box {
  size_t begin = 0, end = 0;
  size_t axis = 0;
  int extent = 0;
  uint64_t count = 0;
};

using Bins = std::vector<Bin>;

Box box_of(const Bins& bins, size_t begin, size_t end) {
  Box out{begin, end};
  for (size_t i = begin; i < end; ++i) out.count += bins[i].count;
  for (size_t axis = 0; axis < 3; ++axis) {
    int least = 255, most = 0;
    for (size_t i = begin; i < end; ++i) {
      least = std::min(least, bins[i].mean[axis]);
      most = std::max(most, bins[i].mean[axis]);
    }
    if (most - least > out.extent || axis == 0) {
      out.axis = axis;
      out.extent = most - least;
    }
  }
  return out;
}

Bins bins_of(const Pixels& pixels) {
  Bins all(kBins);
  for (size_t at = 0; at + 3 < pixels.rgba.size(); at += 4) {
    const uint8_t* p = pixels.rgba.data() + at;
    if (p[3] < kHalf) continue;
    Bin& bin = all[bin_of({static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2])})];
    ++bin.count;
    for (size_t i = 0; i < 3; ++i) bin.sum[i] += p[i];
  }
  std::erase_if(all, [](const Bin& bin) { return bin.count == 0; });
  for (Bin& bin : all) {
    for (size_t i = 0; i < 3; ++i) bin.mean[i] = static_cast<int>((bin.sum[i] + bin.count / 2) / bin.count);
  }
  return all;
}

Rgb mean_of(const Bins& bins, const Box& box) {
  Rgb out{};
  for (size_t axis = 0; axis < 3; ++axis) {
    uint64_t sum = 0;
    for (size_t i = box.begin; i < box.end; ++i) sum += bins[i].sum[axis];
    out[axis] = static_cast<uint8_t>((sum + box.count / 2) / box.count);
  }
  return out;
}

std::vector<Rgb> palette_of(const Pixels& pixels, size_t colours) {
  Bins bins = bins_of(pixels);
  if (bins.empty()) return {Rgb{}};
  std::vector<Box> boxes = {box_of(bins, 0, bins.size())};
  while (boxes.size() < colours) {
    const auto weight = [](const Box& box) {
      return box.extent == 0 ? 0 : box.count * static_cast<uint64_t>(box.extent);
    };
    const auto box =
        std::max_element(boxes.begin(), boxes.end(), [&](const Box& a, const Box& b) { return weight(a) < weight(b); });
    if (weight(*box) == 0) break;
    const auto first = bins.begin() + static_cast<std::ptrdiff_t>(box->begin);
    const auto last = bins.begin() + static_cast<std::ptrdiff_t>(box->end);
    std::sort(first, last, [&](const Bin& a, const Bin& b) { return a.mean[box->axis] < b.mean[box->axis]; });
    size_t middle = box->begin;
    for (uint64_t passed = 0; middle + 1 < box->end && (middle == box->begin || passed < box->count / 2); ++middle) {
      passed += bins[middle].count;
    }
    const size_t end = box->end;
    *box = box_of(bins, box->begin, middle);
    boxes.push_back(box_of(bins, middle, end));
  }
  std::vector<Rgb> out;
  out.reserve(boxes.size());
  for (const Box& box : boxes) out.push_back(mean_of(bins, box));
  return out;
}

// Finds the nearest colour of the palette, once for all colours of a bin.
class Nearest {
 public:
  explicit Nearest(const std::vector<Rgb>& palette) : palette_(palette), known_(kBins, -1) {}
  uint8_t of(const std::array<float, 3>& colour) {
    int& known = known_[bin_of(colour)];
    if (known < 0) known = find(colour);
    return static_cast<uint8_t>(known);
  }

 private:
  int find(const std::array<float, 3>& colour) const {
    int best = 0;
    float least = 1e9f;
    for (size_t i = 0; i < palette_.size(); ++i) {
      float distance = 0;
      for (size_t axis = 0; axis < 3; ++axis) {
        const float apart = colour[axis] - static_cast<float>(palette_[i][axis]);
        distance += apart * apart;
      }
      if (distance < least) {
        least = distance;
        best = static_cast<int>(i);
      }
    }
    return best;
  }
  const std::vector<Rgb>& palette_;
  std::vector<int> known_;
};

}  // namespace

IndexedPixels index_picture(const Pixels& pixels, int colours) {
  IndexedPixels out;
  out.palette = palette_of(pixels, static_cast<size_t>(std::clamp(colours, 2, kMaxSixelColours)));
  out.pixels.reserve(size_t{pixels.width} * pixels.height);
  Nearest nearest(out.palette);
  // Errors of Floyd-Steinberg dithering for this row and the next. One extra pixel at either side takes the errors that
  // fall off the edge.
  std::vector<std::array<float, 3>> here(pixels.width + 2), below(pixels.width + 2);
  for (uint32_t y = 0; y < pixels.height; ++y) {
    for (uint32_t x = 0; x < pixels.width; ++x) {
      const uint8_t* p = pixels.rgba.data() + (size_t{y} * pixels.width + x) * 4;
      if (p[3] < kHalf) {
        out.pixels += static_cast<char>(kNoColour);
        continue;
      }
      std::array<float, 3> wanted{};
      for (size_t i = 0; i < 3; ++i) wanted[i] = std::clamp(static_cast<float>(p[i]) + here[x + 1][i], 0.0f, 255.0f);
      const uint8_t chosen = nearest.of(wanted);
      out.pixels += static_cast<char>(chosen);
      for (size_t i = 0; i < 3; ++i) {
        const float lacks = wanted[i] - static_cast<float>(out.palette[chosen][i]);
        here[x + 2][i] += lacks * 7 / 16;
        below[x][i] += lacks * 3 / 16;
        below[x + 1][i] += lacks * 5 / 16;
        below[x + 2][i] += lacks * 1 / 16;
      }
    }
    std::swap(here, below);
    std::fill(below.begin(), below.end(), std::array<float, 3>{});
  }
  return out;
}

}  // namespace fastchat::tui
