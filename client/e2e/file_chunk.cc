#include "client/e2e/file_chunk.h"

#include "client/e2e/hash.h"

namespace fastchat::e2e {
namespace {

Bytes chunk_context(ByteView file_id, uint32_t i, uint32_t n) {
  Bytes context = concat({"file", file_id});
  put_u32(context, i);
  put_u32(context, n);
  return context;
}

}  // namespace

std::optional<uint32_t> chunk_count(uint64_t size) {
  if (size > kMaxFileSize) return std::nullopt;
  return size == 0 ? 1 : static_cast<uint32_t>((size + kFileChunk - 1) / kFileChunk);
}

size_t chunk_size(uint64_t size, uint32_t i) {
  const uint64_t before = uint64_t{i} * kFileChunk;
  FC_CHECK(before <= size);
  return static_cast<size_t>(size - before < kFileChunk ? size - before : kFileChunk);
}

Bytes seal_chunk(const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView bytes, Random& random) {
  return seal_chunk_behind(Bytes(), key, file_id, i, n, bytes, random);
}

Bytes seal_chunk_behind(Bytes head, const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView bytes,
                        Random& random) {
  FC_CHECK(file_id.size() == kFileId && i < n && bytes.size() <= kFileChunk);
  return seal_behind(std::move(head), key.view(), chunk_context(file_id, i, n), bytes, random);
}

Result<ByteView> open_chunk(Secret& room, const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView box) {
  if (file_id.size() != kFileId || key.size() != kKey || box.size() > kFileChunk + kSealOverhead) {
    return err(Code::kLocalCrypto, "not a chunk of a file");
  }
  const Result<size_t> size = open_into(room, key.view(), chunk_context(file_id, i, n), box);
  if (!size.ok()) return size.error();
  return room.view().substr(0, *size);
}

}  // namespace fastchat::e2e
