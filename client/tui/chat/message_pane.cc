#include "client/tui/chat/message_pane.h"

#include <algorithm>

#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kPictureIndent = 6;

}  // namespace

void MessagePane::clear() {
  messages_.clear();
  whole_ = latest_ = true;
  unread_after_ = -1;
  marked_ = 0;
  missed_ = 0;
  to_newest();
}

void MessagePane::show(std::vector<client::ChatMessage> messages, bool whole, int64_t unread_after) {
  clear();
  messages_.assign(std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
  whole_ = whole;
  unread_after_ = unread_after;
  to_newest();
}

void MessagePane::show_at(std::vector<client::ChatMessage> messages, int64_t position) {
  show(std::move(messages), false, -1);
  latest_ = false;
  marked_ = position;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (messages_[i].position <= position) bottom_ = i;
  }
  scroll(-height_ / 2);
}

void MessagePane::add(const client::ChatMessage& message) {
  if (!latest_) {
    ++missed_;
    return;
  }
  const bool follow = messages_.empty() || at_end();
  messages_.push_back(message);
  if (follow) {
    to_newest();
    trim_oldest();
  } else if (!message.mine) {
    ++missed_;
  }
}

void MessagePane::on_receipt(const client::ReceiptEvent& event) {
  for (auto m = messages_.rbegin(); m != messages_.rend(); ++m) {
    if (!m->mine || m->ref != event.ref) continue;
    m->state = event.state;
    m->failure = event.failure;
    if (event.members > 0) {
      m->members = event.members;
      m->delivered = event.delivered;
      m->read = event.read;
    }
    return;
  }
}

bool MessagePane::wants_older() const {
  return !whole_ && !messages_.empty() && bottom_ < static_cast<size_t>(height_) + 20;
}

void MessagePane::add_older(std::vector<client::ChatMessage> messages) {
  if (messages.empty()) whole_ = true;
  bottom_ += messages.size();
  messages_.insert(messages_.begin(), std::make_move_iterator(messages.begin()),
                   std::make_move_iterator(messages.end()));
  while (messages_.size() > kMax && bottom_ + static_cast<size_t>(height_) < messages_.size() - 1) {
    messages_.pop_back();
    latest_ = false;
  }
}

bool MessagePane::wants_newer() const {
  return !latest_ && bottom_ + static_cast<size_t>(height_) + 20 > messages_.size();
}

void MessagePane::add_newer(std::vector<client::ChatMessage> messages) {
  if (messages.empty()) latest_ = true;
  messages_.insert(messages_.end(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
  trim_oldest();
}

void MessagePane::trim_oldest() {
  while (messages_.size() > kMax && bottom_ > static_cast<size_t>(height_)) {
    messages_.pop_front();
    --bottom_;
    whole_ = false;
  }
}

int MessagePane::below() const {
  return bottom_ + 1 < messages_.size() ? 1 : hidden_;
}

void MessagePane::to_newest() {
  bottom_ = messages_.empty() ? 0 : messages_.size() - 1;
  hidden_ = 0;
  missed_ = 0;
}

void MessagePane::to_oldest() {
  bottom_ = 0;
  hidden_ = 0;
  settle();
}

void MessagePane::scroll(int lines) {
  if (messages_.empty()) return;
  hidden_ += lines;
  while (hidden_ < 0) {
    if (bottom_ + 1 >= messages_.size()) {
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

// Moves the edge down as long as there are blank rows at the top.
void MessagePane::settle() {
  if (messages_.empty()) return;
  int rows = height_of(bottom_);
  hidden_ = std::clamp(hidden_, 0, rows - 1);
  rows -= hidden_;
  for (size_t i = bottom_; rows < height_ && i > 0;) rows += height_of(--i);
  int missing = height_ - rows;
  while (missing > 0) {
    const int step = std::min(missing, hidden_);
    hidden_ -= step;
    missing -= step;
    if (missing == 0 || bottom_ + 1 >= messages_.size()) return;
    hidden_ = height_of(++bottom_);
  }
}

std::vector<Row> MessagePane::rows_of(size_t i) const {
  const client::ChatMessage& m = messages_[i];
  std::vector<Row> out;
  const bool new_day = i == 0 ? whole_ : day_number(messages_[i - 1].sent_ms) != day_number(m.sent_ms);
  if (new_day) out.push_back(separator(day_name(m.sent_ms), width_, Style::kDay));
  const bool unread =
      unread_after_ >= 0 && m.position > unread_after_ && (i == 0 || messages_[i - 1].position <= unread_after_);
  if (unread) out.push_back(separator("new", width_, Style::kMark));
  if (!m.reply_to.empty()) {
    const auto answered =
        std::find_if(messages_.begin(), messages_.end(), [&](const auto& other) { return other.id == m.reply_to; });
    out.push_back(quote_row(answered == messages_.end() ? nullptr : &*answered, width_));
  }
  for (Row& row : message_rows(m, width_)) {
    if (m.position == marked_ && marked_ != 0) {
      for (Span& span : row) span.style = Style::kMark;
    }
    out.push_back(std::move(row));
  }
  const auto picture = m.file ? pictures_.find(m.file->path) : pictures_.end();
  if (picture != pictures_.end()) {
    for (const Row& row : picture->second.rows) {
      out.push_back({{std::string(kPictureIndent, ' ')}});
      out.back().insert(out.back().end(), row.begin(), row.end());
    }
  }
  return out;
}

void MessagePane::set_file(const std::string& id, const std::string& path) {
  for (auto& m : messages_) {
    if (m.id != id || !m.file) continue;
    m.file->path = path;
    m.file->state = client::FileView::State::kHere;
  }
}

void MessagePane::on_changed(const client::ChatMessage& message) {
  for (auto& m : messages_) {
    if (m.id == message.id && m.position == message.position) m = message;
  }
}

const client::ChatMessage* MessagePane::newest_file() const {
  for (size_t i = std::min(bottom_ + 1, messages_.size()); i-- > 0;) {
    if (messages_[i].file) return &messages_[i];
  }
  return nullptr;
}

std::vector<std::string> MessagePane::picture_files_in_sight() const {
  std::vector<std::string> out;
  const size_t end = std::min(bottom_ + 1, messages_.size());
  for (size_t i = end - std::min<size_t>(end, static_cast<size_t>(height_)); i < end; ++i) {
    const auto& file = messages_[i].file;
    if (!file || file->state != client::FileView::State::kHere) continue;
    if (file->media_type == "image/png" || file->media_type == "image/jpeg") out.push_back(file->path);
  }
  return out;
}

std::vector<std::string> MessagePane::pictures_in_sight() const {
  std::vector<std::string> out = picture_files_in_sight();
  std::erase_if(out, [this](const std::string& path) { return pictures_.contains(path); });
  return out;
}

void MessagePane::set_picture(const std::string& path, Picture picture) {
  Drawing& drawing = pictures_[path];
  drawing.picture = std::move(picture);
  drawing.rows = tui::rows_of(drawing.picture);
  size_t bytes = 0;
  for (const auto& [name, other] : pictures_) bytes += bytes_of(other.picture);
  if (bytes <= kMaxPictures) return;
  const std::vector<std::string> seen = picture_files_in_sight();
  std::erase_if(pictures_, [&](const auto& other) {
    return other.first != path && std::find(seen.begin(), seen.end(), other.first) == seen.end();
  });
}

Frame MessagePane::draw(int width, int height) {
  if (width != width_ || height != height_) {
    const bool end = at_end();
    if (width != width_) pictures_.clear();
    width_ = std::max(1, width);
    height_ = std::max(1, height);
    if (end) to_newest();
  }
  settle();
  Frame out{width, height};
  std::vector<Row> rows;  // from the lower edge up
  for (size_t i = bottom_ + 1; i-- > 0 && i < messages_.size() && static_cast<int>(rows.size()) < height;) {
    std::vector<Row> some = rows_of(i);
    if (i == bottom_)
      some.resize(some.size() - static_cast<size_t>(std::min<int>(hidden_, static_cast<int>(some.size()) - 1)));
    rows.insert(rows.end(), std::make_move_iterator(some.rbegin()), std::make_move_iterator(some.rend()));
  }
  if (static_cast<int>(rows.size()) > height) rows.resize(static_cast<size_t>(height));
  int y = static_cast<int>(rows.size());
  for (const Row& row : rows) out.put(--y, row);
  if (missed_ > 0 && height > 1) {
    out.row(height - 1).clear();
    const std::string text = std::to_string(missed_) + " new below (End)";
    out.put(height - 1, pad(text, width), Style::kMark);
  }
  return out;
}

}  // namespace fastchat::tui
