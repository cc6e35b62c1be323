// Own messages that the server refused as they were sealed: for a past epoch of their group, or at a place of their
// stream that another message has. Seals each again. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "client/groups/group_follower.h"
#include "client/messages/outbox.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"

namespace fastchat::client {

class Resealing final : public TurnPart {
 public:
  // Handles the server's receipt for a message again, now that the message's group is followed far enough.
  using Stale = std::function<void(const core::Receipt&)>;
  Resealing(Turn& turn, Server& server, store::MessageTable& messages, store::OutboxTable& outbox_table,
            const Account& account, const PinBook& pins, GroupFollower& follower, FileRecords& files,
            Timeline& timeline, Outbox& outbox, Stale stale)
      : turn_(turn),
        server_(server),
        messages_(messages),
        outbox_table_(outbox_table),
        account_(account),
        pins_(pins),
        follower_(follower),
        groups_(follower.book()),
        files_(files),
        timeline_(timeline),
        outbox_(outbox),
        stale_(std::move(stale)) {}

  // Seals a message of a past epoch for the current one: at once, or once this device follows the group so far. Returns
  // false when that cannot be done.
  bool for_epoch(uint64_t ref);
  // Seals a message in a new stream when another message has its place in the old one. Returns false when that cannot
  // be done.
  bool for_stream(uint64_t ref);
  // Returns true for an envelope that is signed with an earlier key of this user, which readers may refuse by now.
  bool is_outdated(ByteView envelope) const;
  // Seals such a message with the present key, in a new stream. Returns false when it is not outdated.
  bool for_key(uint64_t ref);

  void work() override;
  void rolled_back(const Error& error) override;

 private:
  Result<e2e::Content> reopen(const store::OutboxEntry& entry, ByteView envelope);
  void follow(e2e::Content& content) const;
  bool move_line(const store::Message& row, const Outbox::Replacement& now);

  Turn& turn_;
  Server& server_;
  store::MessageTable& messages_;
  store::OutboxTable& outbox_table_;
  const Account& account_;
  const PinBook& pins_;
  GroupFollower& follower_;
  const GroupBook& groups_;
  FileRecords& files_;
  Timeline& timeline_;
  Outbox& outbox_;
  const Stale stale_;
  std::vector<std::pair<uint64_t, Bytes>> waiting_;  // ref and group of messages whose epoch is not here yet
  std::map<Bytes, e2e::MessageId> moved_;            // new identities of own messages, by the previous one
};

}  // namespace fastchat::client
