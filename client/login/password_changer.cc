#include "client/login/password_changer.h"

#include <utility>

namespace fastchat::client {

bool PasswordChanger::made(const Change& change) const {
  const store::Profile& p = account_.profile();
  if (change.new_key) return p.fpr != change.former_fpr;
  return e2e::open_identity(change.next.wrap, p.realm, p.user, p.identity_blob).ok();
}

bool PasswordChanger::may_be_made(const Change& change) const {
  if (!account_.unlocked() || !account_.has_profile() || account_.profile().secret.empty()) return false;
  return made(change) || pending();
}

bool PasswordChanger::pending() const {
  Result<std::optional<StoredPasswordChange::Pending>> pending = stored_.pending();
  return pending.ok() && pending->has_value();
}

Result<> PasswordChanger::send(Change& change, const core::LoggedIn& in) {
  Result<e2e::OpenedVault> vault = vault_.next_vault();
  if (!vault.ok()) return vault.error();
  if (change.new_key) {
    if (in.version < 3) {
      return err(Code::kNotAllowed, "this server is too old for a change of the key: ask its operator to update it");
    }
    vault->content.set_rekey_counter(vault->content.rekey_counter() + 1);
    if (vault->head) vault->head->set_rekey_counter(vault->content.rekey_counter());
  }
  Result<core::PasswordChange> frame =
      stored_.prepare(change.next, *vault, change.new_key ? &*change.new_key : nullptr, in.rekeys);
  if (!frame.ok()) return frame.error();
  change.vault = std::move(*vault);
  turn_.after_commit([this, frame = std::move(*frame)] { server_.engine().change_password(turn_.now_ms(), frame); });
  return Unit{};
}

bool PasswordChanger::finish(const Change& change, uint64_t devices) {
  if (!turn_.begin() || !turn_.check(stored_.finish())) return false;
  if (!turn_.check(vault_.on_changed(change.vault))) return false;
  others_to_log_in_ = devices;
  return true;
}

}  // namespace fastchat::client
