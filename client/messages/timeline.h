// The conversations as people see them: the only reader that makes a line from a row, and the only place that knows
// both names of a conversation: the ConversationId of the store, and the PeerName that people read and write. Lives on
// the session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/pin_book.h"
#include "client/groups/group_book.h"
#include "client/messages/file_records.h"
#include "client/messages/kinds.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"
#include "client/store/annotation_table.h"
#include "client/store/group_table.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class Timeline {
 public:
  Timeline(Turn& turn, store::AnnotationTable& annotations, store::MessageTable& messages, store::SeenTable& seen,
           store::WaitingTable& waiting, const Account& account, const PinBook& pins, const GroupBook& groups,
           const FileRecords& files, Listener& listener)
      : turn_(turn),
        annotations_(annotations),
        messages_(messages),
        seen_(seen),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        groups_(groups),
        files_(files),
        listener_(listener) {}

  // ---- names
  PeerName shown(const store::ConversationId& conversation) const;
  // Empty for a group that is not here.
  store::ConversationId stored(const PeerName& shown) const;
  // The newest state of the group that a conversation is of; null for a person.
  const e2e::GroupState* group_of(const store::ConversationId& conversation) const;

  // ---- reading. kLocalDisk; kUnknownGroup for a group that is not here
  ChatMessage view(const store::Message& row) const;
  // The last `limit` lines before `before` (a position; 0: from the end), oldest first. At the end of a group's
  // conversation stands how many messages wait for a key.
  Result<std::vector<ChatMessage>> history(const PeerName& peer, size_t limit, int64_t before) const;
  // The first `limit` after a position; with an empty `peer` of all conversations.
  Result<std::vector<ChatMessage>> history_after(const PeerName& peer, size_t limit, int64_t after) const;
  // Received ones that nobody has looked at.
  Result<std::vector<ChatMessage>> unseen(int64_t after, size_t limit) const;
  Result<std::vector<ConversationInfo>> conversations() const;
  // A shown message by the id that people see. kLocalUsage when there is none.
  Result<store::Message> find(const std::string& id) const;
  // kLocalUsage when no message has this id.
  Result<MessageInfo> info(const std::string& id) const;
  // The message that one to `to` answers, by its id; nothing for an empty id. kLocalUsage.
  Result<std::optional<e2e::MessageId>> answered_by(const PeerName& to, const std::string& id) const;

  // ---- telling, once the turn is on disk
  void tell_new(int64_t row);
  void tell_changed(int64_t row);
  void tell_receipt(ReceiptEvent event);
  // The event of an own message as its row is now.
  ReceiptEvent receipt_of(const store::Message& row) const;

 private:
  Result<std::vector<ChatMessage>> views(Result<std::vector<store::Message>> rows) const;
  void add_annotations(const store::Message& row, const KindRow& kind, ChatMessage& out) const;
  std::optional<ChatMessage> waiting_line(const store::ConversationId& conversation) const;

  Turn& turn_;
  store::AnnotationTable& annotations_;
  store::MessageTable& messages_;
  store::SeenTable& seen_;
  store::WaitingTable& waiting_;
  const Account& account_;
  const PinBook& pins_;
  const GroupBook& groups_;
  const FileRecords& files_;
  Listener& listener_;
};

}  // namespace fastchat::client
