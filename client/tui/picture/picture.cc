#include "client/tui/picture/picture.h"

namespace fastchat::tui {

int columns_of(const Picture& picture) {
  return std::visit([](const auto& p) { return p.columns; }, picture);
}

int rows_high(const Picture& picture) {
  return std::visit([](const auto& p) { return p.rows; }, picture);
}

size_t bytes_of(const Picture& picture) {
  if (const auto* graphic = std::get_if<Graphic>(&picture)) return graphic->data.size();
  return std::get<CellGrid>(picture).cells.size() * sizeof(Cell);
}

std::vector<Row> rows_of(const Picture& picture) {
  const auto* graphic = std::get_if<Graphic>(&picture);
  if (graphic == nullptr) return rows_of(std::get<CellGrid>(picture));
  std::vector<Row> out;
  for (int y = 0; y < graphic->rows; ++y) {
    Span span{std::string(static_cast<size_t>(graphic->columns), ' ')};
    span.graphic = graphic;
    span.graphic_row = y;
    out.push_back({std::move(span)});
  }
  return out;
}

}  // namespace fastchat::tui
