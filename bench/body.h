// The body that the generator puts into an envelope: a head in hexadecimal digits that describes the message, then
// filler. The servers treat the envelope as opaque, so the receiver can check order, duplicates and losses of the
// messages that really travelled. The layout is that of the generator for other servers, so that figures can be
// compared. In characters: kind 1, due time 16, time of sending 16, seq 8, sender 6, group 4. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "common/bytes.h"

namespace fastchat::bench {

inline constexpr size_t kHeadSize = 51;
// The size of an envelope of suite 1 for a line of text: header about 260 bytes, two wraps of 384, body 337, signature
// 384.
inline constexpr size_t kRealEnvelope = 1900;

enum class Kind : char { kPair = 'C', kGroup = 'G', kStored = 'M' };

struct Head {
  Kind kind = Kind::kPair;
  uint64_t due_ns = 0;   // the scheduled time of sending, monotonic
  uint64_t sent_ns = 0;  // the time at which the generator made the message, monotonic
  uint32_t seq = 0;      // from 0, of this sender (kPair), group (kGroup) or run (kStored)
  int from = 0;          // user number, below 2^24
  int group = 0;         // below 2^16
};

// Writes over the first kHeadSize bytes of `body`, which must have them.
void write_head(Bytes& body, const Head& head);

// Returns nullopt when `body` is too short, or has another kind or a character that is no digit.
std::optional<Head> parse_head(ByteView body);

}  // namespace fastchat::bench
