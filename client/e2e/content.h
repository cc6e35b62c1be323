// The content of a message, after opening and before sealing: one struct per kind of content.proto. Strings that came
// from somebody else are already sanitised. Move-only, because some kinds hold keys.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

// The identity of a message, unique for ever; signed.
struct MessageId {
  Bytes from_fpr;    // 32
  Bytes stream;      // 16, one per device and conversation
  uint64_t seq = 0;  // from 1
  auto operator<=>(const MessageId&) const = default;
};

struct Text {
  std::string text;  // 1 to 16384 bytes of UTF-8
  std::optional<MessageId> reply_to{};
  // In a group only: the identity under which this was sealed first, for an epoch that grew too old (docs/e2e.md, 7).
  std::optional<MessageId> replaces{};
};

struct FileInfo {
  Bytes file_id;  // 16, chosen at random by the sender
  Secret key;     // 32
  Bytes sha256;   // 32, of the plaintext
  uint64_t size = 0;
  std::string name;  // as sent, sanitised; use safe_file_name() before touching a disk
  std::string media_type;
  std::optional<MessageId> reply_to{}, replaces{};
};

struct KeyShare {
  Bytes group_id;  // 32
  uint64_t epoch = 0;
  Bytes state_hash;  // 32
  Secret pkcs8;
};

struct ReadEntry {
  MessageId id;
  Bytes hash;  // 32, of the envelope
};

// Made and checked in receipt.h.
struct ReadReceipt {
  Bytes reader_fpr;  // 32
  int64_t read_ms = 0;
  std::vector<ReadEntry> entries;
  Bytes sig;  // 384
};

// Made and checked in rekey.h.
struct Rekey {
  std::string user;
  Bytes old_fpr;  // 32
  Bytes new_fpr;  // 32
  uint64_t counter = 0;
  Bytes new_spki;
  Bytes sig;  // 384
};

struct GroupKeyRequest {
  Bytes group_id;  // 32
  uint64_t epoch = 0;
};

struct GroupLeave {
  Bytes group_id;  // 32
};

// Another text for a message of the sender's.
struct Edit {
  MessageId of;
  std::string text;  // 1 to 16384 bytes of UTF-8
  std::optional<MessageId> replaces{};
};

struct Delete {
  MessageId of;  // a message of the sender's
  std::optional<MessageId> replaces{};
};

struct Reaction {
  MessageId of;
  std::string emoji;  // at most kMaxEmoji bytes, as sent; empty takes the sender's reaction back
  std::optional<MessageId> replaces{};
};

struct Poll {
  std::string question;              // 1 to 1024 bytes of UTF-8, one line
  std::vector<std::string> options;  // 2 to 10, of 1 to 256 bytes, a line each
  std::optional<MessageId> replaces{};
};

struct Vote {
  MessageId of;         // a poll
  uint32_t choice = 0;  // from 1; 0 takes the sender's vote back
  std::optional<MessageId> replaces{};
};

using Content = std::variant<Text, FileInfo, KeyShare, ReadReceipt, Rekey, GroupKeyRequest, GroupLeave, Edit, Delete,
                             Reaction, Poll, Vote>;

// kind | L(content) | zeros to a multiple of 256. kTooLarge or kMalformed when a field is outside its limits.
Result<Secret> encode_plaintext(const Content& content);
// The reverse; kMalformed unless every byte is as encode_plaintext would make it. Strings are sanitised afterwards.
Result<Content> decode_plaintext(ByteView plaintext);

// True for the kinds a group message may have (text, file, poll and what speaks of them); the others go from person to
// person.
bool allowed_in_group(const Content& content);

// Returns the message that `content` replaces; null when `content` stands for itself.
const MessageId* replaced_by(const Content& content);
// Makes it stand for `first`, under which it was sealed before. Only for kinds that a group message may have.
void set_replaces(Content& content, MessageId first);
// The message an edit, a deletion, a reaction or a vote speaks of; null for other kinds.
const MessageId* subject_of(const Content& content);
// Whether a message from `sender_fpr` may say this: edits and deletions are of the sender's own, what is replaced was
// the sender's, and only in a group anything is replaced.
bool fits_sender(const Content& content, ByteView sender_fpr, bool in_group);

}  // namespace fastchat::e2e
