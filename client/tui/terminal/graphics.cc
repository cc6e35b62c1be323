#include "client/tui/terminal/graphics.h"

#include <algorithm>
#include <utility>

#include "client/tui/terminal/picture_graphic.h"
#include "client/tui/terminal/sixel.h"

namespace fastchat::tui {
namespace {

constexpr size_t kChunk = 4096;  // base64 bytes of one escape sequence, at most
// ncurses scrolls a part of the screen when it finds this many rows again elsewhere, and the terminal may scroll
// graphics along. ncurses does not find rows that must be rewritten.
constexpr size_t kScrolledRows = 3;

// Returns a command of kitty's protocol. `keys` is a list of letters with their values. q=2 suppresses answers.
std::string kitty(const std::string& keys, std::string_view data = "") {
  std::string out = "\033_G" + keys + ",q=2";
  if (!data.empty()) out.append(";").append(data);
  return out + "\033\\";
}

std::string key(char letter, int64_t value) {
  return std::string(",") + letter + "=" + std::to_string(value);
}

std::string move_to(int x, int y) {
  return "\033[" + std::to_string(y + 1) + ";" + std::to_string(x + 1) + "H";
}

// Returns a key for comparing rows of a screen: texts, styles and colours.
std::string text_of(const Row& row) {
  std::string out;
  for (const Span& span : row) {
    out += span.text + '\n' + static_cast<char>(span.style);
    if (span.painted) out += std::to_string(span.paint.front) + "," + std::to_string(span.paint.back);
  }
  return out;
}

// Keeps the cursor in its place. `hide` hides the cursor meanwhile: xterm shows a visible cursor at the corner of a
// picture while reading the picture, and leaves the blank of the cursor's cell there.
std::string keep_cursor(const std::string& bytes, bool hide) {
  return (hide ? "\033[?25l\0337" : "\0337") + bytes + (hide ? "\0338\033[?25h" : "\0338");
}

bool is_sixel(const Graphic& graphic) {
  return graphic.mode == PictureMode::kSixel;
}

// Returns the graphics to show. Keeps sixel pictures off the last row, where they could scroll the screen.
std::vector<Placed> wanted_of(const Frame& frame) {
  std::vector<Placed> out = graphics_of(frame);
  for (Placed& placed : out) {
    if (is_sixel(*placed.graphic)) placed.rows = std::min(placed.rows, frame.height - 1 - placed.y);
  }
  std::erase_if(out, [](const Placed& placed) { return placed.rows <= 0; });
  return out;
}

}  // namespace

const Graphics::Shown* Graphics::find(const Shown& wanted) const {
  const auto found =
      std::find_if(shown_.begin(), shown_.end(), [&](const Shown& shown) { return shown.same_place(wanted); });
  return found == shown_.end() ? nullptr : &*found;
}

void Graphics::transmit(const Graphic& graphic, std::string& out) {
  const auto kept = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.id == graphic.id; });
  if (kept != kept_.end()) {
    std::rotate(kept, kept + 1, kept_.end());
    return;
  }
  const std::string_view data = graphic.data;
  std::string keys = "a=t" + key('i', graphic.id) + key('f', graphic.depth * 8) + key('s', graphic.width) +
                     key('v', graphic.height) + ",o=z";
  for (size_t at = 0; at < data.size(); at += kChunk) {
    const bool more = at + kChunk < data.size();
    out += kitty((at == 0 ? keys + "," : "") + (more ? "m=1" : "m=0"), data.substr(at, kChunk));
  }
  kept_.push_back({graphic.id, data.size()});
}

void Graphics::place(const Placed& placed, Shown& shown, std::string& out) {
  const Graphic& graphic = *placed.graphic;
  if (shown.sixel) {
    out += move_to(placed.x, placed.y) + sixel_of(placed);
    return;
  }
  transmit(graphic, out);
  shown.placement = ++last_placement_;
  const int top = placed.first * graphic.height / graphic.rows;
  const int bottom = (placed.first + placed.rows) * graphic.height / graphic.rows;
  const int width = placed.columns * graphic.width / graphic.columns;
  out += move_to(placed.x, placed.y) +
         kitty("a=p" + key('i', graphic.id) + key('p', shown.placement) + key('x', 0) + key('y', top) +
               key('w', std::max(1, width)) + key('h', std::max(1, bottom - top)) + key('c', placed.columns) +
               key('r', placed.rows) + ",C=1");
}

void Graphics::free_old(const std::vector<Shown>& now, std::string& out) {
  size_t bytes = 0;
  for (const Kept& kept : kept_) bytes += kept.bytes;
  for (auto kept = kept_.begin(); kept != kept_.end() && (kept_.size() > kMaxKept || bytes > kMaxKeptBytes);) {
    if (std::any_of(now.begin(), now.end(), [&](const Shown& shown) { return shown.id == kept->id; })) {
      ++kept;
      continue;
    }
    out += kitty("a=d,d=I" + key('i', kept->id));
    bytes -= kept->bytes;
    kept = kept_.erase(kept);
  }
}

std::set<int> Graphics::changed(const std::vector<std::string>& text) const {
  std::set<int> out;
  for (size_t y = 0; y < text.size(); ++y) {
    if (y >= text_.size() || text_[y] != text[y]) out.insert(static_cast<int>(y));
  }
  return out;
}

// Removes the graphics that do not stay where they are: kitty's by id, sixel's by rewriting the text below them.
void Graphics::take_away(const std::vector<Shown>& now, const std::set<int>& changed, Step& out) const {
  std::set<int> rows;
  if (!shown_.empty() && changed.size() >= kScrolledRows) rows = changed;
  for (const Shown& old : shown_) {
    if (std::any_of(now.begin(), now.end(), [&](const Shown& n) { return n.same_place(old); })) continue;
    if (!old.sixel) out.bytes += kitty("a=d,d=i" + key('i', old.id) + key('p', old.placement));
    for (int y = old.y; old.sixel && y < old.y + old.rows; ++y) rows.insert(y);
  }
  out.redraw.assign(rows.begin(), rows.end());
}

Graphics::Step Graphics::show(const Frame& frame) {
  const std::vector<Placed> wanted = wanted_of(frame);
  std::vector<Shown> now;
  now.reserve(wanted.size());
  for (const Placed& p : wanted) {
    now.push_back({p.graphic->id, is_sixel(*p.graphic), p.x, p.y, p.first, p.rows, p.columns});
  }
  std::vector<std::string> text;
  if (!shown_.empty() || !now.empty()) text.resize(static_cast<size_t>(frame.height));
  for (size_t y = 0; y < text.size() && y < frame.rows.size(); ++y) text[y] = text_of(frame.rows[y]);
  Step out;
  out.bytes = std::exchange(before_, "");
  std::set<int> written = changed(text);  // rows written with text, which erases the sixels there
  take_away(now, written, out);
  written.insert(out.redraw.begin(), out.redraw.end());
  std::string places;
  bool sixels = false;
  for (size_t i = 0; i < now.size(); ++i) {
    Shown& shown = now[i];
    const Shown* before = find(shown);
    if (before != nullptr) shown.placement = before->placement;
    const bool wiped = shown.sixel && written.lower_bound(shown.y) != written.lower_bound(shown.y + shown.rows);
    if (before != nullptr && !wiped) continue;
    sixels |= shown.sixel;
    place(wanted[i], shown, places);
  }
  if (!places.empty()) out.bytes += keep_cursor(places, sixels && frame.cursor_row >= 0);
  free_old(now, out.bytes);
  shown_ = std::move(now);
  text_ = std::move(text);
  return out;
}

std::string Graphics::end() {
  std::string out;
  for (const Kept& kept : kept_) out += kitty("a=d,d=I" + key('i', kept.id));
  kept_.clear();
  shown_.clear();
  text_.clear();
  return out;
}

void Graphics::forget() {
  before_ += end();
}

}  // namespace fastchat::tui
