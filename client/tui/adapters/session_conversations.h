// Implements Conversations over a session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionConversations : public Conversations {
 public:
  // `read_receipts`: true sends read receipts to the senders of the messages that were read.
  SessionConversations(client::Session& session, Screen& screen, bool read_receipts)
      : session_(session), screen_(screen), read_receipts_(read_receipts) {}

  std::vector<client::ConversationInfo> list() override;
  std::vector<client::ChatMessage> history(const client::PeerName& peer, size_t limit, int64_t before) override;
  std::vector<client::ChatMessage> history_after(const client::PeerName& peer, size_t limit, int64_t after) override;
  client::PlaceInfo place(const client::PeerName& peer, int64_t position) override;
  std::optional<client::MessageInfo> info(const std::string& id) override;
  void mark_read(const client::PeerName& peer) override;

 private:
  client::Session& session_;
  Screen& screen_;
  const bool read_receipts_;
};

}  // namespace fastchat::tui
