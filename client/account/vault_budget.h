// Chooses the content of a vault that has no room for everything: first decisions about contacts, then the keys that a
// person verified or accepted, then groups, then contacts of before there were decisions, then keys of first contacts,
// the oldest first, and replay marks last. Cards are kept with the decisions. Pure. The choice depends on nothing but
// the content, so that two devices agree.
#pragma once

#include <algorithm>
#include <cstddef>

#include "client/e2e/vault.h"

namespace fastchat::client {

// Returns the number of bytes of content that fit into a vault.
size_t vault_room();
// The bytes of content that this device puts into a vault in parts.
struct VaultRoom {
  static constexpr size_t kMost = 24 << 20;  // less than a server's limit of 32 MiB, with head and seals
  size_t bytes = kMost;
  bool said_full = false;  // the person knows that the vault is full
  bool refused = false;    // the server refused the least vault, so this session stores none

  // Halves the room: the server keeps less.
  void shrink() {
    refused = bytes <= vault_room();
    bytes = std::max(bytes / 2, vault_room());
  }
};

// Returns true when some device may have cut the content to its room: to that of a vault of one box, of one in parts,
// or of a server that keeps less. The least valuable content may then be missing, and a decision may be. Missing
// content is no reason to store the vault again; it is stored with the next change.
bool may_be_cut(const e2e::VaultContent& content);

struct LeftOut {
  size_t pins = 0, groups = 0;  // removed marks are not counted
};
// Removes content until the rest fits into `room` bytes. Returns the numbers of removed pins and groups.
LeftOut fit_vault(e2e::VaultContent& content, size_t room = vault_room());

}  // namespace fastchat::client
