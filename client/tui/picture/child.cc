#include "client/tui/picture/child.h"

#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <string>

#include "client/tui/picture/cells.h"
#include "client/tui/picture/decode.h"
#include "client/tui/picture/draw.h"
#include "client/tui/picture/pack.h"
#include "client/tui/picture/palette.h"
#include "client/tui/picture/sandbox.h"
#include "client/tui/picture/scale.h"
#include "common/standard_streams.h"

namespace fastchat::tui {
namespace {

Result<> read_all(std::string& out) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0) return err(Code::kLocalDisk, "the picture cannot be read");
    if (n == 0) return Unit{};
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > kMaxPictureBytes) return err(Code::kTooLarge, "the picture is larger than 32 MiB");
  }
}

int failed(const Error& error) {
  (void)write_output(error.text);
  return error.code == Code::kTooLarge ? kPictureTooLarge : 1;
}

int number(const char* text, int most) {
  return std::clamp(std::atoi(text), 1, most);
}

std::string as_cells(const Pixels& pixels, const PictureJob& job) {
  return encode_cells(draw_picture(pixels, job.columns, job.rows, job.form.colours));
}

// Encodes a picture for kitty's protocol. Scales a picture down that is too large to send; the terminal scales the
// picture up to its cells again.
std::string as_kitty(const Pixels& pixels, const PictureJob& job) {
  const float ratio = static_cast<float>(job.form.cell_width) / static_cast<float>(job.form.cell_height);
  const CellSize size = fit_picture(pixels, job.columns, job.rows, ratio);
  const double wide = size.columns * job.form.cell_width, high = size.rows * job.form.cell_height;
  const double down = std::sqrt(std::max(1.0, wide * high / kMaxGraphicPixels));
  Graphic out;
  out.columns = size.columns;
  out.rows = size.rows;
  out.width = std::max(1, static_cast<int>(std::min<double>(wide / down, pixels.width)));
  out.height = std::max(1, static_cast<int>(std::min<double>(high / down, pixels.height)));
  const Pixels scaled = scale_picture(pixels, static_cast<uint32_t>(out.width), static_cast<uint32_t>(out.height));
  out.depth = is_opaque(scaled) ? 3 : 4;
  out.data = pack_pixels(scaled, out.depth == 4);
  return encode_graphic(out);
}

// Encodes a picture as sixel. Gives a picture that is too large fewer cells, since a sixel picture has no size but in
// pixels.
std::string as_sixel(const Pixels& pixels, const PictureJob& job) {
  const int cell_width = job.form.cell_width, cell_height = std::max(job.form.cell_height, kSixelRows);
  const float ratio = static_cast<float>(cell_width) / static_cast<float>(cell_height);
  const double most = static_cast<double>(kMaxGraphicPixels) / cell_width / cell_height;  // cells
  const double down = std::sqrt(std::max(1.0, job.columns * job.rows / most));
  const CellSize size =
      fit_picture(pixels, static_cast<int>(job.columns / down), static_cast<int>(job.rows / down), ratio);
  Graphic out;
  out.mode = PictureMode::kSixel;
  out.columns = size.columns;
  out.rows = size.rows;
  out.width = size.columns * cell_width;
  out.height = size.rows * cell_height / kSixelRows * kSixelRows;
  IndexedPixels indexed = index_picture(
      scale_picture(pixels, static_cast<uint32_t>(out.width), static_cast<uint32_t>(out.height)), job.form.colours);
  out.palette = std::move(indexed.palette);
  out.data = std::move(indexed.pixels);
  return encode_graphic(out);
}

}  // namespace

std::vector<std::string> to_words(const PictureJob& job) {
  return {std::to_string(static_cast<int>(job.form.mode)),
          std::to_string(job.columns),
          std::to_string(job.rows),
          std::to_string(job.form.colours),
          std::to_string(job.form.cell_width),
          std::to_string(job.form.cell_height)};
}

int run_picture_child(int argc, char** argv) {
  if (argc != 8) return 1;
  PictureJob job;
  job.form.mode = static_cast<PictureMode>(std::clamp(std::atoi(argv[2]), 0, 2));
  job.columns = number(argv[3], kMaxPictureColumns);
  job.rows = number(argv[4], kMaxPictureRows);
  job.form.colours = std::atoi(argv[5]);
  job.form.cell_width = number(argv[6], kMaxCellPixels);
  job.form.cell_height = number(argv[7], kMaxCellPixels);
  // Everything that opens a file or makes a thread comes before the sandbox.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  draw_on_one_thread();
  if (auto locked = enter_picture_sandbox(); !locked.ok()) return failed(locked.error());
  std::string file;
  if (auto whole = read_all(file); !whole.ok()) return failed(whole.error());
  const auto pixels = decode_picture(file);
  if (!pixels.ok()) return failed(pixels.error());
  const std::string drawn = job.form.mode == PictureMode::kKitty   ? as_kitty(*pixels, job)
                            : job.form.mode == PictureMode::kSixel ? as_sixel(*pixels, job)
                                                                   : as_cells(*pixels, job);
  return write_output(drawn).ok() ? 0 : 1;
}

}  // namespace fastchat::tui
