// The page to pick a person or a group: one of the conversations, shown with their unread counts, or a typed name.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class PeoplePage : public LinePage {
 public:
  enum class Purpose { kPerson, kGroup, kGroupSettings };
  PeoplePage(Screen& screen, Conversations& conversations, Groups& groups, Purpose purpose)
      : screen_(screen), conversations_(conversations), groups_(groups), purpose_(purpose) {
    load();
  }
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  void load();
  void choose(const client::PeerName& peer);
  std::vector<client::ConversationInfo> matching() const;
  Screen& screen_;
  Conversations& conversations_;
  Groups& groups_;
  Purpose purpose_;
  std::vector<client::ConversationInfo> all_;
  LineEditor name_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
