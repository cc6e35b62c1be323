#include "client/account/stored_password_change.h"

#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/random.h"
#include "client/e2e/rekey.h"
#include "common/try.h"
#include "common/wire.h"

namespace fastchat::client {
namespace {

using e2e::Secret;

constexpr size_t kMostKeys = 16;  // of an identity; older ones are forgotten

// Returns the identity with another newest key.
e2e::Identity with_key(const e2e::Identity& before, const e2e::KeyPair& newest) {
  std::vector<e2e::KeyPair> keys = before.keys();
  keys.insert(keys.begin(), newest);
  if (keys.size() > kMostKeys) keys.erase(keys.begin() + kMostKeys, keys.end());
  return e2e::Identity(before.realm(), before.user(), std::move(keys));
}

}  // namespace

Result<core::PasswordChange> StoredPasswordChange::prepare(const e2e::PasswordKeys& next, const e2e::OpenedVault& vault,
                                                           const e2e::KeyPair* new_key, uint64_t server_has) {
  const Secret vault_key = e2e::system_random().secret(e2e::kKey);
  const std::string& user = account_.profile().user;
  Result<Bytes> box =
      vault.head ? e2e::seal_vault_head(vault_key, user, *vault.head) : e2e::seal_vault(vault_key, user, vault.content);
  if (!box.ok()) return box.error();
  core::PasswordChange out;
  out.verifier = e2e::password_verifier(next.auth);
  const e2e::Identity identity =
      new_key == nullptr ? account_.secrets().identity : with_key(account_.secrets().identity, *new_key);
  Bytes sealed_key;
  if (new_key != nullptr) {
    const uint64_t number = vault.content.rekey_counter();
    if (number > wire::kMaxRekeys) {
      return err(Code::kNotAllowed, "this account has changed its key as often as it may: make a new account");
    }
    if (server_has >= number || number - server_has >= identity.keys().size()) {
      return err(Code::kNotAllowed, "the server's list of your earlier keys is not yours: ask its operator");
    }
    out.public_key = new_key->public_key().spki();
    out.rekeys = e2e::make_rekeys(identity, number, number - server_has);
    out.rekey = number;
    const Secret pkcs8 = new_key->pkcs8();
    sealed_key = account_.box().seal(LocalPlace::new_key(), pkcs8.view());
  }
  out.identity_blob = e2e::seal_identity(next.wrap, identity, vault_key);
  out.vault = std::move(*box);
  out.vault_version = vault.content.version();
  const Bytes sealed = account_.box().seal(LocalPlace::new_vault_key(), vault_key.view());
  FC_TRY(table_.put_password_change({out.vault_version, sealed, out.identity_blob, out.vault, sealed_key}));
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
  std::optional<e2e::Identity> identity;
  if (!(*row)->new_key.empty()) {
    Result<Secret> pkcs8 = account_.box().open(LocalPlace::new_key(), (*row)->new_key);
    if (!pkcs8.ok()) return pkcs8.error();
    Result<e2e::KeyPair> pair = e2e::KeyPair::from_own_pkcs8(pkcs8->view());
    if (!pair.ok()) return pair.error();
    // A login by password may have brought the new key before.
    const e2e::Identity& me = account_.secrets().identity;
    if (me.find(e2e::fingerprint(me.realm(), me.user(), pair->public_key().spki())) == nullptr) {
      identity = with_key(me, *pair);
    }
  }
  // Drops the stored change last: until the profile has the new vault key, the stored change has the only copy of that
  // key.
  FC_TRY(account_.put(std::move(profile), std::move((*change)->vault_key), account_.secrets().auth.clone(),
                      std::move(identity)));
  return table_.drop_password_change();
}

Result<> StoredPasswordChange::drop() {
  return table_.drop_password_change();
}

Result<e2e::OpenedVault> StoredPasswordChange::open_vault(uint64_t version, ByteView box) {
  Result<std::optional<Pending>> change = pending();
  if (!change.ok()) return change.error();
  const std::string& user = account_.profile().user;
  if (*change && version >= (*change)->vault_version) {
    auto content = e2e::open_any_vault((*change)->vault_key, user, version, 0, box);
    if (content.ok()) {
      auto finished = finish();
      return finished.ok() ? std::move(content) : Result<e2e::OpenedVault>(finished.error());
    }
  }
  auto content = e2e::open_any_vault(account_.secrets().vault_key, user, version, 0, box);
  // Another vault has the version that the change needs, so the change can never be made.
  if (content.ok() && *change && version >= (*change)->vault_version) {
    FC_TRY(drop());
  }
  return content;
}

}  // namespace fastchat::client
