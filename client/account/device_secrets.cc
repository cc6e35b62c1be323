#include "client/account/device_secrets.h"

#include <utility>

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
  return e2e::concat({e2e::label("login"), e2e::lp(fresh.realm), e2e::lp(fresh.user), device});
}

}  // namespace

Bytes device_secret_hash(const Secret& secret) {
  Bytes input = e2e::concat({e2e::label("device"), secret.view()});
  Bytes out = e2e::sha256(input);
  e2e::cleanse(input);
  return out;
}

Bytes DeviceSecrets::seal(ByteView secret) const {
  return account_.box().seal(LocalPlace::device_secret(), secret);
}

Result<Secret> DeviceSecrets::open(ByteView sealed) const {
  return account_.box().open(LocalPlace::device_secret(), sealed);
}

bool DeviceSecrets::keeps_device() const {
  return account_.has_profile() && !account_.profile().ended;
}

Result<std::vector<Bytes>> DeviceSecrets::all() const {
  std::vector<Bytes> out;
  for (const Bytes* box : {&account_.profile().secret, &account_.profile().next_secret}) {
    if (box->empty()) continue;
    Result<Secret> secret = open(*box);
    if (!secret.ok()) return err(Code::kLocalCrypto, "the secret of this device cannot be opened: log in again");
    out.emplace_back(secret->view());
  }
  return out;
}

// Returns an earlier login of this user that drew a secret and has no known end; nullopt when there is none.
Result<std::optional<DeviceSecrets::Attempt>> DeviceSecrets::interrupted(const Account::Fresh& fresh,
                                                                         const e2e::PasswordKeys& keys) const {
  Result<std::optional<store::LogInRow>> row = table_.log_in();
  if (!row.ok()) return row.error();
  if (*row && (*row)->user == fresh.user &&
      (!account_.has_profile() || keeps_device() == ((*row)->device == account_.profile().device))) {
    Result<Secret> secret = e2e::open(keys.wrap.view(), attempt_context(fresh, (*row)->device), (*row)->secret);
    if (secret.ok()) return std::optional(Attempt{(*row)->device, std::move(*secret)});
  }
  if (keeps_device() && account_.unlocked() && !account_.profile().next_secret.empty()) {
    Result<Secret> secret = open(account_.profile().next_secret);
    if (secret.ok()) return std::optional(Attempt{account_.profile().device, std::move(*secret)});
  }
  return std::optional<Attempt>();
}

Result<DeviceSecrets::Attempt> DeviceSecrets::begin_log_in(const Account::Fresh& fresh, const e2e::PasswordKeys& keys) {
  // Unlocks the profile if possible: with the local key, the device can go on with either secret when this login is
  // interrupted.
  if (account_.has_profile() && !account_.unlocked()) (void)account_.unlock_with(keys);
  Result<std::optional<Attempt>> begun = interrupted(fresh, keys);
  if (!begun.ok()) return begun.error();
  Attempt out;
  if (*begun) {
    out = std::move(**begun);
  } else {
    out.device = keeps_device() ? account_.profile().device : e2e::system_random().bytes(kDeviceBytes);
    out.secret = e2e::system_random().secret(e2e::kKey);
  }
  const Bytes box = e2e::seal(keys.wrap.view(), attempt_context(fresh, out.device), out.secret.view());
  FC_TRY(table_.put_log_in({fresh.user, out.device, box}));
  if (keeps_device() && account_.unlocked()) {
    store::Profile row = account_.profile();
    row.next_secret = seal(out.secret.view());
    FC_TRY(account_.put(std::move(row)));
  }
  return out;
}

Result<Secret> DeviceSecrets::next() {
  store::Profile row = account_.profile();
  if (!row.next_secret.empty()) return open(row.next_secret);
  Secret drawn = e2e::system_random().secret(e2e::kKey);
  row.next_secret = seal(drawn.view());
  FC_TRY(account_.put(std::move(row)));
  return drawn;
}

Result<> DeviceSecrets::confirm(const core::LoggedIn& in) {
  store::Profile row = account_.profile();
  // The blob begins with the fingerprint in clear (docs/e2e.md). Opening the blob needs the password; comparing the
  // fingerprint does not.
  if (!in.identity_blob.empty() && ByteView(in.identity_blob).substr(0, e2e::kHash) != row.fpr) {
    return err(Code::kLocalUntrustedKey, "the server shows another identity for you: log in again to check it");
  }
  if (in.secret.empty()) return Unit{};
  Result<Secret> known = row.secret.empty() ? Result<Secret>(Secret()) : open(row.secret);
  // Keeps next_secret when the server accepted the known secret: an interrupted login drew next_secret and may still
  // succeed.
  const bool same = known.ok() && known->view() == in.secret;
  const bool has_auth = !account_.secrets().auth.empty();
  if (same && !has_auth) return Unit{};
  row.secret = seal(in.secret);
  row.next_secret.clear();
  if (has_auth) {
    FC_TRY(account_.put(std::move(row), account_.secrets().vault_key.clone(), Secret()));
  } else {
    FC_TRY(account_.put(std::move(row)));
  }
  return table_.drop_log_in();
}

Result<> DeviceSecrets::end_device() {
  store::Profile row = account_.profile();
  row.ended = true;
  row.secret.clear();
  row.next_secret.clear();
  return account_.put(std::move(row));
}

}  // namespace fastchat::client
