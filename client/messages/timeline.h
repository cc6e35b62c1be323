// The conversations as people see them. The only reader that makes a line from a row, and the only place with both
// names of a conversation: the ConversationId of the store, and the PeerName that people read and write. Lives on the
// session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/pin_book.h"
#include "client/contacts/standing_book.h"
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
           store::WaitingTable& waiting, const Account& account, const PinBook& pins, const StandingBook& standings,
           const GroupBook& groups, const FileRecords& files, Listener& listener)
      : turn_(turn),
        annotations_(annotations),
        messages_(messages),
        seen_(seen),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        standings_(standings),
        groups_(groups),
        files_(files),
        listener_(listener) {}

  // ---- names
  PeerName shown(const store::ConversationId& conversation) const;
  // Returns the ConversationId of `shown`; empty for a group that is not here.
  store::ConversationId stored(const PeerName& shown) const;
  // Returns the newest state of the conversation's group; null for a person.
  const e2e::GroupState* group_of(const store::ConversationId& conversation) const;

  // Returns true for the conversation of a stranger, or of a stranger's group, that this user has not answered.
  bool is_request(const store::ConversationId& conversation) const;

  // ---- reading. Errors: kLocalDisk; kUnknownGroup for a group that is not here
  ChatMessage view(const store::Message& row) const;
  // Returns the last `limit` lines before `before` (a position; 0: from the end), oldest first. The end of a group's
  // conversation has a line with the number of messages that wait for a key.
  Result<std::vector<ChatMessage>> history(const PeerName& peer, size_t limit, int64_t before) const;
  // Returns the first `limit` lines after a position; of all conversations when `peer` is empty.
  Result<std::vector<ChatMessage>> history_after(const PeerName& peer, size_t limit, int64_t after) const;
  // Counts the lines of a conversation, and those before a position.
  Result<PlaceInfo> place(const PeerName& peer, int64_t position) const;
  // Returns received messages that nobody has looked at.
  Result<std::vector<ChatMessage>> unseen(int64_t after, size_t limit) const;
  // Looks for mentions in the newest kMentionsLookedAt unread messages of each group.
  static constexpr size_t kMentionsLookedAt = 500;
  Result<std::vector<ConversationInfo>> conversations() const;
  // Returns a shown message by the id that people see. Fails with kLocalUsage when there is none.
  Result<store::Message> find(const std::string& id) const;
  // Fails with kLocalUsage when no message has this id.
  Result<MessageInfo> info(const std::string& id) const;
  // Returns the message of this id, which a message to `to` answers; nullopt for an empty id. Fails with kLocalUsage.
  Result<std::optional<e2e::MessageId>> answered_by(const PeerName& to, const std::string& id) const;

  // ---- reporting, once the turn is on disk
  void tell_new(int64_t row);
  void tell_changed(int64_t row);
  void tell_receipt(ReceiptEvent event);
  void tell_seen(const store::ConversationId& conversation);
  // Returns the event of an own message from its current row.
  ReceiptEvent receipt_of(const store::Message& row) const;

 private:
  Result<std::vector<ChatMessage>> views(Result<std::vector<store::Message>> rows) const;
  bool mentioned_in(const store::ConversationId& conversation) const;
  void add_annotations(const store::Message& row, const KindRow& kind, ChatMessage& out) const;
  std::optional<ChatMessage> waiting_line(const store::ConversationId& conversation) const;

  Turn& turn_;
  store::AnnotationTable& annotations_;
  store::MessageTable& messages_;
  store::SeenTable& seen_;
  store::WaitingTable& waiting_;
  const Account& account_;
  const PinBook& pins_;
  const StandingBook& standings_;
  const GroupBook& groups_;
  const FileRecords& files_;
  Listener& listener_;
};

}  // namespace fastchat::client
