#include "client/account/account.h"

#include <algorithm>
#include <utility>

#include "client/account/key_file.h"
#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/local_key.h"
#include "client/e2e/random.h"
#include "client/e2e/seal.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

using e2e::Secret;

Bytes unlock_context(ByteView realm, ByteView user) {
  return e2e::concat({e2e::label("unlock"), e2e::lp(realm), e2e::lp(user)});
}

// Returns the next L(x) of `in` and moves `in` past it; nullopt when its length does not fit into `in`.
std::optional<ByteView> next_lp(ByteView& in) {
  if (in.size() < 4) return std::nullopt;
  const size_t size = get_u32(in.data());
  if (in.size() - 4 < size) return std::nullopt;
  const ByteView out = in.substr(4, size);
  in.remove_prefix(4 + size);
  return out;
}

Error damaged() {
  return err(Code::kLocalCrypto, "the stored secrets cannot be opened: log in again");
}

Result<Bytes> seal_unlock(ByteView key, const store::Profile& profile, const Unlocked& secrets) {
  Bytes plain = e2e::concat({e2e::lp(secrets.auth.view()), e2e::lp(secrets.vault_key.view())});
  for (const e2e::KeyPair& pair : secrets.identity.keys()) {
    const Secret der = pair.pkcs8();
    e2e::put_lp(plain, der.view());
  }
  const Secret secret = Secret::take(plain);
  return e2e::seal(key, unlock_context(profile.realm, profile.user), secret.view());
}

// Returns the key of the local data of this profile; a new key when there is no profile yet.
Result<Secret> local_key_for(const std::optional<store::Profile>& profile, const std::optional<Unlocked>& unlocked,
                             const e2e::OpenedIdentity& opened) {
  if (!profile) return e2e::system_random().secret(e2e::kKey);
  if (unlocked) return unlocked->local_key.clone();
  if (!profile->local_key.empty()) return e2e::open_local_key(opened.identity, profile->local_key);
  // An earlier version derived the key from its vault key. That vault key opens the vault that the profile has.
  const bool known = profile->vault_version == 0 ||
                     e2e::open_vault(opened.vault_key, profile->user, profile->vault_version, 0, profile->vault).ok();
  if (!known) {
    return err(Code::kLocalUsage,
               "this folder is sealed with the old password: run `fastchat quarantine` with "
               "the old password first, then log in");
  }
  return e2e::local_key(opened.vault_key);
}

// Returns the identity without the keys that are newer than `fpr`; nullopt when it does not have that key.
std::optional<e2e::Identity> identity_up_to(const e2e::Identity& identity, ByteView fpr) {
  if (identity.find(fpr) == nullptr) return std::nullopt;
  std::vector<e2e::KeyPair> keys = identity.keys();
  while (e2e::fingerprint(identity.realm(), identity.user(), keys.front().public_key().spki()) != fpr) {
    keys.erase(keys.begin());
  }
  return e2e::Identity(identity.realm(), identity.user(), std::move(keys));
}

}  // namespace

// Notes the keys that `before` had and that are not the newest any more.
void Account::retire(const e2e::Identity& before, const e2e::Identity& now) {
  for (const e2e::KeyPair& pair : now.keys()) {
    e2e::PeerKey key = e2e::peer_key(now.realm(), now.user(), pair.public_key().spki()).value();
    if (key.fpr == now.fpr()) continue;
    const bool last = key.fpr == before.fpr();
    retired_.push_back(std::move(key));
    if (last) return;
  }
}

Result<> Account::load() {
  Result<std::optional<store::Profile>> p = store_.account().profile();
  if (!p.ok()) return p.error();
  profile_ = std::move(*p);
  erases_ = false;
  if (!profile_) return Unit{};
  // Cleans up after a login that was interrupted between its key file and its row, or between its row and the removal
  // of the old key file.
  key_files_changed_ = true;
  committed();
  return Unit{};
}

void Account::committed() {
  if (std::exchange(key_files_changed_, false) && profile_) {
    key_file_on_disk_ = profile_->key_file;
    if (profile_->unlock.empty()) (void)remove_key_file(store_.directory(), profile_->key_file);
    (void)remove_key_file(store_.directory(), other_key_file(profile_->key_file));
  }
  if (std::exchange(erases_, false)) (void)store_.account().forget_deleted();
}

// Seals the secrets anew, under a key file that the row names from its commit on.
Result<> Account::remember(bool wanted) {
  key_files_changed_ = true;
  profile_->unlock.clear();
  if (!wanted) return Unit{};
  const Secret key = e2e::system_random().secret(e2e::kKey);
  // Writes to a file that the committed row does not name, however often one transaction calls remember().
  const std::string name = other_key_file(key_file_on_disk_);
  FC_TRY(write_key_file(store_.directory(), name, key.view()));
  Result<Bytes> box = seal_unlock(key.view(), *profile_, *unlocked_);
  if (!box.ok()) return box.error();
  profile_->key_file = name;
  profile_->unlock = std::move(*box);
  return Unit{};
}

Result<> Account::unlock_from_disk() {
  Result<Secret> key = read_key_file(store_.directory(), profile_->key_file);
  if (!key.ok()) return key.error();
  Result<Secret> plain = e2e::open(key->view(), unlock_context(profile_->realm, profile_->user), profile_->unlock);
  if (!plain.ok()) return damaged();
  ByteView rest = plain->view();
  const auto auth = next_lp(rest), vault_key = next_lp(rest);
  if (!auth || !vault_key) return damaged();
  std::vector<e2e::KeyPair> pairs;
  while (!rest.empty()) {
    const auto der = next_lp(rest);
    if (!der) return damaged();
    Result<e2e::KeyPair> pair = e2e::KeyPair::from_own_pkcs8(*der);
    if (!pair.ok()) return damaged();
    pairs.push_back(std::move(*pair));
  }
  if (pairs.empty()) return damaged();
  e2e::OpenedIdentity opened{e2e::Identity(profile_->realm, profile_->user, std::move(pairs)),
                             Secret::copy_of(*vault_key)};
  if (opened.identity.fpr() != profile_->fpr) return damaged();
  Result<Secret> local = local_key_for(profile_, unlocked_, opened);
  if (!local.ok()) return damaged();
  unlocked_.emplace(Unlocked{std::move(opened.vault_key), std::move(*local), std::move(opened.identity),
                             profile_->secret.empty() ? Secret::copy_of(*auth) : Secret()});
  return Unit{};
}

Result<> Account::unlock_with(const e2e::PasswordKeys& keys) {
  Result<e2e::OpenedIdentity> opened =
      e2e::open_identity(keys.wrap, profile_->realm, profile_->user, profile_->identity_blob);
  if (!opened.ok()) {
    // The password may be the new password of a change with an unknown result.
    auto change = store_.account().password_change();
    if (!change.ok()) return change.error();
    if (*change) opened = e2e::open_identity(keys.wrap, profile_->realm, profile_->user, (*change)->identity_blob);
  }
  if (!opened.ok()) return err(Code::kBadCredentials, "wrong password");
  // A change with an unknown result may change the key, too: the key of before counts until the result is known.
  std::optional<e2e::Identity> known = identity_up_to(opened->identity, profile_->fpr);
  if (!known) return err(Code::kBadCredentials, "wrong password");
  opened->identity = std::move(*known);
  Result<Secret> local = local_key_for(profile_, unlocked_, *opened);
  if (!local.ok()) return local.error();
  unlocked_.emplace(Unlocked{std::move(opened->vault_key), std::move(*local), std::move(opened->identity),
                             profile_->secret.empty() ? keys.auth.clone() : Secret()});
  return Unit{};
}

Result<> Account::keep_local_key() {
  if (!unlocked_ || !profile_->local_key.empty()) return Unit{};
  FC_TRY(store_.begin());
  profile_->local_key = e2e::seal_local_key(unlocked_->identity, unlocked_->local_key);
  return store_.account().put_profile(*profile_);
}

Result<> Account::mend_key_file() {
  if (!unlocked_ || !remembered()) return Unit{};
  FC_TRY(store_.begin());
  FC_TRY(remember(true));
  return store_.account().put_profile(*profile_);
}

Result<> Account::adopt(const Fresh& fresh, const Bytes& device, const e2e::PasswordKeys& keys,
                        const core::LoggedIn& in) {
  Result<e2e::OpenedIdentity> opened = e2e::open_identity(keys.wrap, fresh.realm, fresh.user, in.identity_blob);
  if (!opened.ok()) return opened.error();
  Bytes blob = in.identity_blob;
  if (profile_ && opened->identity.find(profile_->fpr) == nullptr) {
    if (!unlocked_ || unlocked_->identity.find(opened->identity.fpr()) == nullptr) {
      return err(Code::kLocalUntrustedKey, "the server shows another identity than this profile has: do not go on");
    }
    opened->identity = unlocked_->identity;
    blob = e2e::seal_identity(keys.wrap, opened->identity, opened->vault_key);
  } else if (profile_ && profile_->fpr != opened->identity.fpr()) {
    retire(*identity_up_to(opened->identity, profile_->fpr), opened->identity);
  } else if (!profile_ && opened->identity.keys().size() > 1) {
    // A new device hears of all earlier keys now: groups may list them.
    retire(e2e::Identity(fresh.realm, fresh.user, {opened->identity.keys().back()}), opened->identity);
  }
  Result<Secret> local = local_key_for(profile_, unlocked_, *opened);
  if (!local.ok()) return local.error();
  const bool has_secret = !in.secret.empty();
  unlocked_.emplace(Unlocked{std::move(opened->vault_key), std::move(*local), std::move(opened->identity),
                             has_secret ? Secret() : keys.auth.clone()});
  store::Profile p;
  if (profile_) p = *profile_;
  p.realm = fresh.realm;
  p.broker_key = fresh.broker_key;
  p.endpoints = fresh.endpoints;
  p.user = fresh.user;
  p.device = device;
  p.device_name = fresh.device_name;
  p.fpr = unlocked_->identity.fpr();
  p.identity_blob = std::move(blob);
  p.local_key = e2e::seal_local_key(unlocked_->identity, unlocked_->local_key);
  p.secret = has_secret ? box().seal(LocalPlace::device_secret(), in.secret) : Bytes();
  p.next_secret.clear();
  p.ended = false;
  profile_ = std::move(p);
  erases_ = true;
  FC_TRY(remember(fresh.remember));
  FC_TRY(store_.account().drop_log_in());
  return store_.account().put_profile(*profile_);
}

Result<> Account::put(store::Profile row) {
  profile_ = std::move(row);
  return store_.account().put_profile(*profile_);
}

Result<> Account::put(store::Profile row, Secret vault_key, Secret auth, std::optional<e2e::Identity> identity) {
  erases_ = erases_ || (auth.empty() && !unlocked_->auth.empty());
  if (identity) {
    retire(unlocked_->identity, *identity);
    row.fpr = identity->fpr();
    unlocked_->identity = std::move(*identity);
  }
  unlocked_->vault_key = std::move(vault_key);
  unlocked_->auth = std::move(auth);
  profile_ = std::move(row);
  if (remembered()) {
    FC_TRY(remember(true));
  }
  return store_.account().put_profile(*profile_);
}

Result<> Account::put_vault(uint64_t version, ByteView box) {
  profile_->vault_version = version;
  profile_->vault = Bytes(box);
  return store_.account().put_vault(version, box);
}

Result<> Account::know_devices() {
  profile_->devices_known = true;
  return store_.account().put_profile(*profile_);
}

Result<> Account::add_endpoint(const std::string& endpoint) {
  auto& all = profile_->endpoints;
  const auto known = std::find(all.begin(), all.end(), endpoint);
  if (known == all.begin() && !all.empty()) return Unit{};
  if (known != all.end()) all.erase(known);
  all.insert(all.begin(), endpoint);
  return store_.account().put_profile(*profile_);
}

void Account::forget() {
  retired_.clear();
  unlocked_.reset();
  if (!load().ok()) profile_.reset();
}

void Account::rolled_back(const Error&) {
  retired_.clear();
  auto profile = store_.account().profile();
  if (!profile.ok() || !profile_) return;
  profile_ = std::move(*profile);
  if (!profile_) unlocked_.reset();
}

Result<> Account::log_out() {
  FC_TRY(store_.begin());
  profile_->unlock.clear();
  auto written = store_.account().put_profile(*profile_);
  if (written.ok()) written = store_.commit();
  if (!written.ok()) {
    store_.rollback();
    forget();
    return written;
  }
  unlocked_.reset();
  for (const std::string& name : {profile_->key_file, other_key_file(profile_->key_file)}) {
    FC_TRY(remove_key_file(store_.directory(), name));
  }
  return store_.account().forget_deleted();
}

void restore_from_disk(Account& account) {
  account.forget();
  if (account.remembered()) (void)account.unlock_from_disk();
}

}  // namespace fastchat::client
