#include "common/wire_files.h"

#include "common/names.h"
#include "common/wire.h"
#include "common/wire_reader.h"

namespace fastchat::wire {
namespace {

bool is_chunk(ByteView data) {
  return data.size() >= kFileChunkOverhead && data.size() <= kMaxFileChunk;
}

}  // namespace

bool fits(const v1::OpenUpload& m) {
  const uint64_t chunks = m.chunks();
  if (m.file_id().size() != kFileId || chunks < 1 || chunks > kMaxFileChunks) return false;
  const uint64_t before_last = (chunks - 1) * kMaxFileChunk;
  // An empty file is one empty chunk; otherwise no chunk is empty.
  const uint64_t least = before_last + kFileChunkOverhead + (chunks == 1 ? 0 : 1);
  if (m.size() < least || m.size() > before_last + kMaxFileChunk) return false;
  if (m.group().empty()) return m.epoch() == 0 && m.to().size() >= 1 && m.to().size() <= kMaxLabel;
  return m.to().empty() && m.group().size() == kGroupId && m.epoch() >= 1 && m.epoch() <= INT64_MAX;
}

bool fits(const v1::PutChunk& m) {
  return m.file_id().size() == kFileId && m.index() < kMaxFileChunks;
}

bool read_put_chunk(ByteView in, v1::PutChunk* out, ByteView* data) {
  using Chunk = v1::PutChunk;
  Reader r(in);
  ByteView id;
  uint64_t index = 0;
  while (!r.done()) {
    uint32_t field = 0, type = 0;
    if (!r.tag(&field, &type)) return false;
    const bool read = field == Chunk::kFileIdFieldNumber  ? type == Reader::kBytes && r.bytes(&id)
                      : field == Chunk::kIndexFieldNumber ? type == Reader::kVarint && r.varint(&index)
                      : field == Chunk::kDataFieldNumber  ? type == Reader::kBytes && r.bytes(data)
                                                          : false;
    if (!read) return false;
  }
  out->set_file_id(Bytes(id));
  out->set_index(index);
  return is_chunk(*data);
}

bool read_chunk(ByteView in, ByteView* data) {
  Reader r(in);
  while (!r.done()) {
    uint32_t field = 0, type = 0;
    if (!r.tag(&field, &type) || field != v1::Chunk::kDataFieldNumber || type != Reader::kBytes || !r.bytes(data)) {
      return false;
    }
  }
  return is_chunk(*data);
}

bool fits(const v1::GetChunk& m) {
  return m.file_id().size() == kFileId && m.index() < kMaxFileChunks;
}

bool fits(const v1::FileDone& m) {
  return m.file_id().size() == kFileId;
}

}  // namespace fastchat::wire
