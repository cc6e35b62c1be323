#include "client/tui/pages/group_page.h"

#include <algorithm>
#include <utility>

#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

GroupPage::GroupPage(Screen& screen, Groups& groups, std::string name, Ask ask)
    : screen_(screen), groups_(groups), name_(std::move(name)) {
  load();
  if (ask != Ask::kNothing && known_ && info_.member) choose(ask == Ask::kLeave ? 'l' : 'd');
}

std::unique_ptr<GroupPage> GroupPage::of(Screen& screen, Groups& groups, const std::string& argument) {
  const size_t blank = std::min(argument.find(' '), argument.size());
  const std::string asked = argument.substr(blank);
  const Ask ask = asked == " leave" ? Ask::kLeave : asked == " delete" ? Ask::kDelete : Ask::kNothing;
  return std::make_unique<GroupPage>(screen, groups, argument.substr(0, blank), ask);
}

void GroupPage::load() {
  const auto all = groups_.list();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& g) { return g.name == name_; });
  known_ = found != all.end();
  if (known_) info_ = *found;
  at_ = std::min(at_, info_.members.empty() ? 0 : info_.members.size() - 1);
}

// Loads the group again. A renamed group stays on the page under its new name.
void GroupPage::hear(const Event& event) {
  if (!std::holds_alternative<GroupChanged>(event)) return;
  const Bytes id = info_.id;
  for (const auto& group : groups_.list()) {
    if (known_ && group.id == id) name_ = group.name;
  }
  load();
}

std::string GroupPage::selected() const {
  return at_ < info_.members.size() ? info_.members[at_] : "";
}

std::string GroupPage::question() const {
  switch (state_) {
    case State::kAdding:
      return "Add (names): ";
    case State::kRenaming:
      return "New name: #";
    case State::kRemoving:
      return "Remove " + who_ + " from #" + name_ + "?";
    case State::kHandingOver:
      return "Make " + who_ + " the admin of #" + name_ + "?";
    case State::kLeaving:
      return "Leave #" + name_ + "?";
    case State::kDeleting:
      return "Delete #" + name_ + " for everybody?";
    case State::kShown:
      break;
  }
  if (!known_ || !info_.member) return hint::kBack;
  return info_.admin_is_me ? hint::kAdmin : hint::kMember;
}

void GroupPage::draw(Frame& frame) {
  const size_t n = info_.members.size();
  draw_title(frame, client::PeerName::of_group(name_).text(),
             known_ ? std::to_string(n) + (n == 1 ? " member" : " members") : "");
  if (!known_) {
    frame.put(2, "  There is no such group here.", Style::kDim);
    return draw_hint(frame, question());
  }
  const std::string membership = info_.deleted       ? "  The group was deleted."
                                 : !info_.member     ? "  You are not a member any more."
                                 : !info_.readable   ? "  The newest key has not arrived yet."
                                 : info_.admin_is_me ? "  You are the admin."
                                                     : "  The admin is " + info_.admin + ".";
  frame.put(1, clip(membership, frame.width), Style::kDim);
  const size_t room = static_cast<size_t>(std::max(1, frame.height - 5));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < info_.members.size() && i < from + room; ++i) {
    const std::string& name = info_.members[i];
    const std::string text = (i == at_ ? "  > " : "    ") + name + (name == info_.admin ? "  (admin)" : "");
    frame.put(static_cast<int>(2 + i - from), clip(text, frame.width), i == at_ ? Style::kSelected : Style::kPlain);
  }
  const bool asks = state_ != State::kShown && state_ != State::kAdding && state_ != State::kRenaming;
  asks ? draw_question(frame, question()) : draw_hint(frame, question());
  if (state_ != State::kAdding && state_ != State::kRenaming) return;
  const int used = 1 + width_of(question());
  const auto shown = input_.show(std::max(2, frame.width - used - 1));
  frame.put(frame.height - 2, shown.text);
  frame.cursor_row = frame.height - 2;
  frame.cursor_column = std::min(frame.width - 1, used + shown.cursor);
}

void GroupPage::press(const Key& key) {
  if (state_ == State::kAdding || state_ == State::kRenaming) {
    if (key.kind == KeyKind::kEnter) return typed();
    if (key.kind == KeyKind::kEscape) {
      state_ = State::kShown;
    } else {
      input_.press(key);
    }
    return;
  }
  if (state_ != State::kShown) {
    if (says_yes(key)) return sure();
    state_ = State::kShown;
    return;
  }
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, info_.members.size(), at_)) return;
  if (key.kind == KeyKind::kCharacter && !key.alt && known_ && info_.member) choose(key.character | 0x20);
}

void GroupPage::choose(char32_t letter) {
  input_.clear();
  who_ = selected();
  if (letter == 'l' && info_.admin_is_me) {
    return screen_.toast("The admin cannot leave: hand the group over (H) or delete it (D).", Style::kWarn);
  }
  if (letter == 'l') state_ = State::kLeaving;
  if (letter == 'd' && !info_.admin_is_me)
    screen_.toast("Only the admin can delete the group; you can leave it (L).", Style::kWarn);
  if (!info_.admin_is_me) return;
  const bool other = who_ != info_.admin;
  if (letter == 'a') state_ = State::kAdding;
  if (letter == 'n') state_ = State::kRenaming;
  if (letter == 'r' && other) state_ = State::kRemoving;
  if (letter == 'h' && other) state_ = State::kHandingOver;
  if (letter == 'd') state_ = State::kDeleting;
}

void GroupPage::typed() {
  const std::string text = input_.take();
  client::GroupEdit edit;
  if (state_ == State::kAdding) edit.add = split_words(text);
  if (state_ == State::kRenaming && !text.empty()) edit.rename = client::PeerName::of_group(text).group();
  state_ = State::kShown;
  if (!edit.empty()) groups_.change(name_, std::move(edit));
}

void GroupPage::sure() {
  client::GroupEdit edit;
  switch (std::exchange(state_, State::kShown)) {
    case State::kRemoving:
      edit.remove = {who_};
      return groups_.change(name_, std::move(edit));
    case State::kHandingOver:
      edit.hand_over_to = who_;
      return groups_.change(name_, std::move(edit));
    case State::kLeaving:
      return groups_.leave(name_);
    case State::kDeleting:
      return groups_.erase(name_);
    case State::kShown:
    case State::kAdding:
    case State::kRenaming:
      break;
  }
}

}  // namespace fastchat::tui
