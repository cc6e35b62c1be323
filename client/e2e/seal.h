// SEAL and OPEN: the one authenticated encryption of suite 1, AES-256-GCM under a key derived per box, with a
// commitment to the key. Output: 01 | salt 32 | commit 32 | ciphertext | tag 16. Pure apart from the salt.
#pragma once

#include "client/e2e/random.h"
#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

inline constexpr size_t kSealOverhead = 1 + 32 + 32 + 16;

// Seals a plaintext. `key` is 32 bytes. `context` binds the box to its place and is not stored in the box.
Bytes seal(ByteView key, ByteView context, ByteView plaintext, Random& random = system_random());
// Seals and appends the box to `head`, so that data sent together needs no further copy.
Bytes seal_behind(Bytes head, ByteView key, ByteView context, ByteView plaintext, Random& random = system_random());

// Opens a box. Fails with kLocalCrypto when the bytes are not a box of suite 1 made with this key and context. Nothing
// of the plaintext is released before commitment and tag were compared.
Result<Secret> open(ByteView key, ByteView context, ByteView box);
// Opens a box into `room`, which is reused for many boxes, and returns the number of plaintext bytes at its beginning.
// Nothing of a refused box stays there. Fails with kLocalCrypto, too, when the plaintext does not fit.
Result<size_t> open_into(Secret& room, ByteView key, ByteView context, ByteView box);

// Boxes for the client's own disk: sealed under HKDF-Expand(vault_key, label"local") with the context
// "local" | L(place). `place` names table, column and row, so that boxes cannot be swapped.
Secret local_key(const Secret& vault_key);
Bytes seal_local(const Secret& local_key, ByteView place, ByteView plaintext, Random& random = system_random());
Result<Secret> open_local(const Secret& local_key, ByteView place, ByteView box);

}  // namespace fastchat::e2e
