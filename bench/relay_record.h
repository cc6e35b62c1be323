// The protocol between the bare relay and its clients: frames of records. A record is kind (1 byte), from, to, count
// and size (4 bytes each, big-endian), then its bytes. Both sides are trusted: they are the same program. Pure.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace fastchat::bench {

enum class RecordKind : char { kHello = 'H', kMessage = 'M', kAck = 'A', kGroup = 'G' };

struct Record {
  RecordKind kind = RecordKind::kHello;
  uint32_t from = 0, to = 0;
  ByteView body{};
  uint32_t count = 1;  // kGroup: addressees, from `to` on; a sender among them gets no copy
};

inline void put_record(Bytes& out, const Record& record) {
  out.push_back(static_cast<char>(record.kind));
  put_u32(out, record.from);
  put_u32(out, record.to);
  put_u32(out, record.count);
  put_u32(out, static_cast<uint32_t>(record.body.size()));
  out.append(record.body);
}

// Takes the first record off `in`. Returns false when `in` has no complete record.
inline bool take_record(ByteView& in, Record& record) {
  constexpr size_t kHead = 17;
  if (in.size() < kHead) return false;
  const size_t size = get_u32(in.data() + 13);
  if (in.size() - kHead < size) return false;
  record = {static_cast<RecordKind>(in[0]), get_u32(in.data() + 1), get_u32(in.data() + 5), in.substr(kHead, size),
            get_u32(in.data() + 9)};
  in.remove_prefix(kHead + size);
  return true;
}

// Records for one connection, at most `batch` of them in a frame.
struct RecordBatch {
  Bytes frame;
  uint32_t count = 0;
};

}  // namespace fastchat::bench
