// The main page: conversations at the left, one of them (chat_view.h) at the right. Joins the two with the keys, the
// mouse and the commands.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/tui/chat/chat_view.h"
#include "client/tui/chat/commands.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/chat/key_table.h"
#include "client/tui/chat/switcher.h"
#include "client/tui/pages/page.h"
#include "common/bytes.h"

namespace fastchat::tui {

class MainPage : public Page {
 public:
  // `keys` outlives it.
  MainPage(Desk& desk, const KeyTable& keys);

  // Shows a conversation, at a message when `position` is not 0.
  void chat(const std::string& peer, int64_t position = 0);
  const std::string& peer() const { return view_.peer(); }  // empty: none is open
  uint64_t unread_elsewhere() const { return list_.unread_besides(peer()); }
  // Somebody looks at the conversation of this peer now.
  bool looks_at(const std::string& who) const { return who == peer() && on_top_ && focused_; }
  bool muted(const std::string& who) const;
  bool dnd() const { return dnd_; }
  void toggle_mute();  // of the open conversation
  void toggle_dnd();
  // The drafts that are not kept yet go to the desk.
  void keep_drafts() { view_.drafts().keep(); }

  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  void hear_message(const MessageAdded& event);
  void hear_group();
  void load_list();
  void look();
  bool act(const Binding& binding);
  bool on_empty_line(const Key& key);
  void mouse(const Key& key);
  void press_switcher(const Key& key);
  void submit();
  void run(const Typed& typed);
  void edit(const Key& key);
  void open_if(const std::string& who);
  CompletionSource completion_source();
  void draw_empty(Frame& frame, int rows);

  Desk& desk_;
  const KeyTable& keys_;
  ConversationList list_;
  ChatView view_;
  std::unique_ptr<Switcher> switcher_;
  std::string picked_;                   // the chosen row of the list while no conversation is open
  std::map<std::string, Bytes> groups_;  // their ids, by #name
  bool focused_ = true, on_top_ = true, dnd_ = false;
  int list_width_ = 0;  // as drawn last
};

}  // namespace fastchat::tui
