#include "client/account/stored_password_change.h"

#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/random.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

using e2e::Secret;

}  // namespace

Result<core::PasswordChange> StoredPasswordChange::prepare(const e2e::PasswordKeys& next,
                                                           const e2e::VaultContent& content) {
  const Secret vault_key = e2e::system_random().secret(e2e::kKey);
  Result<Bytes> vault = e2e::seal_vault(vault_key, account_.profile().user, content);
  if (!vault.ok()) return vault.error();
  core::PasswordChange out;
  out.verifier = e2e::password_verifier(next.auth);
  out.identity_blob = e2e::seal_identity(next.wrap, account_.secrets().identity, vault_key);
  out.vault = std::move(*vault);
  out.vault_version = content.version();
  const Bytes sealed = account_.box().seal(LocalPlace::new_vault_key(), vault_key.view());
  FC_TRY(table_.put_password_change({out.vault_version, sealed, out.identity_blob, out.vault}));
  return out;
}

Result<std::optional<StoredPasswordChange::Pending>> StoredPasswordChange::pending() const {
  Result<std::optional<store::PasswordChangeRow>> row = table_.password_change();
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<Pending>();
  Result<Secret> key = account_.box().open(LocalPlace::new_vault_key(), (*row)->vault_key);
  if (!key.ok()) return key.error();
  return std::optional(Pending{(*row)->vault_version, std::move(*key)});
}

Result<> StoredPasswordChange::finish() {
  Result<std::optional<store::PasswordChangeRow>> row = table_.password_change();
  Result<std::optional<Pending>> change = pending();
  if (!row.ok()) return row.error();
  if (!change.ok()) return change.error();
  if (!*change) return Unit{};
  store::Profile profile = account_.profile();
  profile.identity_blob = std::move((*row)->identity_blob);
  profile.vault_version = (*row)->vault_version;
  profile.vault = std::move((*row)->vault);
  // Drops the stored change last: until the profile has the new vault key, the stored change has the only copy of that
  // key.
  FC_TRY(account_.put(std::move(profile), std::move((*change)->vault_key), account_.secrets().auth.clone()));
  return table_.drop_password_change();
}

Result<> StoredPasswordChange::drop() {
  return table_.drop_password_change();
}

Result<e2e::VaultContent> StoredPasswordChange::open_vault(uint64_t version, ByteView box) {
  Result<std::optional<Pending>> change = pending();
  if (!change.ok()) return change.error();
  const std::string& user = account_.profile().user;
  if (*change && version >= (*change)->vault_version) {
    auto content = e2e::open_vault((*change)->vault_key, user, version, 0, box);
    if (content.ok()) {
      auto finished = finish();
      return finished.ok() ? std::move(content) : Result<e2e::VaultContent>(finished.error());
    }
  }
  auto content = e2e::open_vault(account_.secrets().vault_key, user, version, 0, box);
  // Another vault has the version that the change needs, so the change can never be made.
  if (content.ok() && *change && version >= (*change)->vault_version) {
    FC_TRY(drop());
  }
  return content;
}

}  // namespace fastchat::client
