// Requests to send and to change messages. A text that cannot be sent comes back with SendFailed.
#pragma once

#include <cstdint>
#include <string>

#include "client/runtime/peer_name.h"

namespace fastchat::tui {

class Messages {
 public:
  virtual ~Messages() = default;
  virtual void send(const client::PeerName& to, const std::string& text) = 0;
  virtual void reply(const client::PeerName& to, const std::string& text, const std::string& id) = 0;
  virtual void send_poll(const client::PeerName& to, const std::string& line) = 0;
  // Each changes, or reacts to, the message with this id. The status line shows an error.
  virtual void edit(const std::string& id, const std::string& text) = 0;
  virtual void erase(const std::string& id) = 0;
  virtual void react(const std::string& id, const std::string& emoji) = 0;  // empty: removes the reaction
  virtual void vote(const std::string& id, uint32_t choice) = 0;            // 0: removes the vote
  // Signals that the person writes in this conversation.
  virtual void typing(const client::PeerName& to) = 0;
};

}  // namespace fastchat::tui
