#include "client/tui/chat/message_pane.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kReserve = 20;  // messages beyond a screenful that are loaded before they are in sight

void paint(std::vector<Row>& rows, Style style) {
  for (Row& row : rows) {
    for (Span& span : row) span.style = style;
  }
}

// Marks the picked message with a style, and with an arrow behind its time for terminals without colours and for people
// who do not see colours.
void mark_picked(std::vector<Row>& rows) {
  paint(rows, Style::kSelected);
  std::string& time = rows.front().front().text;
  if (time.ends_with(' ')) time.replace(time.size() - 1, 1, "▸");
}

// Returns "12 more below (End)", "62%" for the share of all messages above, and the time of the lowest message in
// sight. `bottom`: the index of that message in memory; `cut`: a part of the message is below.
std::string bar_text(const MessageWindow& window, size_t missed, size_t bottom, bool cut, int width) {
  const auto& all = window.all();
  const auto& place = window.place();
  const uint64_t above = (place ? place->before : 0) + bottom + 1 - (cut ? 1 : 0);
  const bool placed = place && above < place->all;
  const size_t below = placed ? place->all - above : all.size() - 1 - bottom + (cut ? 1 : 0);
  std::string left = " " + std::to_string(missed > 0 ? missed : below);
  left += missed > 0 ? " new" : placed || window.has_latest() ? " more" : "+ more";
  left += " below (End)";
  if (placed) left += "  " + std::to_string(above * 100 / place->all) + "%";
  const int64_t ms = all[bottom].sent_ms;
  const std::string right = day_name(ms) + " " + clock_time(ms) + " ";
  const int gap = width - width_of(left) - width_of(right);
  if (gap > 0) return left + std::string(static_cast<size_t>(gap), ' ') + right;
  return pad(left, width - 6) + clock_time(ms) + " ";
}

constexpr int kBarFrom = 4;  // minimum rows for the bar below

}  // namespace

void MessagePane::show(std::vector<client::ChatMessage> messages, bool whole, int64_t unread_after) {
  window_.show(std::move(messages), whole, true);
  unread_after_ = unread_after;
  marked_ = 0;
  to_newest();
}

void MessagePane::show_at(std::vector<client::ChatMessage> messages, int64_t position) {
  window_.show(std::move(messages), false, false);
  unread_after_ = -1;
  marked_ = position;
  to_newest();
  for (size_t i = 0; i < window_.all().size(); ++i) {
    if (window_.all()[i].position <= position) bottom_ = i;
  }
  scroll(-height_ / 2);
}

void MessagePane::add(const client::ChatMessage& message) {
  if (window_.has(message.position)) return;  // the store was read after this message came
  if (!window_.has_latest()) {
    ++missed_;
    window_.count_new();
    return;
  }
  const bool follow = window_.all().empty() || (at_end() && selected_ == 0);
  window_.add(message);
  if (follow) {
    to_newest();
    trim_oldest();
  } else if (!message.mine) {
    ++missed_;
  }
}

bool MessagePane::wants_older() const {
  return !window_.whole() && !window_.all().empty() && bottom_ < static_cast<size_t>(height_) + kReserve;
}

void MessagePane::add_older(std::vector<client::ChatMessage> messages) {
  bottom_ += messages.size();
  window_.add_older(std::move(messages));
  while (window_.full() && bottom_ + static_cast<size_t>(height_) < window_.all().size() - 1) window_.drop_newest();
}

bool MessagePane::wants_newer() const {
  return !window_.has_latest() && bottom_ + static_cast<size_t>(height_) + kReserve > window_.all().size();
}

void MessagePane::add_newer(std::vector<client::ChatMessage> messages) {
  window_.add_newer(std::move(messages));
  trim_oldest();
}

void MessagePane::trim_oldest() {
  while (window_.full() && bottom_ > static_cast<size_t>(height_)) {
    window_.drop_oldest();
    --bottom_;
  }
}

int MessagePane::below() const {
  return bottom_ + 1 < window_.all().size() ? 1 : hidden_;
}

void MessagePane::to_newest() {
  bottom_ = window_.all().empty() ? 0 : window_.all().size() - 1;
  hidden_ = 0;
  missed_ = 0;
}

void MessagePane::to_oldest() {
  bottom_ = 0;
  hidden_ = 0;
  settle();
}

void MessagePane::scroll(int lines) {
  if (window_.all().empty()) return;
  hidden_ += lines;
  while (hidden_ < 0) {
    if (bottom_ + 1 >= window_.all().size()) {
      hidden_ = 0;
      break;
    }
    hidden_ += height_of(++bottom_);
  }
  for (int rows = height_of(bottom_); hidden_ >= rows && bottom_ > 0; rows = height_of(bottom_)) {
    hidden_ -= rows;
    --bottom_;
  }
  settle();
  if (at_end()) missed_ = 0;
}

void MessagePane::select(int64_t position) {
  selected_ = position;
  const auto& all = window_.all();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.position == position; });
  if (position == 0 || found == all.end()) return;
  const auto i = static_cast<size_t>(found - all.begin());
  if (i >= bottom_) {
    bottom_ = i;
    hidden_ = 0;
    settle();
    if (at_end()) missed_ = 0;
    return;
  }
  int rows = -hidden_;
  for (size_t j = i; j <= bottom_; ++j) rows += height_of(j);
  if (rows > height_) scroll(rows - height_);
}

int64_t MessagePane::at_row(int y) const {
  return y >= 0 && static_cast<size_t>(y) < drawn_.size() ? drawn_[static_cast<size_t>(y)] : 0;
}

// Moves the edge down as long as there are blank rows at the top.
void MessagePane::settle() {
  if (window_.all().empty()) return;
  int rows = height_of(bottom_);
  hidden_ = std::clamp(hidden_, 0, rows - 1);
  rows -= hidden_;
  for (size_t i = bottom_; rows < height_ && i > 0;) rows += height_of(--i);
  int missing = height_ - rows;
  while (missing > 0) {
    const int step = std::min(missing, hidden_);
    hidden_ -= step;
    missing -= step;
    if (missing == 0 || bottom_ + 1 >= window_.all().size()) return;
    hidden_ = height_of(++bottom_);
  }
}

std::vector<Row> MessagePane::rows_of(size_t i) const {
  const auto& messages = window_.all();
  const client::ChatMessage& m = messages[i];
  std::vector<Row> out;
  const bool new_day = i == 0 ? window_.whole() : day_number(messages[i - 1].sent_ms) != day_number(m.sent_ms);
  if (bare_) {
    if (new_day) out.push_back({{clip(day_name(m.sent_ms), width_), Style::kDim}});
    std::vector<Row> rows = message_rows(m, width_, true);
    out.insert(out.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    return out;
  }
  if (new_day) out.push_back(separator(day_name(m.sent_ms), width_, Style::kDay));
  const bool unread =
      unread_after_ >= 0 && m.position > unread_after_ && (i == 0 || messages[i - 1].position <= unread_after_);
  if (unread) out.push_back(separator("new", width_, Style::kMark));
  if (!m.reply_to.empty()) {
    const auto answered =
        std::find_if(messages.begin(), messages.end(), [&](const auto& other) { return other.id == m.reply_to; });
    out.push_back(quote_row(answered == messages.end() ? nullptr : &*answered, width_));
  }
  std::vector<Row> rows = message_rows(m, width_);
  if (selected_ != 0 && m.position == selected_) {
    mark_picked(rows);
  } else if (marked_ != 0 && m.position == marked_) {
    paint(rows, Style::kMark);
  }
  out.insert(out.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  if (const auto* picture = m.file ? drawings_.rows_of(m.file->path) : nullptr) {
    for (const Row& row : *picture) {
      out.push_back({{std::string(static_cast<size_t>(text_column(width_)), ' ')}});
      out.back().insert(out.back().end(), row.begin(), row.end());
    }
  }
  return out;
}

const client::ChatMessage* MessagePane::newest_file() const {
  for (size_t i = std::min(bottom_ + 1, window_.all().size()); i-- > 0;) {
    if (window_.all()[i].file) return &window_.all()[i];
  }
  return nullptr;
}

std::vector<std::string> MessagePane::pictures_in_sight() const {
  std::vector<std::string> out;
  const size_t end = std::min(bottom_ + 1, window_.all().size());
  for (size_t i = end - std::min<size_t>(end, static_cast<size_t>(height_)); i < end; ++i) {
    const auto& file = window_.all()[i].file;
    if (!file || file->state != client::FileView::State::kHere) continue;
    if (file->media_type == "image/png" || file->media_type == "image/jpeg") out.push_back(file->path);
  }
  return out;
}

Frame MessagePane::draw(int width, int height, bool bare) {
  const auto& all = window_.all();
  const bool end = at_end();
  const bool bar = !end && height >= kBarFrom;
  const bool resized = width != width_ || page_rows_ != std::max(1, height - 2);
  const int before = height_;
  if (width != width_) drawings_.clear();
  width_ = std::max(1, width);
  bare_ = bare;
  height_ = std::max(1, bar ? height - 1 : height);
  page_rows_ = std::max(1, height - 2);
  if (end) to_newest();
  // The bar takes the lowest row: the highest one stays in sight, unless the lowest message is picked.
  const bool lowest_picked = bar && selected_ != 0 && !all.empty() && all[bottom_].position == selected_;
  if (!resized && bar && height_ < before && !lowest_picked) scroll(1);
  settle();
  Frame out{width, height};
  std::vector<Row> rows;  // from the lower edge up
  std::vector<int64_t> positions;
  for (size_t i = bottom_ + 1; i-- > 0 && i < window_.all().size() && static_cast<int>(rows.size()) < height_;) {
    std::vector<Row> some = rows_of(i);
    if (i == bottom_)
      some.resize(some.size() - static_cast<size_t>(std::min<int>(hidden_, static_cast<int>(some.size()) - 1)));
    positions.insert(positions.end(), some.size(), window_.all()[i].position);
    rows.insert(rows.end(), std::make_move_iterator(some.rbegin()), std::make_move_iterator(some.rend()));
  }
  if (static_cast<int>(rows.size()) > height_) rows.resize(static_cast<size_t>(height_));
  positions.resize(rows.size());
  drawn_.assign(positions.rbegin(), positions.rend());
  int y = static_cast<int>(rows.size());
  for (const Row& row : rows) out.put(--y, row);
  if (!bar || all.empty() || at_end()) return out;
  out.put(static_cast<int>(rows.size()), bar_text(window_, missed_, bottom_, hidden_ > 0, width),
          missed_ > 0 ? Style::kMark : Style::kDim);
  return out;
}

}  // namespace fastchat::tui
