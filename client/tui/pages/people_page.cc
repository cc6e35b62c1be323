#include "client/tui/pages/people_page.h"

#include <algorithm>

#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

void PeoplePage::load() {
  const auto conversations = conversations_.list();
  all_.clear();
  if (purpose_ == Purpose::kPerson) {
    for (const auto& c : conversations) {
      if (!c.peer.is_group()) all_.push_back(c);
    }
  } else {
    for (const client::GroupInfo& group : groups_.list()) {
      if (group.deleted || !group.member) continue;
      const auto peer = client::PeerName::of_group(group.name);
      const auto found =
          std::find_if(conversations.begin(), conversations.end(), [&](const auto& c) { return c.peer == peer; });
      all_.push_back(found == conversations.end() ? client::ConversationInfo{peer, 0, 0, 0} : *found);
    }
  }
  at_ = std::min(at_, all_.empty() ? 0 : all_.size() - 1);
}

void PeoplePage::hear(const Event& event) {
  if (std::holds_alternative<MessageAdded>(event) || std::holds_alternative<GroupChanged>(event)) load();
}

void PeoplePage::choose(const client::PeerName& peer) {
  if (purpose_ == Purpose::kPerson) return screen_.chat(peer);
  const auto full = client::PeerName::of_group(peer.text());
  const bool known = std::any_of(all_.begin(), all_.end(), [&](const auto& c) { return c.peer == full; });
  if (!known) return screen_.toast("You are not a member of " + full.text() + ".", Style::kBad);
  if (purpose_ == Purpose::kGroup) return screen_.chat(full);
  screen_.open(PageName::kGroupSettings, full.group());
}

std::vector<client::ConversationInfo> PeoplePage::matching() const {
  std::vector<client::ConversationInfo> out;
  for (const auto& c : all_) {
    if (c.peer.text().find(name_.text()) != std::string::npos) out.push_back(c);
  }
  return out;
}

void PeoplePage::draw(Frame& frame) {
  const bool person = purpose_ == Purpose::kPerson;
  draw_title(frame, person ? "Direct message" : purpose_ == Purpose::kGroup ? "Group message" : "Group settings");
  const std::string label = purpose_ == Purpose::kGroupSettings ? "  Of " : "  To ";
  const auto shown = name_.show(frame.width - width_of(label) - 1);
  frame.put(2, label, Style::kBold);
  frame.put(2, shown.text);
  frame.cursor_row = 2;
  frame.cursor_column = width_of(label) + shown.cursor;
  const auto list = matching();
  const int room = frame.height - 8;
  const size_t from =
      at_ >= static_cast<size_t>(std::max(room, 1)) ? at_ + 1 - static_cast<size_t>(std::max(room, 1)) : 0;
  for (int y = 0; y < room && from + static_cast<size_t>(y) < list.size(); ++y) {
    const size_t i = from + static_cast<size_t>(y);
    std::string text = std::string(i == at_ ? "  > " : "    ") + list[i].peer.text();
    if (list[i].unseen > 0) text += "  (" + std::to_string(list[i].unseen) + " new)";
    frame.put(4 + y, clip(text, frame.width), i == at_ ? Style::kBold : Style::kPlain);
  }
  if (all_.empty()) {
    const std::string none =
        person ? "  No contact yet: type the name of a person." : "  No group yet: /group create NAME MEMBER ...";
    frame.put(4, clip(none, frame.width), Style::kDim);
  }
  draw_line_hint(frame, hint::kPeople);
}

void PeoplePage::press(const Key& key) {
  const auto list = matching();
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, list.size(), at_, in_list())) return;
  if (key.kind == KeyKind::kEnter) {
    const std::string& typed = name_.text();
    const bool exact = std::any_of(list.begin(), list.end(), [&](const auto& c) { return c.peer.text() == typed; });
    if (at_ < list.size() && !exact) return choose(list[at_].peer);
    if (!typed.empty()) return choose(client::PeerName(typed));
  } else if (name_.press(key)) {
    at_ = 0;
  }
}

}  // namespace fastchat::tui
