// Everything that a command may use. The main page has one CommandContext.
#pragma once

#include <optional>
#include <string>

#include "client/tui/chat/bare_mode.h"
#include "client/tui/chat/chat_view.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/chat/conversation_order.h"
#include "client/tui/chat/found_messages.h"
#include "client/tui/chat/layout.h"
#include "client/tui/chat/picker.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/desktop.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/local_files.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class MainPage;

struct CommandContext {
  Screen& screen;
  Messages& messages;
  Groups& groups;
  Files& files;
  LocalFiles& local_files;
  Desktop& desktop;
  Contacts& contacts;
  ProfileSettings& settings;
  ChatView& view;
  ConversationOrder& order;
  ConversationList& list;
  OpenPicker& picker;
  Layout& layout;
  BareMode& bare;
  MainPage& page;
  // The message that the running command applies to; empty for a command that needs no message.
  std::optional<MessageTarget> target = {};
  FoundMessages found = {};

  const client::PeerName& peer() const { return view.peer(); }  // empty: no conversation is open
  void refuse(const std::string& text) { screen.toast(text, Style::kBad); }
};

}  // namespace fastchat::tui
