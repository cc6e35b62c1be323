// The settings of a group. Shows the members, and lets a member leave. Lets the admin add and remove members, and
// rename, hand over and delete the group.
#pragma once

#include <memory>
#include <string>

#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class GroupPage : public Page {
 public:
  // The question that the page asks at once, as after a press of its letter.
  enum class Ask { kNothing, kLeave, kDelete };
  // `name` without '#'.
  GroupPage(Screen& screen, Groups& groups, std::string name, Ask ask = Ask::kNothing);
  // Makes the page for the argument of PageName::kGroupSettings: "team", "team leave", "team delete".
  static std::unique_ptr<GroupPage> of(Screen& screen, Groups& groups, const std::string& argument);
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;
  Letters letters() const override {
    return state_ == State::kAdding || state_ == State::kRenaming ? Letters::kText : Letters::kAct;
  }

 private:
  enum class State { kShown, kAdding, kRenaming, kRemoving, kHandingOver, kLeaving, kDeleting };
  void load();
  void choose(char32_t letter);
  void typed();
  void sure();
  std::string selected() const;
  std::string question() const;

  Screen& screen_;
  Groups& groups_;
  std::string name_;
  client::GroupInfo info_;
  bool known_ = false;
  State state_ = State::kShown;
  LineEditor input_;
  size_t at_ = 0;
  std::string who_;  // the member in the question; the list may change meanwhile
};

}  // namespace fastchat::tui
