#include "client/tui/pages/devices_page.h"

#include <algorithm>

#include "client/tui/pages/hints.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr const char* kNewName = "New name: ";

}  // namespace

void DevicesPage::draw(Frame& frame) {
  draw_title(frame, "Devices");
  if (state_ == State::kAsking) frame.put(2, "  Asking the server ...", Style::kDim);
  if (!failure_.empty()) frame.put(2, clip("  " + failure_, frame.width), Style::kBad);
  const size_t room = static_cast<size_t>(std::max(1, (frame.height - 5) / 2));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < devices_.size() && i < from + room; ++i) {
    const auto& d = devices_[i];
    const int y = static_cast<int>(2 + 2 * (i - from));
    const std::string what = d.this_one ? "  this device" : d.online ? "  online" : "";
    frame.put(y, clip((i == at_ ? "> " : "  ") + (d.name.empty() ? "(no name)" : d.name) + what, frame.width),
              i == at_ ? Style::kSelected : Style::kPlain);
    const std::string where = d.address.empty() ? "" : "from " + d.address + "  ";
    frame.put(y + 1,
              clip("    " + where + "last login " + day_name(d.last_login_ms) + "  " + d.id.substr(0, 8), frame.width),
              Style::kDim);
  }
  if (state_ == State::kNaming) return draw_name(frame);
  state_ == State::kSure ? draw_question(frame, "Remove it for ever? It keeps messages and keys.")
                         : draw_hint(frame, hint::kDevices);
}

void DevicesPage::draw_name(Frame& frame) const {
  draw_hint(frame, kNewName);
  const int used = 1 + width_of(kNewName);
  const auto shown = name_.show(std::max(2, frame.width - used - 1));
  frame.put(frame.height - 2, shown.text);
  frame.cursor_row = frame.height - 2;
  frame.cursor_column = std::min(frame.width - 1, used + shown.cursor);
}

void DevicesPage::press_in_name(const Key& key) {
  if (key.kind != KeyKind::kEnter && key.kind != KeyKind::kEscape) {
    name_.press(key);
    return;
  }
  const std::string name = name_.take();
  state_ = State::kShown;
  if (key.kind == KeyKind::kEnter && !name.empty()) port_.rename(named_, name);
}

void DevicesPage::press(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (state_ == State::kNaming) return press_in_name(key);
  if (state_ == State::kSure) {
    state_ = State::kShown;
    if (says_yes(key)) port_.remove(devices_[at_].id);
    return;
  }
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, devices_.size(), at_)) return;
  if (!letter || at_ >= devices_.size()) return;
  if (key.character == 'n' || key.character == 'N') {
    named_ = devices_[at_].id;
    name_.set(devices_[at_].name);
    state_ = State::kNaming;
  }
  if (key.character != 'r' && key.character != 'R') return;
  if (devices_[at_].this_one)
    return screen_.toast("This is the device that you use now: log out instead (menu).", Style::kWarn);
  state_ = State::kSure;
}

void DevicesPage::hear(const Event& event) {
  const auto* listed = std::get_if<DevicesListed>(&event);
  if (listed == nullptr) return;
  const auto& result = listed->result;
  if (state_ != State::kNaming) state_ = State::kShown;
  failure_ = result.ok() ? "" : result.error().text;
  if (result.ok()) devices_ = *result;
  at_ = std::min(at_, devices_.empty() ? 0 : devices_.size() - 1);
}

}  // namespace fastchat::tui
