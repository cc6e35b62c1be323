// The change of a password: a log-in with the old one, then ChangePassword on the same link. It is on disk before it is
// sent, so that after a crash or a lost answer a log-in by the device's secret finds out whether it was made: the vault
// opens under the new key, or under the old one.
#include <utility>

#include "client/login/login.h"

namespace fastchat::client {

void Login::change_password(const e2e::Secret& old_password, const e2e::Secret& new_password, Done done) {
  e2e::Secret composed = e2e::composed_password(new_password.view());
  Result<> allowed = account_.has_profile() ? Result<>(Unit{}) : err(Code::kLocalUsage, "there is no account here");
  if (allowed.ok()) allowed = e2e::check_password(composed.view(), account_.profile().user);
  AccountArgs args;
  args.user = account_.has_profile() ? account_.profile().user : "";
  args.remember = account_.remembered();
  Result<Account::Fresh> fresh = allowed.ok() ? this->fresh(args) : Result<Account::Fresh>(allowed.error());
  if (!fresh.ok()) return turn_.next_turn([done = std::move(done), e = fresh.error()] { done(e); });
  Attempt attempt{std::move(*fresh), {}, std::move(done)};
  attempt.forms = e2e::password_forms(old_password.view());
  KeyJob job{std::move(composed), attempt.fresh.realm, args.user, false, options_.derive};
  deriving_.emplace(std::move(attempt));
  keys_.start(std::move(job), [this](KeyAnswer& answer) {
    Attempt next = take_deriving();
    if (!answer.keys.ok()) return turn_.next_turn([done = next.done, e = answer.keys.error()] { done(e); });
    next.next = std::move(*answer.keys);
    try_password(std::move(next));
  });
}

bool Login::changed_already() const {
  const store::Profile& p = account_.profile();
  return e2e::open_identity(attempt_->next->wrap, p.realm, p.user, p.identity_blob).ok();
}

bool Login::may_be_changed() const {
  if (!account_.unlocked() || !account_.has_profile() || account_.profile().secret.empty()) return false;
  Result<std::optional<Account::PendingChange>> pending = account_.pending_change();
  return changed_already() || (pending.ok() && pending->has_value());
}

// A log-in of the change was answered: by the old password, it goes on; by the secret, it is known how it ended.
Result<> Login::go_on_changing(const core::LoggedIn& in) {
  if (in.by_password) {
    Result<e2e::VaultContent> content = vault_.next_content();
    if (!content.ok()) return content.error();
    Result<core::PasswordChange> change = account_.prepare_change(*attempt_->next, *content);
    if (!change.ok()) return change.error();
    attempt_->content = std::move(*content);
    turn_.after_commit(
        [this, change = std::move(*change)] { server_.engine().change_password(turn_.now_ms(), change); });
    return Unit{};
  }
  if (changed_already()) {
    turn_.after_commit([this] { end(Unit{}); });
    return Unit{};
  }
  if (attempt_->refused) return err(Code::kBadCredentials, "wrong password");
  turn_.after_commit([this] {
    turn_.next_turn([this] {
      if (attempt_) server_.engine().start(turn_.now_ms(), credentials());
    });
  });
  return Unit{};
}

// The old password is refused. An earlier try may have changed it.
bool Login::find_out_change() {
  if (!attempt_->next || attempt_->refused || !account_.unlocked()) return false;
  Result<std::optional<Account::PendingChange>> pending = account_.pending_change();
  Result<core::Credentials> own = own_credentials();
  if (!pending.ok() || !*pending || !own.ok()) return false;
  attempt_->refused = true;
  turn_.after_commit([this, credentials = std::move(*own)] { server_.engine().start(turn_.now_ms(), credentials); });
  turn_.wake();
  return true;
}

void Login::password_changed(uint64_t devices) {
  if (!attempt_ || !attempt_->next) return;
  turn_.after_rollback([this](const Error& e) {
    restore_account();
    end(e);
  });
  if (!turn_.begin() || !turn_.check(account_.finish_change())) return;
  vault_.on_changed(attempt_->content);
  others_to_log_in_ = devices;
  turn_.after_commit([this] { end(Unit{}); });
}

}  // namespace fastchat::client
