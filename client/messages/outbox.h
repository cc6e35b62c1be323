// This user's outgoing messages: sealed, stored with their line in the conversation, and given to the engine once they
// are on disk. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/e2e/message.h"
#include "client/groups/group_book.h"
#include "client/messages/annotations.h"
#include "client/messages/file_records.h"
#include "client/messages/out_streams.h"
#include "client/messages/timeline.h"
#include "client/runtime/server.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"
#include "client/store/stream_table.h"

namespace fastchat::client {

// The target of a message: a conversation, and the keys that seal the message.
struct Target {
  store::ConversationId conversation;
  const Pin* pin = nullptr;  // of a user; null: this user himself
  Bytes group;               // 32, or empty
};

// The line of an own message, beyond its content.
struct OwnLine {
  std::string path;  // of a file that is sent
  Bytes name;        // of the send (SendOptions::name), hashed; or empty
};

class Outbox final : public TurnPart {
 public:
  using Done = std::function<void(const Result<SentMessage>&)>;
  // The person wrote a message to this target; it is in the outbox. Joins the turn.
  using Wrote = std::function<void(const Target& target)>;
  Outbox(Turn& turn, Server& server, store::MessageTable& messages, store::OutboxTable& outbox,
         store::StreamTable& streams_table, const Account& account, const GroupBook& groups, FileRecords& files,
         Timeline& timeline, Annotations& annotations, OutStreams& streams, Wrote wrote)
      : turn_(turn),
        server_(server),
        messages_(messages),
        outbox_(outbox),
        streams_table_(streams_table),
        account_(account),
        groups_(groups),
        files_(files),
        timeline_(timeline),
        annotations_(annotations),
        streams_(streams),
        wrote_(std::move(wrote)) {}

  // Gives the engine the messages that the last run left. Gives none when the disk cannot be read; the turn then fails.
  void restore();
  // Does the same for one message, which the engine forgot because of a write that did not reach the disk.
  void restore(uint64_t ref);
  // Returns the envelope of an entry; nullopt when it is not there.
  std::optional<Bytes> envelope(uint64_t ref);
  // Seals `content` and stores it with its line in the conversation. Calls `done` once the message is on disk, or with
  // the error.
  void put_shown(const Target& target, e2e::Content content, const OwnLine& line, Done done);
  // Does the same for content without a line: annotations, keys, receipts. `done` may be null.
  void put(const Target& target, e2e::Content content, Done done = nullptr);

  // A message that was sealed again, in place of an entry.
  struct Replacement {
    e2e::SealedMessage sealed;  // without its envelope
    uint64_t ref = 0;
  };
  // Seals `content` for `target` in a new stream, and drops `old`. Returns nullopt when the content cannot be sealed or
  // the turn failed.
  std::optional<Replacement> replace(const store::OutboxEntry& old, const Target& target, const e2e::Content& content);

  // Has the next message to the recipient of `ref` begin a new stream. The recipient never gets the message, and would
  // wait for it.
  void leave_stream(uint64_t ref);

  void committed() override;
  void rolled_back(const Error& error) override;

 private:
  void write(const Target& target, e2e::Content content, const OwnLine* line, Done done);
  Result<e2e::SealedMessage> seal(const Target& target, const e2e::Content& content, store::OutStream& stream,
                                  int64_t sent_ms);
  // Stores a sealed message. The commit submits its envelope.
  Result<uint64_t> add(const Target& target, const store::OutStream& stream, e2e::SealedMessage& sealed);
  // `id`: receives the row's id.
  bool add_line(const Target& target, const e2e::Content& content, const e2e::SealedMessage& sealed, uint64_t ref,
                int64_t sent_ms, const OwnLine& line, int64_t& id);

  Turn& turn_;
  Server& server_;
  store::MessageTable& messages_;
  store::OutboxTable& outbox_;
  store::StreamTable& streams_table_;
  const Account& account_;
  const GroupBook& groups_;
  FileRecords& files_;
  Timeline& timeline_;
  Annotations& annotations_;
  OutStreams& streams_;
  const Wrote wrote_;
  std::vector<core::Outgoing> to_submit_;  // submitted once the turn is on disk
};

}  // namespace fastchat::client
