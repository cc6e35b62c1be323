#include "common/wire_files.h"

#include "common/names.h"
#include "common/wire.h"

namespace fastchat::wire {

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
  return m.file_id().size() == kFileId && m.index() < kMaxFileChunks && m.data().size() >= kFileChunkOverhead &&
         m.data().size() <= kMaxFileChunk;
}

bool fits(const v1::GetChunk& m) {
  return m.file_id().size() == kFileId && m.index() < kMaxFileChunks;
}

bool fits(const v1::FileDone& m) {
  return m.file_id().size() == kFileId;
}

}  // namespace fastchat::wire
