// The vault: pins, group states and replay marks, sealed under the vault key and stored by the server, so that the
// knowledge of one terminal holds on the next. A server can serve an old vault but cannot read or change a vault, or
// pass an old one off as newer. A vault is one box, or a head and parts: the head names each part by its hash and has
// its key, so a server can withhold a part but not exchange it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/e2e/random.h"
#include "common/result.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {

using VaultContent = v1::content::Vault;
using VaultHead = v1::content::VaultHead;
using VaultPart = v1::content::VaultPart;
using VaultPartEntry = v1::content::VaultPartEntry;

// Seals a vault with `content.version()`, which is at least 1. Fails with kTooLarge when the box would be larger than
// 896 KiB, and with kMalformed when a field is outside its limits.
Result<Bytes> seal_vault(const Secret& vault_key, std::string_view user, const VaultContent& content,
                         Random& random = system_random());

// Opens a vault of one box. `version` is the version that the server reports, `last_seen` the highest version that this
// terminal has seen (0: none). Fails with kLocalCrypto on a version below `last_seen`, on a box of another user,
// version or purpose, and on content outside its limits.
Result<VaultContent> open_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                ByteView box);

// A vault that was opened: all of its content, or a head, which names the parts with the rest of the content. Of a head
// the content has the numbers only.
struct OpenedVault {
  VaultContent content;
  std::optional<VaultHead> head{};
};
// Opens a vault of one box, or a head. The errors are those of open_vault().
Result<OpenedVault> open_any_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                   ByteView box);

// Seals a head with `head.version()`, which is at least 1. The errors are those of seal_vault().
Result<Bytes> seal_vault_head(const Secret& vault_key, std::string_view user, const VaultHead& head,
                              Random& random = system_random());
// Copy the numbers that a vault and a head have in common.
void take_numbers(const VaultHead& head, VaultContent& out);
void take_numbers(const VaultContent& content, VaultHead& out);

// Returns true for the kinds of parts that this version knows.
bool known_kind(uint32_t kind);

struct SealedPart {
  VaultPartEntry entry;
  Bytes box;
};
// Seals a part under a fresh key. Fails with kTooLarge when the box would be larger than 256 KiB, and with kMalformed
// when the part has values of another kind, none, or a field outside its limits.
Result<SealedPart> seal_vault_part(std::string_view user, uint32_t kind, uint32_t bucket, const VaultPart& part,
                                   Random& random = system_random());
// Opens the part of a head's entry, of a known kind. Fails with kLocalCrypto on any other part.
Result<VaultPart> open_vault_part(std::string_view user, const VaultPartEntry& entry, ByteView box);

// Returns the vault key that follows: HKDF-Expand(vault_key, label"ratchet", 32). The step is made when a prekey is
// erased, so that nobody who gets the next key opens a vault of before.
Secret next_vault_key(const Secret& vault_key);

}  // namespace fastchat::e2e
