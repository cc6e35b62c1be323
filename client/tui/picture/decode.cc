#include "client/tui/picture/decode.h"

#include <png.h>
#include <turbojpeg.h>

#include <memory>
#include <utility>

#include "client/tui/picture/exif.h"

namespace fastchat::tui {
namespace {

constexpr std::string_view kPng("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kJpeg("\xff\xd8\xff", 3);

Error broken() {
  return err(Code::kMalformed, "the picture is damaged, or neither png nor jpeg");
}

Result<> check_size(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) return broken();
  if (width > 100'000 || height > 100'000 || width * height > kMaxPixels) {
    return err(Code::kTooLarge,
               "the picture is too large to draw: " + std::to_string(width) + "x" + std::to_string(height));
  }
  return Unit{};
}

Result<Pixels> decode_png(std::string_view file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> owner(&image, png_image_free);
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) return broken();
  if (auto fits = check_size(image.width, image.height); !fits.ok()) return fits.error();
  image.format = PNG_FORMAT_RGBA;
  Pixels out{image.width, image.height, std::vector<uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, nullptr, out.rgba.data(), 0, nullptr) == 0) return broken();
  return out;
}

// Converts cyan, magenta, yellow and black to red, green, blue and opaque. 255 means no ink: Adobe's programs store
// inks this way, and all others do by now.
void mix_inks(std::vector<uint8_t>& pixels) {
  for (size_t i = 0; i + 4 <= pixels.size(); i += 4) {
    for (size_t colour = 0; colour < 3; ++colour) {
      pixels[i + colour] = static_cast<uint8_t>(int{pixels[i + colour]} * pixels[i + 3] / 255);
    }
    pixels[i + 3] = 255;
  }
}

Result<Pixels> decode_jpeg(std::string_view file) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) return broken();
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes, file.size(), &width, &height, &subsampling, &colours) != 0) {
    return broken();
  }
  if (width <= 0 || height <= 0) return broken();
  if (auto fits = check_size(static_cast<uint64_t>(width), static_cast<uint64_t>(height)); !fits.ok()) {
    return fits.error();
  }
  Pixels out{static_cast<uint32_t>(width), static_cast<uint32_t>(height), {}};
  out.rgba.resize(size_t{out.width} * out.height * 4);
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  const int failed = tjDecompress2(decoder.get(), bytes, file.size(), out.rgba.data(), width, 0, height,
                                   inks ? TJPF_CMYK : TJPF_RGBA, 0);
  // A picture that ends early is drawn as far as it goes.
  if (failed != 0 && tjGetErrorCode(decoder.get()) != TJERR_WARNING) return broken();
  if (inks) mix_inks(out.rgba);
  return turned(std::move(out), exif_orientation(file));
}

}  // namespace

bool looks_like_picture(std::string_view begin) {
  return begin.starts_with(kPng) || begin.starts_with(kJpeg);
}

Result<Pixels> decode_picture(std::string_view file) {
  if (file.starts_with(kPng)) return decode_png(file);
  if (file.starts_with(kJpeg)) return decode_jpeg(is_unmarked_ycck(file) ? marked_as_ycck(file) : file);
  return broken();
}

}  // namespace fastchat::tui
