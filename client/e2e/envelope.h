// The envelope as bytes: header, wraps, body, signature. A client reads an envelope without any key, to learn whose key
// to look up. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/e2e/content.h"
#include "client/e2e/limits.h"
#include "common/result.h"

namespace fastchat::e2e {

// The fields of suite 2. Only a direct message has them.
struct HeaderPrekeys {
  Bytes eph;           // 32 bytes, an X25519 point that is fresh for each message
  uint64_t n = 0;      // of the recipient's prekey
  Bytes hash;          // 32 bytes, of that prekey
  uint64_t own_n = 0;  // of the sender's newest prekey
  Bytes own_hash;      // 32 bytes, of that prekey
};

struct Header {
  Bytes realm;  // 16 bytes
  std::string from_user;
  MessageId id;
  std::string to_user;  // direct; empty in a group message
  Bytes group_id;       // group; empty in a direct message
  Bytes to_fpr;         // 32 bytes
  uint64_t epoch = 0;   // group only
  Bytes state_hash;     // group only, 32 bytes
  Bytes prev;           // 32 bytes, zeros when seq is 1
  int64_t sent_ms = 0;
  std::optional<HeaderPrekeys> prekeys;  // set in suite 2
  bool is_group() const { return !group_id.empty(); }
};

struct Envelope {
  Header header;
  Bytes header_bytes;
  std::vector<Bytes> wraps;  // 2, or 1 in a group message; of 384 bytes, in suite 2 of 497
  Bytes body;
  Bytes sig;   // 384 bytes
  Bytes hash;  // SHA-256 of the whole envelope
};

// Encodes a header. Every field is within its limits (FC_CHECK: the caller made the header).
Bytes encode_header(const Header& header);

enum class EnvelopeFault { kTooLarge, kMalformed, kUnknownSuite };
struct ParsedEnvelope {
  std::optional<Envelope> envelope;
  EnvelopeFault fault = EnvelopeFault::kMalformed;  // when there is no envelope
  std::string why;
};
// Performs step 1 of receiving, except the check of the realm: sizes, strict parse, suite, field rules.
ParsedEnvelope parse_envelope(ByteView bytes);

// Returns the bytes that the signature covers: L(header) | u8 n | L(wrap)... | L(body).
Bytes signed_part(ByteView header, const std::vector<Bytes>& wraps, ByteView body);

// Returns the context of the body's SEAL: "msg" | H(header).
Bytes body_context(ByteView header);

Bytes encode_envelope(ByteView header, const std::vector<Bytes>& wraps, ByteView body, ByteView sig);

}  // namespace fastchat::e2e
