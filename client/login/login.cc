#include "client/login/login.h"

#include "client/e2e/sanitise.h"
#include "common/check.h"
#include "common/names.h"

namespace fastchat::client {

Result<Account::Fresh> Login::fresh(const AccountArgs& args) const {
  if (!valid_user_name(args.user)) {
    return err(Code::kNameNotAllowed, "a name has 3 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit");
  }
  Account::Fresh fresh;
  fresh.user = args.user;
  fresh.device_name = options_.device_name;
  fresh.remember = args.remember;
  if (account_.has_profile()) {
    const store::Profile& p = account_.profile();
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
               "name the server: --server with its invite line (fastchat://...), or FASTCHAT_SERVER");
  }
  fresh.realm = options_.invite->realm;
  fresh.broker_key = options_.invite->key;
  fresh.endpoints = {options_.invite->endpoint()};
  return fresh;
}

void Login::sign_up(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = this->fresh(args);
  e2e::Secret password = e2e::composed_password(args.password.view());
  Result<> allowed = Unit{};
  if (!fresh.ok()) {
    allowed = fresh.error();
  } else if (account_.has_profile()) {
    allowed = err(Code::kLocalUsage, "this folder has an account already: " + account_.profile().user);
  } else if (reserved_user_name(args.user)) {
    allowed = err(Code::kNameNotAllowed, "the name " + args.user + " is reserved: choose another");
  } else {
    allowed = e2e::check_password(password.view(), args.user);
  }
  if (!allowed.ok()) return turn_.next_turn([done = std::move(done), allowed] { done(allowed); });
  KeyJob job{std::move(password), fresh->realm, args.user, true, options_.derive};
  keys_.start(std::move(job), [this, fresh = std::move(*fresh), token = args.invite_token, done](KeyAnswer& answer) {
    finish_sign_up(fresh, token, answer, done);
  });
}

void Login::finish_sign_up(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer, const Done& done) {
  if (!answer.keys.ok()) return turn_.next_turn([done, e = answer.keys.error()] { done(e); });
  const e2e::Identity identity(fresh.realm, fresh.user, {std::move(*answer.pair)});
  const e2e::Secret vault_key = e2e::system_random().secret(e2e::kKey);
  e2e::VaultContent vault;
  vault.set_version(1);
  Result<Bytes> box = e2e::seal_vault(vault_key, fresh.user, vault);
  if (!box.ok()) return turn_.next_turn([done, e = box.error()] { done(e); });
  core::SignUpData data;
  data.public_key = identity.key().public_key().spki();
  data.identity_blob = e2e::seal_identity(answer.keys->wrap, identity, vault_key);
  data.vault = std::move(*box);
  data.verifier = e2e::password_verifier(answer.keys->auth);
  data.invite = token;
  Attempt attempt{fresh, std::move(*answer.keys), done};
  attempt.sign_up = std::move(data);
  begin(std::move(attempt));
}

void Login::log_in(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = this->fresh(args);
  if (!fresh.ok()) return turn_.next_turn([done = std::move(done), e = fresh.error()] { done(e); });
  Attempt attempt{std::move(*fresh), {}, std::move(done)};
  attempt.forms = e2e::password_forms(args.password.view());
  attempt.replaces = from_hex(args.replaces).value_or(Bytes());
  try_password(std::move(attempt));
}

// With the next form of the password: an account may have been made with any of them.
void Login::try_password(Attempt attempt) {
  e2e::Secret form = std::move(attempt.forms.front());
  attempt.forms.erase(attempt.forms.begin());
  KeyJob job{std::move(form), attempt.fresh.realm, attempt.fresh.user, false, options_.derive};
  deriving_.emplace(std::move(attempt));
  keys_.start(std::move(job), [this](KeyAnswer& answer) {
    Attempt next = take_deriving();
    if (!answer.keys.ok()) return turn_.next_turn([done = next.done, e = answer.keys.error()] { done(e); });
    next.keys = std::move(*answer.keys);
    begin(std::move(next));
  });
}

// The secret that the broker is to know of is on disk before anything is sent.
void Login::begin(Attempt attempt) {
  turn_.after_rollback([this, done = attempt.done](const Error& e) {
    attempt_.reset();
    restore_account();
    done(e);
  });
  if (!turn_.begin()) return;
  Result<Account::Attempt> drawn = account_.begin_log_in(attempt.fresh, attempt.keys);
  if (!turn_.check(drawn)) return;
  vault_.before_login();
  attempt.device = std::move(drawn->device);
  attempt.secret = std::move(drawn->secret);
  attempt_.emplace(std::move(attempt));
  turn_.after_commit([this] {
    const Account::Fresh& fresh = attempt_->fresh;
    if (!server_.opened()) events_.open(fresh.realm, fresh.broker_key, fresh.endpoints);
    // A change that may have been made is looked into before its old password is shown, and refused.
    const bool looks = attempt_->next && may_be_changed();
    Result<core::Credentials> own = looks ? own_credentials() : Result<core::Credentials>(credentials());
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
  c.changes_password = attempt_->next.has_value();
  return c;
}

// The secrets that log this profile in without a person. kPasswordNeeded: there are none.
Result<core::Credentials> Login::own_credentials() {
  const store::Profile& p = account_.profile();
  core::Credentials c;
  c.user = p.user;
  c.device = p.device;
  c.device_name = p.device_name;
  if (p.ended) return err(Code::kDeviceEnded, "");
  const e2e::Secret& auth = account_.secrets().auth;
  if (auth.empty()) {
    Result<std::vector<Bytes>> secrets = account_.device_secrets();
    if (!secrets.ok()) return secrets.error();
    if (secrets->empty()) return err(Code::kPasswordNeeded, "");
    c.secrets = std::move(*secrets);
    return c;
  }
  // A version before kept the proof of the password. It is shown once more, for a secret.
  if (auto begun = store_.begin(); !begun.ok()) return begun.error();
  Result<e2e::Secret> next = account_.next_secret();
  if (!next.ok()) return next.error();
  c.auth = Bytes(auth.view());
  c.next_secret = Bytes(next->view());
  c.next_hash = device_secret_hash(*next);
  return c;
}

void Login::start() {
  FC_CHECK(account_.unlocked());
  const store::Profile& p = account_.profile();
  Result<core::Credentials> c = own_credentials();
  if (!c.ok()) {
    core::LinkStatus status;
    status.code = c.code();
    status.text = c.error().text;
    return turn_.next_turn([this, status] { events_.ended(status); });
  }
  if (!server_.opened()) events_.open(p.realm, p.broker_key, p.endpoints);
  if (c->auth.empty()) {
    server_.engine().start(turn_.now_ms(), std::move(*c));
    return turn_.wake();
  }
  turn_.after_commit([this, credentials = std::move(*c)] { server_.engine().start(turn_.now_ms(), credentials); });
  turn_.after_rollback([this](const Error& e) {
    restore_account();
    core::LinkStatus status;
    status.code = e.code;
    status.text = e.text;
    events_.ended(status);
  });
  turn_.wake();
}

// Undoes changes in memory that did not reach the disk.
void Login::restore_account() {
  account_.forget();
  if (account_.remembered()) (void)account_.unlock_from_disk();
}

// The link broke after sign_up was sent, and the next try hears that the name is taken: perhaps by us. The login tells.
bool Login::retry_lost_sign_up(const core::LinkStatus& status) {
  if (!attempt_ || !attempt_->sign_up || attempt_->tries == 0 || status.code != Code::kNameTaken) return false;
  attempt_->sign_up.reset();
  turn_.next_turn([this] { server_.engine().start(turn_.now_ms(), credentials()); });
  return true;
}

// True when another form of the password, or another way to find out, is tried in place of giving up.
bool Login::retry_refused(const core::LinkStatus& status) {
  if (attempt_ && status.code == Code::kDeviceEnded && attempt_->tries == 0) {
    // The person has the password: this device goes on under another id.
    deriving_.emplace(std::move(*attempt_));
    attempt_.reset();
    turn_.next_turn([this] {
      Attempt next = take_deriving();
      ++next.tries;
      if (!turn_.begin() || !turn_.check(store_.account().drop_log_in())) return next.done(*turn_.error());
      if (account_.has_profile() && !turn_.check(account_.end_device())) return next.done(*turn_.error());
      begin(std::move(next));
    });
    return true;
  }
  if (!attempt_ || status.code != Code::kBadCredentials) return false;
  if (!attempt_->forms.empty()) {
    deriving_.emplace(std::move(*attempt_));
    attempt_.reset();
    turn_.next_turn([this] {
      Attempt next = take_deriving();
      try_password(std::move(next));
    });
    return true;
  }
  return find_out_change();
}

// A first log-in of a device writes the profile, a later one compares; both take in the vault.
void Login::logged_in(const core::LoggedIn& in) {
  if (!turn_.begin()) return;
  Result<> well = Unit{};
  if (attempt_ && in.by_password) {
    const bool first = !account_.has_profile();
    well = account_.adopt(attempt_->fresh, attempt_->device, attempt_->keys, in);
    if (well.ok() && first) well = events_.made(!attempt_->sign_up);
  } else {
    well = account_.confirm(in);
  }
  if (well.ok()) events_.logging_in();
  if (well.ok()) well = vault_.on_logged_in(in);
  if (well.ok() && attempt_ && attempt_->next) well = go_on_changing(in);
  if (!well.ok()) {
    store_.rollback();
    restore_account();
    server_.engine().end(turn_.now_ms(), well.code(), well.error().text);
    return;
  }
  turn_.after_rollback([this](const Error& e) {
    restore_account();
    if (attempt_) server_.engine().end(turn_.now_ms(), e.code, e.text);
  });
  turn_.after_commit([this] {
    if (attempt_ && !attempt_->next) end(Unit{});
  });
}

void Login::ended(const Error& why) {
  const bool removed = why.code == Code::kDeviceEnded && account_.has_profile() && !account_.profile().ended;
  if (removed && turn_.begin()) turn_.check(account_.end_device());
  end(why);
}

void Login::end(const Result<>& result) {
  if (!attempt_) return;
  const Done done = std::move(attempt_->done);
  // A change of the password took the session down, and it was none.
  const bool resume = attempt_->next && !result.ok() && account_.unlocked();
  // The keys stay for the log-in that names the device to go.
  refused_.reset();
  if (result.code() == Code::kTooManyDevices) refused_.emplace(std::move(*attempt_));
  attempt_.reset();
  turn_.next_turn([this, done, result, resume] {
    // Without a profile nothing binds the next try to this server and user.
    if (!account_.has_profile()) server_.forget();
    done(result);
    if (resume && !closing_) start();
  });
}

void Login::log_in_replacing(const std::string& device, Done done) {
  const std::optional<Bytes> id = from_hex(device);
  if (!refused_ || !id || id->size() != wire::kDeviceId) {
    return turn_.next_turn(
        [done = std::move(done)] { done(err(Code::kLocalUsage, "log in again, and name a device to go")); });
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
  return retry_lost_sign_up(status) || retry_refused(status);
}

std::string Login::text_of(const core::LinkStatus& status) const {
  const std::string user = attempt_ ? attempt_->fresh.user : account_.has_profile() ? account_.profile().user : "";
  if (status.code == Code::kDeviceEnded) {
    return "this device was removed from the account: `fastchat login " + user + "` uses it again, as a new device";
  }
  if (status.code == Code::kPasswordNeeded) {
    return "the password is needed: `fastchat login " + user + "`; nothing that is here is lost";
  }
  return e2e::sanitise_line(status.text);
}

Login::Attempt Login::take_deriving() {
  Attempt out = std::move(*deriving_);
  deriving_.reset();
  return out;
}

}  // namespace fastchat::client
