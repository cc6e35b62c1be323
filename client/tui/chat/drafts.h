// Keeps the draft of each conversation: in the composer while the program runs, in the profile's settings beyond that.
// Takes back texts that could not be sent.
#pragma once

#include <map>
#include <set>
#include <string>

#include "client/tui/chat/composer.h"
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
  // Writes the open conversation's draft to the settings when it changed.
  void keep();
  // Puts a text that was not sent before its conversation's draft.
  void give_back(const SendFailed& failed);
  // Returns the id of the message that a returned /reply of the open conversation answers; null: none came back.
  const std::string* answered() const;
  // Call after each key: an emptied line is no returned /reply any more.
  void after_key();

 private:
  void load(const client::PeerName& peer);

  ProfileSettings& settings_;
  Composer& composer_;
  client::PeerName peer_;
  std::string kept_;                                 // the open conversation's draft, as the settings have it
  std::set<client::PeerName> known_;                 // conversations whose draft was loaded
  std::map<client::PeerName, std::string> answers_;  // what a returned /reply answers, by conversation
};

}  // namespace fastchat::tui
