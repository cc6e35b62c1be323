// All that a command may touch. The main page has one.
#pragma once

#include <string>

#include "client/tui/chat/chat_view.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class MainPage;

struct CommandContext {
  Screen& screen;
  Messages& messages;
  Groups& groups;
  Files& files;
  ChatView& view;
  MainPage& page;

  const client::PeerName& peer() const { return view.peer(); }  // empty: no conversation is open
  void refuse(const std::string& text) { screen.toast(text, Style::kBad); }
  // Goes to the end of the conversation and returns the newest message there of this user, or of somebody else; null
  // when there is none, which the person is told.
  const client::ChatMessage* newest_of_mine() { return newest(true, "You have no message here."); }
  const client::ChatMessage* newest_of_others() {
    return newest(false, "There is no message from somebody else here.");
  }

 private:
  const client::ChatMessage* newest(bool mine, const char* none) {
    view.to_newest();
    const client::ChatMessage* found = view.pane().window().newest_of(mine);
    if (found == nullptr) refuse(none);
    return found;
  }
};

}  // namespace fastchat::tui
