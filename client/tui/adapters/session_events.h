// Turns the calls of a session's Listener into events of the screen.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/session/session.h"
#include "client/tui/pages/event.h"

namespace fastchat::tui {

class SessionEvents : public client::Listener {
 public:
  explicit SessionEvents(std::function<void(const Event&)> hear) : hear_(std::move(hear)) {}

  void on_message(const client::ChatMessage& message) override { hear_(MessageAdded{message}); }
  void on_receipt(const client::ReceiptEvent& event) override { hear_(event); }
  void on_changed(const client::ChatMessage& message) override { hear_(MessageChanged{message}); }
  void on_seen(const client::PeerName& peer) override { hear_(MarkedRead{peer}); }
  void on_trust(const std::string& user) override { hear_(TrustChanged{user}); }
  void on_group(const std::string& name) override { hear_(GroupChanged{name}); }
  void on_connection(const client::ConnectionEvent& event) override { hear_(event); }
  void on_latency(const client::ConnectionEvent& event) override { hear_(event); }
  void on_notice(const client::Notice& notice) override { hear_(notice); }
  void on_typing(const client::PeerName& peer, const std::vector<std::string>& who) override {
    hear_(TypingChanged{peer, who});
  }
  void on_transfer(const client::TransferEvent& event) override { hear_(event); }

 private:
  std::function<void(const Event&)> hear_;
};

}  // namespace fastchat::tui
