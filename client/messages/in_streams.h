// The marks of the streams that are received: what of each was taken in, which the engine asks when a stream moves and
// end-to-end before it accepts a message. Lives on the session's thread; reads join the turn.
#pragma once

#include <optional>

#include "client/core/ports.h"
#include "client/e2e/message.h"
#include "client/groups/group_book.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/store/stream_table.h"

namespace fastchat::client {

class InStreams final : public e2e::ReplayMarks {
 public:
  InStreams(Turn& turn, Server& server, store::StreamTable& table, const GroupBook& groups)
      : turn_(turn), server_(server), table_(table), groups_(groups) {}

  // Gives the engine the streams that hold messages back, as the last run left them.
  void restore();
  // The envelope hash of a message that was taken in; nothing when it was not, or when the turn failed.
  std::optional<Bytes> find_mark(const core::MessageKey& key);
  core::StreamMark load(const Bytes& from_fpr, const Bytes& stream);
  // Asked for a message that is opened and for the one before it. A message that only another device took in is known
  // without its hash.
  std::optional<Seen> seen(const e2e::MessageId& id) const override;

 private:
  Turn& turn_;
  Server& server_;
  store::StreamTable& table_;
  const GroupBook& groups_;
};

}  // namespace fastchat::client
