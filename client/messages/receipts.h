// The states of messages: the receipts of servers and readers for own messages, and this user's read receipts for the
// messages of others. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/contacts/standing_book.h"
#include "client/e2e/receipt.h"
#include "client/messages/outbox.h"
#include "client/messages/resealing.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"

namespace fastchat::client {

class Receipts final : public TurnPart {
 public:
  Receipts(Turn& turn, Server& server, store::MessageTable& messages, store::OutboxTable& outbox_table,
           store::SeenTable& seen, const Account& account, const PinBook& pins, const StandingBook& standings,
           const GroupBook& groups, Timeline& timeline, Outbox& outbox, Resealing& resealing)
      : turn_(turn),
        server_(server),
        messages_(messages),
        outbox_table_(outbox_table),
        seen_(seen),
        account_(account),
        pins_(pins),
        standings_(standings),
        groups_(groups),
        timeline_(timeline),
        outbox_(outbox),
        resealing_(resealing) {}

  // Stores the state that a server reported for an own message: the engine's Ports::receipt().
  void on_receipt(const core::Receipt& receipt);
  // Stores that `reader` read the messages of `receipt`. Returns false when the turn failed.
  bool on_read(const std::string& reader, const e2e::ReadReceipt& receipt);
  // Marks all messages of a conversation as read by the person, and sends read receipts to their senders. Strangers get
  // none before this user has answered them, nor do blocked users. In a group those get one who are known to have
  // accepted this user: they wrote to this user directly, or one of both made the group.
  void mark_read(const PeerName& shown);
  // Does the same, without read receipts.
  void mark_seen(const PeerName& shown);

  void committed() override;
  void rolled_back(const Error& error) override;

 private:
  bool gets_receipt(const std::string& author, const store::ConversationId& conversation);

  Turn& turn_;
  Server& server_;
  store::MessageTable& messages_;
  store::OutboxTable& outbox_table_;
  store::SeenTable& seen_;
  const Account& account_;
  const PinBook& pins_;
  const StandingBook& standings_;
  const GroupBook& groups_;
  Timeline& timeline_;
  Outbox& outbox_;
  Resealing& resealing_;
  std::vector<uint64_t> written_;   // ids of receipts that the server keeps until they are on disk
  std::vector<uint64_t> answered_;  // refs that the engine may have forgotten in this turn
};

}  // namespace fastchat::client
