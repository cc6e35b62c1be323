#include "client/login/unlock.h"

namespace fastchat::client {

void Unlock::by_key_file() {
  if (auto r = account_.unlock_from_disk(); !r.ok()) {
    failure_ = r.error();
    return;
  }
  // A full disk does not lock the profile: the next start tries the write again.
  if (!account_.keep_local_key().ok() || !store_.commit().ok()) store_.rollback();
}

void Unlock::by_password(const e2e::Secret& password, Done done) {
  const auto unlock = [this](const e2e::PasswordKeys& keys) {
    Result<> well = account_.unlock_with(keys);
    if (well.ok() && turn_.check(account_.keep_local_key()) && failure_) turn_.check(account_.mend_key_file());
    return well;
  };
  try_next(e2e::password_forms(password.view()), unlock, std::move(done));
}

void Unlock::check(const e2e::Secret& password, Done done) {
  const auto compare = [this](const e2e::PasswordKeys& keys) -> Result<> {
    const store::Profile& p = account_.profile();
    if (e2e::open_identity(keys.wrap, p.realm, p.user, p.identity_blob).ok()) return Unit{};
    return err(Code::kBadCredentials, "wrong password");
  };
  try_next(e2e::password_forms(password.view()), compare, std::move(done));
}

void Unlock::try_next(std::vector<e2e::Secret> forms, Use use, Done done) {
  const store::Profile& p = account_.profile();
  KeyJob job{std::move(forms.front()), p.realm, p.user, false, derive_};
  forms.erase(forms.begin());
  forms_ = std::move(forms);
  keys_.start(std::move(job), [this, use = std::move(use), done = std::move(done)](KeyAnswer& answer) {
    const Result<> well = answer.keys.ok() ? use(*answer.keys) : Result<>(answer.keys.error());
    if (well.code() == Code::kBadCredentials && !forms_.empty()) return try_next(std::move(forms_), use, done);
    turn_.before_commit([done, well] { done(well); });
  });
}

}  // namespace fastchat::client
