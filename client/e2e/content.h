// What a message says, after opening and before sealing: one struct per kind of content.proto. Strings that came from
// somebody else are already sanitised. Move-only, because some hold keys.
#pragma once

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
};

struct FileInfo {
  Bytes file_id;  // 16, chosen at random by the sender
  Secret key;     // 32
  Bytes sha256;   // 32, of the plaintext
  uint64_t size = 0;
  std::string name;  // as sent, sanitised; use safe_file_name() before touching a disk
  std::string media_type;
};

struct GroupKeyNote {
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

using Content = std::variant<Text, FileInfo, GroupKeyNote, ReadReceipt, Rekey, GroupKeyRequest, GroupLeave>;

// kind | L(content) | zeros to a multiple of 256. kTooLarge or kMalformed when a field is outside its limits.
Result<Secret> encode_plaintext(const Content& content);
// The reverse; kMalformed unless every byte is as encode_plaintext would make it. Strings are sanitised afterwards.
Result<Content> decode_plaintext(ByteView plaintext);

// True for the kinds a group message may have (text and file); the others go from person to person.
bool allowed_in_group(const Content& content);

}  // namespace fastchat::e2e
