// The states of messages: what servers and readers say of ours, and the read receipts that this user gives for those of
// others. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/e2e/receipt.h"
#include "client/messages/outbox.h"
#include "client/messages/resealing.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"

namespace fastchat::client {

class Receipts final : public TurnPart {
 public:
  Receipts(Turn& turn, Server& server, store::MessageTable& messages, store::OutboxTable& outbox_table,
           store::SeenTable& seen, const Account& account, const PinBook& pins, const GroupBook& groups,
           Timeline& timeline, Outbox& outbox, Resealing& resealing)
      : turn_(turn),
        server_(server),
        messages_(messages),
        outbox_table_(outbox_table),
        seen_(seen),
        account_(account),
        pins_(pins),
        groups_(groups),
        timeline_(timeline),
        outbox_(outbox),
        resealing_(resealing) {}

  // A server said what became of a message of ours: the engine's Ports::receipt().
  void on_receipt(const core::Receipt& receipt);
  // `reader` read these. False when the turn failed.
  bool on_read(const std::string& reader, const e2e::ReadReceipt& receipt);
  // The person looked at all messages of a conversation: their senders are told.
  void mark_read(const PeerName& shown);
  // The same, and nobody is told.
  void mark_seen(const PeerName& shown);

  void committed() override;
  void rolled_back(const Error& error) override;

 private:
  Turn& turn_;
  Server& server_;
  store::MessageTable& messages_;
  store::OutboxTable& outbox_table_;
  store::SeenTable& seen_;
  const Account& account_;
  const PinBook& pins_;
  const GroupBook& groups_;
  Timeline& timeline_;
  Outbox& outbox_;
  Resealing& resealing_;
  std::vector<uint64_t> written_;   // receipts that the server keeps until they are on disk
  std::vector<uint64_t> answered_;  // refs that the engine may have forgotten in this turn
};

}  // namespace fastchat::client
