// Keeps the draft of each conversation, and the message that the command in the draft applies to. Memory holds both
// while the program runs; the profile's settings store both beyond that. Takes back texts that could not be sent.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "client/tui/chat/composer.h"
#include "client/tui/chat/message_target.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/profile_settings.h"

namespace fastchat::tui {

class Drafts {
 public:
  Drafts(ProfileSettings& settings, Composer& composer) : settings_(settings), composer_(composer) {}

  // Stores the draft of the open conversation, and has the composer show the draft of `peer`.
  void open(const client::PeerName& peer);
  // Gives the open conversation another name. The draft moves to that name, and replaces any draft there.
  void rename(const client::PeerName& to);
  // Forgets the loaded drafts of all groups but the open one, since a group may have another name now. Opening a group
  // then reads its draft from the settings again.
  void forget_groups();
  // Writes the open conversation's draft to the settings when it changed.
  void keep();
  // Puts a text that was not sent in front of the draft of its conversation.
  void give_back(const SendFailed& failed);
  // Returns the message that the command in the line of the open conversation applies to; null: none is chosen.
  const MessageTarget* target() const;
  void set_target(std::optional<MessageTarget> target);
  // Returns true when a conversation that is not open has a draft, or a text put aside.
  bool has(const client::PeerName& peer);
  // Empties the line for another text. The text put aside comes back once the line is empty again.
  void put_aside();
  // Call after each key. Once the line is empty, clears the target and restores the text that was put aside.
  void after_key();

 private:
  void load(const client::PeerName& peer);
  void take_back();

  ProfileSettings& settings_;
  Composer& composer_;
  client::PeerName peer_;
  client::PeerName former_;                            // the open group's name before this program saw its new name
  std::string kept_;                                   // the open conversation's draft, as stored in the settings
  std::set<client::PeerName> known_;                   // conversations whose draft was loaded
  std::map<client::PeerName, MessageTarget> targets_;  // by conversation
  bool aside_ = false;                                 // the open conversation has a text put aside
};

}  // namespace fastchat::tui
