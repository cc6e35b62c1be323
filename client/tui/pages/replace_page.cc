#include "client/tui/pages/replace_page.h"

#include <algorithm>

#include "client/tui/pages/hints.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

void ReplacePage::draw(Frame& frame) {
  draw_title(frame, "Too many devices");
  int y = 1;
  const auto lines = wrap(
      "The account has as many devices as this server allows. Choose a device to remove: it never logs in "
      "again, and keeps its messages.",
      frame.width - 4);
  for (const auto& line : lines) frame.put(y++, "  " + line);
  if (!failure_.empty()) frame.put(y++, clip("  " + failure_, frame.width), Style::kBad);
  const size_t room = static_cast<size_t>(std::max(1, frame.height - 3 - y));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < devices_.size() && i < from + room; ++i) {
    const auto& d = devices_[i];
    const std::string text = (i == at_ ? "> " : "  ") + (d.name.empty() ? "(no name)" : d.name) +
                             (d.address.empty() ? "" : ", from " + d.address) + ", last login " +
                             day_name(d.last_login_ms) + (d.online ? ", online" : "");
    frame.put(y++, clip(text, frame.width), i == at_ ? Style::kSelected : Style::kPlain);
  }
  if (state_ == State::kSure) return draw_question(frame, "Remove this device for ever?");
  draw_hint(frame, state_ == State::kWorking ? "Logging in ..." : hint::kReplace);
}

void ReplacePage::press(const Key& key) {
  if (state_ == State::kWorking) {
    if (key.kind == KeyKind::kEscape) accounts_.give_up();
    return;
  }
  if (state_ == State::kSure) {
    const bool yes = says_yes(key);
    state_ = yes ? State::kWorking : State::kChoosing;
    if (yes) accounts_.log_in_replacing(devices_[at_].id);
    return;
  }
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, devices_.size(), at_)) return;
  if (key.kind == KeyKind::kEnter && at_ < devices_.size()) state_ = State::kSure;
}

void ReplacePage::hear(const Event& event) {
  const auto* failed = std::get_if<RequestFailed>(&event);
  if (failed == nullptr) return;
  state_ = State::kChoosing;
  failure_ = failed->error.code == Code::kOk ? "Given up." : failed->error.text;
}

}  // namespace fastchat::tui
