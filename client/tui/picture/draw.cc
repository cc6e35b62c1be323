#include "client/tui/picture/draw.h"

#include <chafa.h>

#include <algorithm>
#include <memory>

namespace fastchat::tui {
namespace {

constexpr float kCellRatio = 0.5f;  // width divided by height

ChafaCanvasMode mode_for(int colours) {
  if (colours >= kExactColours) return CHAFA_CANVAS_MODE_TRUECOLOR;
  if (colours >= 256) return CHAFA_CANVAS_MODE_INDEXED_240;
  if (colours >= 16) return CHAFA_CANVAS_MODE_INDEXED_16;
  if (colours >= 8) return CHAFA_CANVAS_MODE_INDEXED_8;
  return CHAFA_CANVAS_MODE_FGBG;
}

}  // namespace

void draw_on_one_thread() {
  chafa_set_n_threads(1);
}

CellSize fit_picture(const Pixels& pixels, int columns, int rows, float ratio) {
  gint width = std::clamp(columns, 1, kMaxPictureColumns), height = std::clamp(rows, 1, kMaxPictureRows);
  const CellSize most{width, height};
  chafa_calc_canvas_geometry(static_cast<gint>(pixels.width), static_cast<gint>(pixels.height), &width, &height, ratio,
                             FALSE, FALSE);
  return {std::clamp<gint>(width, 1, most.columns), std::clamp<gint>(height, 1, most.rows)};
}

CellGrid draw_picture(const Pixels& pixels, int columns, int rows, int colours) {
  const auto [width, height] = fit_picture(pixels, columns, rows, kCellRatio);
  const std::unique_ptr<ChafaSymbolMap, void (*)(ChafaSymbolMap*)> symbols(chafa_symbol_map_new(),
                                                                           chafa_symbol_map_unref);
  const auto tags = CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_HALF | CHAFA_SYMBOL_TAG_QUAD;
  chafa_symbol_map_add_by_tags(symbols.get(), static_cast<ChafaSymbolTags>(tags));
  const std::unique_ptr<ChafaCanvasConfig, void (*)(ChafaCanvasConfig*)> config(chafa_canvas_config_new(),
                                                                                chafa_canvas_config_unref);
  chafa_canvas_config_set_geometry(config.get(), width, height);
  chafa_canvas_config_set_canvas_mode(config.get(), mode_for(colours));
  chafa_canvas_config_set_symbol_map(config.get(), symbols.get());
  const std::unique_ptr<ChafaCanvas, void (*)(ChafaCanvas*)> canvas(chafa_canvas_new(config.get()), chafa_canvas_unref);
  chafa_canvas_draw_all_pixels(canvas.get(), CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels.rgba.data(),
                               static_cast<gint>(pixels.width), static_cast<gint>(pixels.height),
                               static_cast<gint>(pixels.width * 4));
  CellGrid out{width, height, {}};
  for (gint y = 0; y < height; ++y) {
    for (gint x = 0; x < width; ++x) {
      gint front = -1, back = -1;
      chafa_canvas_get_raw_colors_at(canvas.get(), x, y, &front, &back);
      const auto colour = [&](gint c) {
        if (c < 0 || colours < 8) return -1;
        if (colours >= kExactColours) return exact_colour(static_cast<uint32_t>(c));
        return c > 255 ? -1 : CellColour{c};
      };
      out.cells.push_back({chafa_canvas_get_char_at(canvas.get(), x, y), colour(front), colour(back)});
    }
  }
  return out;
}

}  // namespace fastchat::tui
