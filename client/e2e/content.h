// The content of a message, after opening and before sealing: one struct per kind of content.proto. Names, types and
// poll lines from somebody else are already sanitised; texts and emoji are as sent. Move-only, because some kinds hold
// keys.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/e2e/secret.h"
#include "common/log_head.h"
#include "common/result.h"

namespace fastchat::e2e {

// The identity of a message, unique for ever; signed.
struct MessageId {
  Bytes from_fpr;    // 32 bytes
  Bytes stream;      // 16 bytes, one per device and conversation
  uint64_t seq = 0;  // from 1
  auto operator<=>(const MessageId&) const = default;
};

struct Text {
  std::string text;  // 1 to 16384 bytes of UTF-8
  std::optional<MessageId> reply_to{};
  // In a group only: the identity under which the text was sealed first, for an epoch that became too old (docs/e2e.md,
  // section 7).
  std::optional<MessageId> replaces{};
};

struct FileInfo {
  Bytes file_id;  // 16 bytes, chosen at random by the sender
  Secret key;     // 32 bytes
  Bytes sha256;   // 32 bytes, of the plaintext
  uint64_t size = 0;
  std::string name;  // as sent, sanitised; use safe_file_name() before touching a disk
  std::string media_type;
  std::optional<MessageId> reply_to{}, replaces{};
};

struct KeyShare {
  Bytes group_id;  // 32 bytes
  uint64_t epoch = 0;
  Bytes state_hash;  // 32 bytes
  Secret pkcs8;
};

struct ReadEntry {
  MessageId id;
  Bytes hash;  // 32 bytes, of the envelope
};

// A read receipt; receipt.h makes and checks it.
struct ReadReceipt {
  Bytes reader_fpr;  // 32 bytes
  int64_t read_ms = 0;
  std::vector<ReadEntry> entries;
  Bytes sig;  // 384 bytes
};

// A change of a user's key; rekey.h makes and checks it.
struct Rekey {
  std::string user;
  Bytes old_fpr;  // 32 bytes
  Bytes new_fpr;  // 32 bytes
  uint64_t counter = 0;
  Bytes new_spki;
  Bytes sig;      // 384 bytes, by the old key
  Bytes new_sig;  // 384 bytes, by the new key
};

struct GroupKeyRequest {
  Bytes group_id;  // 32 bytes
  uint64_t epoch = 0;
};

struct GroupLeave {
  Bytes group_id;  // 32 bytes
};

// A new text for one of the sender's own messages.
struct Edit {
  MessageId of;
  std::string text;  // 1 to 16384 bytes of UTF-8
  std::optional<MessageId> replaces{};
};

struct Delete {
  MessageId of;  // one of the sender's own messages
  std::optional<MessageId> replaces{};
};

struct Reaction {
  MessageId of;
  std::string emoji;  // at most kMaxEmoji bytes, as sent; empty removes the sender's reaction
  std::optional<MessageId> replaces{};
};

struct Poll {
  std::string question;              // 1 to 1024 bytes of UTF-8, one line
  std::vector<std::string> options;  // 2 to 10, of 1 to 256 bytes, a line each
  std::optional<MessageId> replaces{};
};

struct Vote {
  MessageId of;         // a poll
  uint32_t choice = 0;  // from 1; 0 withdraws the sender's vote
  std::optional<MessageId> replaces{};
};

// Tells the maker of a contact card that the sender used the card; card.h makes and reads cards.
struct CardUse {
  Bytes token;  // 16 bytes
};

// The newest head of the log of keys that the sender knows.
struct SeenHead {
  LogHead head;
  std::optional<MessageId> replaces{};
};

using Content = std::variant<Text, FileInfo, KeyShare, ReadReceipt, Rekey, GroupKeyRequest, GroupLeave, Edit, Delete,
                             Reaction, Poll, Vote, CardUse, SeenHead>;

// Encodes as kind | L(content) | zeros to a multiple of 256 bytes. Fails with kTooLarge or kMalformed when a field is
// outside its limits.
Result<Secret> encode_plaintext(const Content& content);
// Decodes a plaintext and sanitises its names, types and poll lines. Fails with kMalformed unless every byte is as
// encode_plaintext() would make it.
Result<Content> decode_plaintext(ByteView plaintext);

// Returns true for the kinds that a group message may have: text, file, poll, the kinds that refer to them, and heads.
// The other kinds go from person to person.
bool allowed_in_group(const Content& content);

// Returns the message that `content` replaces; null when `content` stands for itself.
const MessageId* replaced_by(const Content& content);
// Makes `content` replace `first`, the identity under which it was sealed before. Only for kinds that a group message
// may have (FC_CHECK).
void set_replaces(Content& content, MessageId first);
// Returns the message that an edit, a deletion, a reaction or a vote refers to; null for other kinds.
const MessageId* subject_of(const Content& content);
// Returns true when a message from `sender_fpr` may have this content. Edits, deletions and replacements refer to the
// sender's own messages only, and only a group message replaces another.
bool fits_sender(const Content& content, ByteView sender_fpr, bool in_group);
// As above, for a sender who may have changed the key: `is_senders` knows the sender's fingerprints.
bool fits_sender(const Content& content, const std::function<bool(ByteView fpr)>& is_senders, bool in_group);

}  // namespace fastchat::e2e
