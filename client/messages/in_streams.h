// The marks of received streams. The engine asks for them when a stream moves, and end-to-end before it accepts a
// message. Lives on the session's thread; reads join the turn.
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

  // Gives the engine the streams with held messages, as the last run left them.
  void restore();
  // Returns the envelope hash of an accepted message; nullopt when it was not accepted or the turn failed.
  std::optional<Bytes> find_mark(const core::MessageKey& key);
  core::StreamMark load(const Bytes& from_fpr, const Bytes& stream);
  // Called for the message that is being opened and for its predecessor. A message that only another device received is
  // known without its hash.
  std::optional<Seen> seen(const e2e::MessageId& id) const override;

 private:
  Turn& turn_;
  Server& server_;
  store::StreamTable& table_;
  const GroupBook& groups_;
};

}  // namespace fastchat::client
