// The secrets that a device logs in with, and the change of a password: the part of Account that the log-in drives.
#include <utility>

#include "client/account/account.h"
#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/random.h"
#include "client/e2e/seal.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

using e2e::Secret;

constexpr size_t kDeviceBytes = 16;

Bytes attempt_context(const Account::Fresh& fresh, ByteView device) {
  return e2e::concat({e2e::label("log-in"), e2e::lp(fresh.realm), e2e::lp(fresh.user), device});
}

}  // namespace

Bytes device_secret_hash(const Secret& secret) {
  Bytes input = e2e::concat({e2e::label("device"), secret.view()});
  Bytes out = e2e::sha256(input);
  e2e::cleanse(input);
  return out;
}

Bytes Account::seal_secret(ByteView secret) const {
  return box().seal(LocalPlace::device_secret(), secret);
}

Result<Secret> Account::open_secret(ByteView sealed) const {
  return box().open(LocalPlace::device_secret(), sealed);
}

void Account::set_secret(ByteView secret) {
  profile_->secret = seal_secret(secret);
  profile_->next_secret.clear();
}

Result<std::vector<Bytes>> Account::device_secrets() const {
  std::vector<Bytes> out;
  for (const Bytes* box : {&profile_->secret, &profile_->next_secret}) {
    if (box->empty()) continue;
    Result<Secret> secret = open_secret(*box);
    if (!secret.ok()) return err(Code::kLocalCrypto, "the secret of this device does not open: log in again");
    out.emplace_back(secret->view());
  }
  return out;
}

// A log-in of this user that drew a secret and was not seen to end.
Result<std::optional<Account::Attempt>> Account::interrupted(const Fresh& fresh, const e2e::PasswordKeys& keys) const {
  const bool keeps_device = profile_ && !profile_->ended;
  Result<std::optional<store::LogInRow>> row = store_.account().log_in();
  if (!row.ok()) return row.error();
  if (*row && (*row)->user == fresh.user && (!profile_ || keeps_device == ((*row)->device == profile_->device))) {
    Result<Secret> secret = e2e::open(keys.wrap.view(), attempt_context(fresh, (*row)->device), (*row)->secret);
    if (secret.ok()) return std::optional(Attempt{(*row)->device, std::move(*secret)});
  }
  if (keeps_device && unlocked_ && !profile_->next_secret.empty()) {
    Result<Secret> secret = open_secret(profile_->next_secret);
    if (secret.ok()) return std::optional(Attempt{profile_->device, std::move(*secret)});
  }
  return std::optional<Attempt>();
}

Result<Account::Attempt> Account::begin_log_in(const Fresh& fresh, const e2e::PasswordKeys& keys) {
  // With the key of the local data at hand the device can go on by either secret, should this log-in be interrupted.
  if (profile_ && !unlocked_) (void)unlock_with(keys);
  Result<std::optional<Attempt>> begun = interrupted(fresh, keys);
  if (!begun.ok()) return begun.error();
  const bool keeps_device = profile_ && !profile_->ended;
  Attempt out;
  if (*begun) {
    out = std::move(**begun);
  } else {
    out.device = keeps_device ? profile_->device : e2e::system_random().bytes(kDeviceBytes);
    out.secret = e2e::system_random().secret(e2e::kKey);
  }
  const Bytes box = e2e::seal(keys.wrap.view(), attempt_context(fresh, out.device), out.secret.view());
  FC_TRY(store_.account().put_log_in({fresh.user, out.device, box}));
  if (keeps_device && unlocked_) {
    profile_->next_secret = seal_secret(out.secret.view());
    FC_TRY(store_.account().put_profile(*profile_));
  }
  return out;
}

Result<Secret> Account::next_secret() {
  if (!profile_->next_secret.empty()) return open_secret(profile_->next_secret);
  Secret drawn = e2e::system_random().secret(e2e::kKey);
  profile_->next_secret = seal_secret(drawn.view());
  FC_TRY(store_.account().put_profile(*profile_));
  return drawn;
}

Result<> Account::end_device() {
  profile_->ended = true;
  profile_->secret.clear();
  profile_->next_secret.clear();
  return store_.account().put_profile(*profile_);
}

Result<core::PasswordChange> Account::prepare_change(const e2e::PasswordKeys& next, const e2e::VaultContent& content) {
  const Secret vault_key = e2e::system_random().secret(e2e::kKey);
  Result<Bytes> vault = e2e::seal_vault(vault_key, profile_->user, content);
  if (!vault.ok()) return vault.error();
  core::PasswordChange out;
  out.verifier = e2e::password_verifier(next.auth);
  out.identity_blob = e2e::seal_identity(next.wrap, unlocked_->identity, vault_key);
  out.vault = std::move(*vault);
  out.vault_version = content.version();
  const Bytes sealed = box().seal(LocalPlace::new_vault_key(), vault_key.view());
  auto written = store_.account().put_password_change({out.vault_version, sealed, out.identity_blob, out.vault});
  if (!written.ok()) return written.error();
  return out;
}

Result<std::optional<Account::PendingChange>> Account::pending_change() const {
  Result<std::optional<store::PasswordChangeRow>> row = store_.account().password_change();
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<PendingChange>();
  Result<Secret> key = box().open(LocalPlace::new_vault_key(), (*row)->vault_key);
  if (!key.ok()) return key.error();
  return std::optional(PendingChange{(*row)->vault_version, std::move(*key)});
}

Result<> Account::finish_change() {
  Result<std::optional<store::PasswordChangeRow>> row = store_.account().password_change();
  Result<std::optional<PendingChange>> change = pending_change();
  if (!row.ok()) return row.error();
  if (!change.ok()) return change.error();
  if (!*change) return Unit{};
  unlocked_->vault_key = std::move((*change)->vault_key);
  profile_->identity_blob = std::move((*row)->identity_blob);
  profile_->vault_version = (*row)->vault_version;
  profile_->vault = std::move((*row)->vault);
  if (remembered()) {
    FC_TRY(remember(true));
  }
  FC_TRY(store_.account().drop_password_change());
  return store_.account().put_profile(*profile_);
}

Result<> Account::drop_change() {
  return store_.account().drop_password_change();
}

}  // namespace fastchat::client
