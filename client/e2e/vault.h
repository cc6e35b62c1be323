// The vault: pins, group states and replay marks, sealed under the vault key and kept by the server, so that what one
// terminal learnt holds on the next. A server can keep an old one back but cannot read, change or pass it off as newer.
// Pure.
#pragma once

#include <string_view>

#include "client/e2e/random.h"
#include "common/result.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {

using VaultContent = v1::content::Vault;

// Seals with `content.version()`, which is at least 1. kTooLarge when the box would pass 896 KiB.
Result<Bytes> seal_vault(const Secret& vault_key, std::string_view user, const VaultContent& content,
                         Random& random = system_random());

// `version` is what the server says, `last_seen` the highest version this terminal has seen (0: none). kLocalCrypto on
// a version below it, on a box of another user, version or purpose, and on content outside its limits.
Result<VaultContent> open_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                ByteView box);

}  // namespace fastchat::e2e
