// The main page: conversations at the left, one of them (chat_view.h) at the right. Joins the two with the keys, the
// mouse and the commands.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/tui/chat/bare_mode.h"
#include "client/tui/chat/chat_view.h"
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/commands.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/chat/conversation_order.h"
#include "client/tui/chat/key_table.h"
#include "client/tui/chat/layout.h"
#include "client/tui/chat/picker.h"
#include "client/tui/chat/trust.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/desktop.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/local_files.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

struct MainOptions {
  OrderBy order = OrderBy::kRecent;
  int text_width = 0;  // columns of a message's text at most; 0: no limit
};

class MainPage : public TextPage {
 public:
  // `keys` outlives the page.
  MainPage(Screen& screen, Conversations& conversations, Messages& messages, Groups& groups, Files& files,
           LocalFiles& local_files, Desktop& desktop, Contacts& contacts, ProfileSettings& settings,
           const KeyTable& keys, MainOptions options = {});

  // Shows the conversation with `peer`, at a message when `position` is not 0. Does nothing when `peer` is empty. A
  // closed conversation returns to the list.
  void chat(const client::PeerName& peer, int64_t position = 0);
  // Closes or archives the open conversation. No conversation is open afterwards.
  void put_away(Shelf shelf);
  const client::PeerName& peer() const { return view_.peer(); }  // empty: no conversation is open
  uint64_t unread_elsewhere() const { return list_.unread_besides(peer()); }
  // Returns true while the person sees the conversation of this peer: it is open, on top and has the focus.
  bool is_visible(const client::PeerName& who) const { return who == peer() && on_top_ && focused_; }
  bool muted(const client::PeerName& who) const;
  static constexpr const char* kMentionsOnly = "mentions";  // a value of the setting "notify:PEER"
  // Returns true when the person wants a notification of a message that is not visible.
  bool notifies(const client::ChatMessage& message) const;
  bool dnd() const { return dnd_; }
  void toggle_dnd();
  // Writes the open conversation's draft to the profile's settings when it changed.
  // Returns the draft.
  const std::string& keep_drafts() {
    view_.drafts().keep();
    return view_.composer().text();
  }

  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  void hear_message(const MessageAdded& event);
  void hear_group();
  void load_list();
  void mark_open_read();
  void forget_ghost(const client::PeerName& peer);
  bool act(const Binding& binding);
  bool on_empty_line(const Key& key);
  void mouse(const Key& key);
  void submit();
  void edit(const Key& key);
  void draw_empty(Frame& frame, int rows);

  Conversations& conversations_;
  const KeyTable& keys_;
  ConversationOrder order_;
  ConversationList list_;
  ChatView view_;
  OpenPicker picker_;
  TrustBook trust_;
  Layout layout_;
  BareMode bare_;
  CommandContext context_;                                // the ports for the commands and for the page itself
  client::PeerName picked_;                               // the chosen row of the list while no conversation is open
  std::map<client::PeerName, client::GroupInfo> groups_;  // by #name
  bool focused_ = true, on_top_ = true, dnd_ = false;
};

}  // namespace fastchat::tui
