#include "client/login/login.h"

#include <utility>

#include "client/e2e/sanitise.h"
#include "common/names.h"

namespace fastchat::client {

Result<Account::Fresh> Login::fresh(const AccountArgs& args) const {
  if (!valid_user_name(args.user)) {
    return err(Code::kNameNotAllowed,
               "a name has 3 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit");
  }
  if (keys_.busy() || deriving_ || (attempt_ && (attempt_->change || attempt_->deletes))) {
    return err(Code::kLocalUsage, "another request about the account is under way: wait for its end");
  }
  Account::Fresh fresh;
  fresh.user = args.user;
  fresh.device_name = options_.device_name;
  fresh.remember = args.remember;
  if (account_.has_profile()) {
    const store::Profile& p = account_.profile();
    if (account_end_.done()) return err(Code::kDeviceEnded, AccountEnd::text(p.user));
    if (p.user != args.user) {
      return err(Code::kLocalUsage, "this folder belongs to " + p.user + ": use another --data-dir for " + args.user);
    }
    fresh.realm = p.realm;
    fresh.broker_key = p.broker_key;
    fresh.endpoints = p.endpoints;
    return fresh;
  }
  if (!options_.invite) {
    return err(Code::kLocalUsage,
               "no server is known: give its invite line (fastchat://...) with --server or FASTCHAT_SERVER");
  }
  fresh.realm = options_.invite->realm;
  fresh.broker_key = options_.invite->key;
  fresh.endpoints = {options_.invite->endpoint()};
  return fresh;
}

void Login::log_in(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = this->fresh(args);
  if (!fresh.ok()) return turn_.before_commit([done = std::move(done), e = fresh.error()] { done(e); });
  Attempt attempt{std::move(*fresh), {}, std::move(done)};
  attempt.forms = e2e::password_forms(args.password.view());
  attempt.replaces = from_hex(args.replaces).value_or(Bytes());
  try_password(std::move(attempt));
}

void Login::change_password(const e2e::Secret& old_password, const e2e::Secret& new_password, bool new_key, Done done) {
  e2e::Secret composed = e2e::composed_password(new_password.view());
  Result<> allowed =
      account_.has_profile() ? Result<>(Unit{}) : err(Code::kLocalUsage, "there is no account in this profile");
  if (allowed.ok() && !new_key) allowed = e2e::check_password(composed.view(), account_.profile().user);
  AccountArgs args;
  args.user = account_.has_profile() ? account_.profile().user : "";
  args.remember = account_.remembered();
  Result<Account::Fresh> fresh = allowed.ok() ? this->fresh(args) : Result<Account::Fresh>(allowed.error());
  if (!fresh.ok()) return turn_.before_commit([done = std::move(done), e = fresh.error()] { done(e); });
  Attempt attempt{std::move(*fresh), {}, std::move(done)};
  attempt.forms = e2e::password_forms(old_password.view());
  KeyJob job{std::move(composed), attempt.fresh.realm, args.user, new_key, options_.derive};
  deriving_.emplace(std::move(attempt));
  keys_.start(std::move(job), [this](KeyAnswer& answer) {
    Attempt next = *std::exchange(deriving_, std::nullopt);
    if (!answer.keys.ok()) return turn_.before_commit([done = next.done, e = answer.keys.error()] { done(e); });
    next.change.emplace(
        PasswordChanger::Change{std::move(*answer.keys), std::move(answer.pair), account_.profile().fpr});
    try_password(std::move(next));
  });
}

void Login::delete_account(const e2e::Secret& password, Done done) {
  AccountArgs args;
  args.user = account_.has_profile() ? account_.profile().user : "";
  args.remember = account_.remembered();
  Result<Account::Fresh> fresh = this->fresh(args);
  if (!fresh.ok()) return turn_.before_commit([done = std::move(done), e = fresh.error()] { done(e); });
  Attempt attempt{std::move(*fresh), {}, std::move(done)};
  attempt.forms = e2e::password_forms(password.view());
  attempt.deletes = true;
  try_password(std::move(attempt));
}

// Tries the next form of the password: an account may have been made with any of the forms.
void Login::try_password(Attempt attempt) {
  e2e::Secret form = std::move(attempt.forms.front());
  attempt.forms.erase(attempt.forms.begin());
  KeyJob job{std::move(form), attempt.fresh.realm, attempt.fresh.user, false, options_.derive};
  deriving_.emplace(std::move(attempt));
  keys_.start(std::move(job), [this](KeyAnswer& answer) {
    Attempt next = *std::exchange(deriving_, std::nullopt);
    if (!answer.keys.ok()) return turn_.before_commit([done = next.done, e = answer.keys.error()] { done(e); });
    next.keys = std::move(*answer.keys);
    begin(std::move(next));
  });
}

// Draws the secret that the broker is to know, and starts the engine once the secret is on disk.
void Login::begin(Attempt attempt) {
  turn_.after_rollback([this, done = attempt.done](const Error& e) {
    attempt_.reset();
    restore_from_disk(account_);
    done(e);
  });
  if (!turn_.begin()) return;
  Result<DeviceSecrets::Attempt> drawn = secrets_.begin_log_in(attempt.fresh, attempt.keys);
  if (!turn_.check(drawn)) return;
  vault_.before_login();
  attempt.device = std::move(drawn->device);
  attempt.secret = std::move(drawn->secret);
  attempt_.emplace(std::move(attempt));
  turn_.after_commit([this] {
    const Account::Fresh& fresh = attempt_->fresh;
    if (!server_.opened()) events_.open(fresh.realm, fresh.broker_key, fresh.endpoints);
    // Checks a change that may have been made already, before the server sees and refuses the old password.
    const bool looks = attempt_->change && changer_.may_be_made(*attempt_->change);
    Result<core::Credentials> own = looks ? device_.credentials() : Result<core::Credentials>(credentials());
    server_.engine().start(turn_.now_ms(), own.ok() ? std::move(*own) : credentials());
  });
  turn_.wake();
}

core::Credentials Login::credentials() const {
  core::Credentials c;
  c.user = attempt_->fresh.user;
  c.auth = Bytes(attempt_->keys.auth.view());
  c.device = attempt_->device;
  c.device_name = attempt_->fresh.device_name;
  c.sign_up = attempt_->sign_up;
  c.next_secret = Bytes(attempt_->secret.view());
  c.next_hash = device_secret_hash(attempt_->secret);
  c.replaces = attempt_->replaces;
  c.changes_password = attempt_->change.has_value();
  c.deletes_account = attempt_->deletes;
  return c;
}

// Logs in when the link broke after sign_up was sent and the server now reports that the name is taken: this sign-up
// may have taken the name, and the login shows it. Returns true when the login is tried.
bool Login::retry_lost_sign_up(const core::LinkStatus& status) {
  if (!attempt_ || !attempt_->sign_up || attempt_->tries == 0 || status.code != Code::kNameTaken) return false;
  attempt_->sign_up.reset();
  turn_.before_commit([this] { server_.engine().start(turn_.now_ms(), credentials()); });
  return true;
}

// Tries again under another device id: this device was removed, and the person has the password. Returns true when it
// tries.
bool Login::retry_ended_device(const core::LinkStatus& status) {
  if (!attempt_ || attempt_->deletes || status.code != Code::kDeviceEnded || attempt_->tries != 0) return false;
  deriving_.emplace(std::move(*attempt_));
  attempt_.reset();
  turn_.before_commit([this] {
    Attempt next = *std::exchange(deriving_, std::nullopt);
    ++next.tries;
    if (!turn_.begin() || !turn_.check(store_.account().drop_log_in())) return next.done(*turn_.error());
    if (account_.has_profile() && !turn_.check(secrets_.end_device())) return next.done(*turn_.error());
    begin(std::move(next));
  });
  return true;
}

// Handles a refused password. Returns true when another form of the password, or another way to find out, is tried in
// place of giving up.
bool Login::retry_refused(const core::LinkStatus& status) {
  if (!attempt_ || status.code != Code::kBadCredentials) return false;
  if (!attempt_->forms.empty()) {
    deriving_.emplace(std::move(*attempt_));
    attempt_.reset();
    turn_.before_commit([this] {
      Attempt next = *std::exchange(deriving_, std::nullopt);
      try_password(std::move(next));
    });
    return true;
  }
  return find_out();
}

// Logs in by the device's secret after the server refused the password: an earlier try may have changed the password,
// or deleted the account. Returns true when it tries.
bool Login::find_out() {
  if (!attempt_->changes() || attempt_->refused || !account_.unlocked()) return false;
  const bool pending = attempt_->deletes ? account_end_.asked() : changer_.pending();
  Result<core::Credentials> own = device_.credentials();
  if (!pending || !own.ok()) return false;
  attempt_->refused = true;
  turn_.after_commit([this, credentials = std::move(*own)] { server_.engine().start(turn_.now_ms(), credentials); });
  turn_.wake();
  return true;
}

// Writes the profile after a first login of a device, and compares the profile after a later login. Takes in the vault
// in both cases.
void Login::logged_in(const core::LoggedIn& in) {
  if (!turn_.begin()) return;
  Result<> well = Unit{};
  if (attempt_ && in.by_password) {
    const bool first = !account_.has_profile();
    well = account_.adopt(attempt_->fresh, attempt_->device, attempt_->keys, in);
    if (well.ok() && first) well = events_.made(!attempt_->sign_up);
  } else {
    well = secrets_.confirm(in);
  }
  if (well.ok()) events_.logging_in();
  if (attempt_) {
    attempt_->answer = {{}, {}, in.vault_version, {}, in.by_password, in.version, in.rekeys};
  }
  const auto then = [this](const Result<bool>& taken) { after_vault(taken); };
  after_vault(well.ok() ? vault_.take(in, then) : Result<bool>(well.error()));
}

// Goes on when the vault was taken in, or asks for more parts. Ends the login after an error.
void Login::after_vault(const Result<bool>& taken) {
  Result<> well = taken.ok() ? Result<>(Unit{}) : Result<>(taken.error());
  const bool whole = taken.ok() && *taken;
  if (whole && attempt_ && attempt_->changes()) well = go_on_changing(attempt_->answer);
  // The server refused the end of the account, or never heard of it.
  if (well.ok() && !(attempt_ && attempt_->deletes) && account_end_.asked()) {
    well = account_end_.set(AccountEnd::State::kNone);
  }
  if (!well.ok()) {
    store_.rollback();
    restore_from_disk(account_);
    server_.engine().end(turn_.now_ms(), well.code(), well.error().text);
    return;
  }
  turn_.after_rollback([this](const Error& e) {
    restore_from_disk(account_);
    if (attempt_) server_.engine().end(turn_.now_ms(), e.code, e.text);
  });
  turn_.after_commit([this, whole] {
    if (!whole) return vault_.fetch();
    vault_.done();
    if (attempt_ && !attempt_->changes()) end(Unit{});
  });
}

// Goes on after a login for a change of the password, or for the end of the account, which is on disk before it is
// sent. A login by the old password is followed by the change. A login by the device's secret shows how an earlier
// change ended, and that the account is still there.
Result<> Login::go_on_changing(const core::LoggedIn& in) {
  if (in.by_password && attempt_->change) return changer_.send(*attempt_->change, in);
  if (in.by_password) {
    turn_.after_commit([this] { server_.engine().delete_account(turn_.now_ms()); });
    return account_end_.set(AccountEnd::State::kAsked);
  }
  if (attempt_->change && changer_.made(*attempt_->change)) {
    turn_.after_commit([this] { end(Unit{}); });
    return Unit{};
  }
  if (attempt_->refused) return err(Code::kBadCredentials, "wrong password");
  turn_.after_commit([this] {
    turn_.before_commit([this] {
      if (attempt_) server_.engine().start(turn_.now_ms(), credentials());
    });
  });
  return Unit{};
}

// Notes that the account is gone. When the disk refuses, the next login finds out once more.
void Login::account_deleted() {
  if (!turn_.begin() || !turn_.check(account_end_.set(AccountEnd::State::kDone))) return;
  end(Unit{});
}

void Login::password_changed(uint64_t devices) {
  if (!attempt_ || !attempt_->change) return;
  turn_.after_rollback([this](const Error& e) {
    restore_from_disk(account_);
    end(e);
  });
  if (!changer_.finish(*attempt_->change, devices)) return;
  turn_.after_commit([this] { end(Unit{}); });
}

void Login::ended(const Error& why) {
  const bool removed = why.code == Code::kDeviceEnded && account_.has_profile() && !account_.profile().ended;
  if (removed && turn_.begin()) turn_.check(secrets_.end_device());
  end(why);
}

void Login::end(const Result<>& result) {
  if (!attempt_) return;
  const Done done = std::move(attempt_->done);
  // A change of the password, or an end of the account, that failed took the session down: the session resumes.
  const bool resume = attempt_->changes() && !result.ok() && account_.unlocked();
  // Keeps the keys for the login that names the device to remove.
  refused_.reset();
  if (result.code() == Code::kTooManyDevices) refused_.emplace(std::move(*attempt_));
  attempt_.reset();
  turn_.before_commit([this, done, result, resume] {
    // Without a profile nothing binds the next try to this server and user.
    if (!account_.has_profile()) server_.forget();
    done(result);
    if (resume) device_.resume();
  });
}

void Login::log_in_replacing(const std::string& device, Done done) {
  const std::optional<Bytes> id = from_hex(device);
  if (!refused_ || !id || id->size() != wire::kDeviceId) {
    return turn_.before_commit(
        [done = std::move(done)] { done(err(Code::kLocalUsage, "log in again, and name a device to remove")); });
  }
  Attempt attempt = std::move(*refused_);
  refused_.reset();
  attempt.replaces = *id;
  attempt.done = std::move(done);
  begin(std::move(attempt));
}

void Login::lost_while_signing_up() {
  if (attempt_ && attempt_->sign_up) ++attempt_->tries;
}

bool Login::retries(const core::LinkStatus& status) {
  // The request for the end of the account was sent, and now the server does not know the device.
  if (status.unknown && account_end_.asked()) account_deleted();
  return retry_lost_sign_up(status) || retry_ended_device(status) || retry_refused(status);
}

std::string Login::text_of(const core::LinkStatus& status) const {
  const std::string user = attempt_ ? attempt_->fresh.user : account_.has_profile() ? account_.profile().user : "";
  if (account_end_.done()) return AccountEnd::text(user);
  if (status.code == Code::kDeviceEnded) {
    return "this device was removed from the account: `fastchat login " + user + "` adds it again as a new device";
  }
  if (status.code == Code::kPasswordNeeded) {
    return "the password is needed: run `fastchat login " + user + "`; messages and drafts stay";
  }
  return e2e::sanitise_line(status.text);
}

}  // namespace fastchat::client
