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
  try_next(e2e::password_forms(password.view()), std::move(done));
}

void Unlock::try_next(std::vector<e2e::Secret> forms, Done done) {
  const store::Profile& p = account_.profile();
  KeyJob job{std::move(forms.front()), p.realm, p.user, false, derive_};
  forms.erase(forms.begin());
  forms_ = std::move(forms);
  keys_.start(std::move(job), [this, done = std::move(done)](KeyAnswer& answer) {
    Result<> well = answer.keys.ok() ? account_.unlock_with(*answer.keys) : Result<>(answer.keys.error());
    if (well.code() == Code::kBadCredentials && !forms_.empty()) return try_next(std::move(forms_), done);
    if (well.ok() && turn_.check(account_.keep_local_key()) && failure_) turn_.check(account_.mend_key_file());
    turn_.before_commit([done, well] { done(well); });
  });
}

}  // namespace fastchat::client
