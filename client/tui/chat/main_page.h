// The main page: conversations at the left, the messages of one at the right, the line to write on. It joins the pure
// parts, and asks the desk for everything else.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/tui/chat/commands.h"
#include "client/tui/chat/composer.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/chat/key_table.h"
#include "client/tui/chat/message_pane.h"
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
  const std::string& peer() const { return peer_; }
  uint64_t unread_elsewhere() const { return list_.unread_besides(peer_); }
  // Somebody looks at the conversation of this peer now.
  bool looks_at(const std::string& peer) const { return peer == peer_ && on_top_ && focused_; }
  bool muted(const std::string& peer) const;
  bool dnd() const { return dnd_; }
  // The drafts that are not kept yet go to the desk.
  void keep_drafts();

  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  void hear_message(const client::ChatMessage& message);
  void hear_group();
  void hear_transfer(const client::TransferEvent& event);
  void hear_picture(const PictureDrawn& drawn);
  void hear_unsent(const SendFailed& unsent);
  void load_list();
  void load_around();
  void load_draft(const std::string& peer);
  void look();
  void jump_to_end();
  void jump_to_begin();
  bool act(const Binding& binding);
  bool on_empty_line(const Key& key);
  void mouse(const Key& key);
  void press_switcher(const Key& key);
  void submit();
  void run(const Command& command);
  void run_file(const Command& command);
  void run_group(const Command& command);
  void change_group(const Command& command);
  std::string group_of(const std::string& word) const;
  void run_annotation(const Command& command);
  const client::ChatMessage* latest(bool mine) const;
  std::string transfers_text() const;
  std::string typing_text() const;
  void edit(const Key& key);
  void ask_for_pictures();
  void vote(const std::string& number);
  void toggle_mute();
  void toggle_dnd();
  void open_if(const std::string& peer);
  CompletionSource completion_source();
  void draw_pane(Frame& frame);

  Desk& desk_;
  const KeyTable& keys_;
  ConversationList list_;
  MessagePane pane_;
  Composer composer_;
  std::unique_ptr<Switcher> switcher_;
  std::string peer_;                                        // empty: none is open
  std::string picked_;                                      // the chosen row of the list while none is
  std::map<std::string, client::TransferInfo> transfers_;   // under way, by id
  std::map<std::string, std::vector<std::string>> typing_;  // who, by conversation
  std::set<std::string> asked_pictures_;                    // paths, for the width drawn last
  std::map<std::string, Bytes> groups_;                     // their ids, by #name
  std::set<std::string> known_drafts_;
  std::map<std::string, std::string> unsent_answers_;  // what a /reply that came back answers, by conversation
  std::string kept_draft_;                             // as the desk has it
  bool focused_ = true, on_top_ = true, dnd_ = false;
  int list_width_ = 0, width_ = 80, height_ = 24;  // as drawn last
};

}  // namespace fastchat::tui
