// Fuzzes the output of the child process that decodes pictures: an attacker who took it over may send anything. The
// first bytes are the requested form. Accepted output fits the form, encodes to the same bytes, and makes rows of the
// promised size.
#include <clocale>

#include "client/tui/picture/picture.h"
#include "client/tui/terminal/sixel.h"
#include "client/tui/terminal/text.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

void check_cells(ByteView text) {
  const auto got = parse_cells(text);
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kMalformed);
    return;
  }
  FC_CHECK(encode_cells(*got) == text);
  FC_CHECK(got->cells.size() == static_cast<size_t>(got->columns) * static_cast<size_t>(got->rows));
  const auto rows = rows_of(*got);
  FC_CHECK(rows.size() == static_cast<size_t>(got->rows));
  for (const Row& row : rows) {
    int columns = 0;
    for (const Span& span : row) {
      FC_CHECK(valid_utf8(span.text) && span.text.find('\033') == std::string::npos);
      columns += width_of(span.text);
    }
    FC_CHECK(columns == got->columns);
  }
}

void check_graphic(Source& source) {
  PictureForm form;
  form.mode = source.chance() ? PictureMode::kSixel : PictureMode::kKitty;
  form.cell_width = 1 + static_cast<int>(source.below(12));
  form.cell_height = 6 + static_cast<int>(source.below(12));
  const int columns = 1 + static_cast<int>(source.below(8)), rows = 1 + static_cast<int>(source.below(8));
  const ByteView text = source.rest();
  const auto got = parse_graphic(text, form, columns, rows);
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kMalformed);
    return;
  }
  FC_CHECK(got->mode == form.mode && got->columns <= columns && got->rows <= rows);
  FC_CHECK(encode_graphic(*got) == text);
  FC_CHECK(int64_t{got->width} * got->height <= kMaxGraphicPixels);
  const Picture picture(*got);
  FC_CHECK(columns_of(picture) == got->columns && rows_high(picture) == got->rows && bytes_of(picture) > 0);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(picture_answer) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Source source(input);
  if (source.chance()) return check_cells(source.rest());
  check_graphic(source);
}
