// Chooses the content of a vault that has no room for everything: first the keys that a person verified or accepted,
// then groups, then keys of first contacts, the oldest first, and replay marks last. Pure. The choice depends on
// nothing but the content, so that two devices agree.
#pragma once

#include <cstddef>

#include "client/e2e/vault.h"

namespace fastchat::client {

// Bytes of content that fit a vault.
size_t vault_room();
// So full that what is worth least may be missing in it, and is no reason to store it again.
bool nearly_full(const e2e::VaultContent& content);

struct LeftOut {
  size_t pins = 0, groups = 0;  // marks are left out without a word
};
LeftOut fit_vault(e2e::VaultContent& content, size_t room = vault_room());

}  // namespace fastchat::client
