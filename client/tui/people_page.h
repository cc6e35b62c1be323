// Pick a person: the conversations there are, with what is unread, or a name typed.
#pragma once

#include <string>
#include <vector>

#include "client/tui/line_editor.h"
#include "client/tui/page.h"

namespace fastchat::tui {

class PeoplePage : public Page {
 public:
  explicit PeoplePage(Desk& desk) : desk_(desk), all_(desk.conversations()) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void on_message(const client::ChatMessage&) override { all_ = desk_.conversations(); }

 private:
  std::vector<store::Conversation> matching() const;
  Desk& desk_;
  std::vector<store::Conversation> all_;
  LineEditor name_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
