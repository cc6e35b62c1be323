#include "client/tui/status_line.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

void StatusLine::set_connection(const client::ConnectionEvent& event) {
  if (event.state == core::LinkState::kLive) {
    connection_ = "connected, " + client::describe_live(event);
    connection_style_ = Style::kGood;
    return;
  }
  connection_ = event.text.empty() ? core::name(event.state) : event.text;
  connection_style_ = event.code == Code::kOk ? Style::kDim : Style::kBad;
}

void StatusLine::say(std::string text, Style style, int64_t now_ms) {
  toast_ = e2e::sanitise_line(text);
  toast_style_ = style;
  until_ = now_ms + kShownMs;
}

void StatusLine::tick(int64_t now_ms) {
  if (!toast_.empty() && now_ms >= until_) toast_.clear();
}

std::vector<Row> StatusLine::draw(int width) const {
  const int room = width - 1;  // the last cell of a terminal stays empty
  Row out;
  int used = 0;
  const auto add = [&](const std::string& text, Style style) {
    if (text.empty() || used >= room) return;
    std::string cut = clip(text, room - used);
    used += width_of(cut);
    out.push_back({std::move(cut), style});
  };
  add(" ", Style::kPlain);
  add(user_.empty() ? "" : user_ + "  ", Style::kBold);
  add(connection_, connection_style_);
  if (unread_ > 0) add("  " + std::to_string(unread_) + " unread elsewhere", Style::kUnread);
  if (dnd_) add("  do not disturb", Style::kWarn);
  if (toast_.empty()) return {out};
  if (used + 2 + width_of(toast_) <= room) {
    add("  " + toast_, toast_style_);
    return {out};
  }
  // A toast is never cut to fit beside the rest: it takes the place of the rest.
  std::vector<Row> rows;
  for (const std::string& line : wrap(toast_, std::max(8, room - 1))) {
    if (rows.size() < kMaxRows) rows.push_back({{clip(" " + line, room), toast_style_}});
  }
  return rows;
}

}  // namespace fastchat::tui
