// Keeps the draft of each conversation, and the message that its command applies to: in memory while the program runs,
// in the profile's settings beyond that. Takes back texts that could not be sent.
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

  // Keeps the draft of the open conversation, and has the composer show the one of `peer`.
  void open(const client::PeerName& peer);
  // The open conversation has this name from now on: its draft goes on under it, whatever was kept before.
  void rename(const client::PeerName& to);
  // A group may have another name now: the drafts of all but the open one are read from the settings again.
  void forget_groups();
  // Writes the open conversation's draft to the settings when it changed.
  void keep();
  // Puts a text that was not sent before its conversation's draft.
  void give_back(const SendFailed& failed);
  // The message that the command in the line of the open conversation applies to; null: none is chosen.
  const MessageTarget* target() const;
  void set_target(std::optional<MessageTarget> target);
  // Whether a conversation that is not open has a draft, or a text put aside.
  bool has(const client::PeerName& peer);
  // Empties the line for another text; what stood there comes back once the line is empty again.
  void put_aside();
  // Call after each key: an emptied line applies to no message any more, and takes back what was put aside.
  void after_key();

 private:
  void load(const client::PeerName& peer);
  void take_back();

  ProfileSettings& settings_;
  Composer& composer_;
  client::PeerName peer_;
  std::string kept_;                                   // the open conversation's draft, as the settings have it
  std::set<client::PeerName> known_;                   // conversations whose draft was loaded
  std::map<client::PeerName, MessageTarget> targets_;  // by conversation
  bool aside_ = false;                                 // the open conversation has a text put aside
};

}  // namespace fastchat::tui
