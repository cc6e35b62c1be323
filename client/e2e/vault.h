// The vault: pins, group states and replay marks, sealed under the vault key and stored by the server, so that the
// knowledge of one terminal holds on the next. A server can serve an old vault but cannot read or change a vault, or
// pass an old one off as newer. Pure.
#pragma once

#include <string_view>

#include "client/e2e/random.h"
#include "common/result.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {

using VaultContent = v1::content::Vault;

// Seals a vault with `content.version()`, which is at least 1. Fails with kTooLarge when the box would be larger than
// 896 KiB, and with kMalformed when a field is outside its limits.
Result<Bytes> seal_vault(const Secret& vault_key, std::string_view user, const VaultContent& content,
                         Random& random = system_random());

// Opens a vault. `version` is the version that the server reports, `last_seen` the highest version that this terminal
// has seen (0: none). Fails with kLocalCrypto on a version below `last_seen`, on a box of another user, version or
// purpose, and on content outside its limits.
Result<VaultContent> open_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                ByteView box);

// Returns the vault key that follows: HKDF-Expand(vault_key, label"ratchet", 32). The step is made when a prekey is
// erased, so that nobody who gets the next key opens a vault of before.
Secret next_vault_key(const Secret& vault_key);

}  // namespace fastchat::e2e
