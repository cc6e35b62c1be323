// Files in sealed chunks of 256 KiB: SEAL(key, "file" | file_id | u32 i | u32 n, bytes). Pure.
#pragma once

#include <optional>

#include "client/e2e/limits.h"
#include "client/e2e/seal.h"

namespace fastchat::e2e {

// Returns the number of chunks of a file of `size` bytes; an empty file has one empty chunk. nullopt above
// kMaxFileSize.
std::optional<uint32_t> chunk_count(uint64_t size);
// Returns the bytes of plaintext in chunk `i` of a file of `size` bytes; i < chunk_count(size).
size_t chunk_size(uint64_t size, uint32_t i);

// Seals chunk `i` of `n`. `i` counts from 0, i < n.
Bytes seal_chunk(const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView bytes,
                 Random& random = system_random());
// Seals the chunk and appends it to `head`.
Bytes seal_chunk_behind(Bytes head, const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView bytes,
                        Random& random = system_random());
// Opens a chunk into `room` (kFileChunk bytes hold any chunk) and returns a view of the plaintext there. Fails with
// kLocalCrypto unless `box` is chunk `i` of `n` of this file. The caller compares the SHA-256 of the whole file at the
// end.
Result<ByteView> open_chunk(Secret& room, const Secret& key, ByteView file_id, uint32_t i, uint32_t n, ByteView box);

}  // namespace fastchat::e2e
