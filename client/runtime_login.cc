// Sign-up and login of a session, and what a log-in's answer changes in the profile.
#include <algorithm>
#include <utility>

#include "client/runtime_impl.h"
#include "common/names.h"

namespace fastchat::client {

Result<Account::Fresh> Session::Impl::fresh_login(const AccountArgs& args) const {
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

void Session::Impl::sign_up(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = fresh_login(args);
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
  if (!allowed.ok()) return turn_.soon([done = std::move(done), allowed] { done(allowed); });
  KeyJob job{std::move(password), fresh->realm, args.user, true, options_.derive};
  keys_.start(std::move(job), [this, fresh = std::move(*fresh), token = args.invite_token, done](KeyAnswer& answer) {
    finish_sign_up(fresh, token, answer, done);
  });
}

void Session::Impl::finish_sign_up(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer,
                                   const Done& done) {
  if (!answer.keys.ok()) return turn_.soon([done, e = answer.keys.error()] { done(e); });
  const e2e::Identity identity(fresh.realm, fresh.user, {std::move(*answer.pair)});
  const e2e::Secret vault_key = e2e::system_random().secret(e2e::kKey);
  e2e::VaultContent vault;
  vault.set_version(1);
  Result<Bytes> box = e2e::seal_vault(vault_key, fresh.user, vault);
  if (!box.ok()) return turn_.soon([done, e = box.error()] { done(e); });
  core::SignUpData data;
  data.public_key = identity.key().public_key().spki();
  data.identity_blob = e2e::seal_identity(answer.keys->wrap, identity, vault_key);
  data.vault = std::move(*box);
  data.verifier = e2e::password_verifier(answer.keys->auth);
  data.invite = token;
  Login login{fresh, std::move(*answer.keys), done};
  login.sign_up = std::move(data);
  begin_login(std::move(login));
}

void Session::Impl::log_in(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = fresh_login(args);
  if (!fresh.ok()) return turn_.soon([done = std::move(done), e = fresh.error()] { done(e); });
  Login login{std::move(*fresh), {}, std::move(done)};
  login.forms = e2e::password_forms(args.password.view());
  login.replaces = from_hex(args.replaces).value_or(Bytes());
  try_password(std::move(login));
}

// With the next form of the password: an account may have been made with any of them.
void Session::Impl::try_password(Login login) {
  e2e::Secret form = std::move(login.forms.front());
  login.forms.erase(login.forms.begin());
  KeyJob job{std::move(form), login.fresh.realm, login.fresh.user, false, options_.derive};
  deriving_.emplace(std::move(login));
  keys_.start(std::move(job), [this](KeyAnswer& answer) {
    Login next = std::move(*deriving_);
    deriving_.reset();
    if (!answer.keys.ok()) return turn_.soon([done = next.done, e = answer.keys.error()] { done(e); });
    next.keys = std::move(*answer.keys);
    begin_login(std::move(next));
  });
}

// The secret that the broker is to know of is on disk before anything is sent.
void Session::Impl::begin_login(Login login) {
  turn_.after_rollback([this, done = login.done](const Error& e) {
    login_.reset();
    restore_account();
    done(e);
  });
  if (!check(store_->begin())) return;
  Result<Account::Attempt> attempt = account_.begin_log_in(login.fresh, login.keys);
  if (!check(attempt)) return;
  if (vault_) vault_->before_login();
  login.device = std::move(attempt->device);
  login.secret = std::move(attempt->secret);
  login_.emplace(std::move(login));
  turn_.after_commit([this] {
    if (!server_.opened()) {
      make_engine(login_->fresh.realm, login_->fresh.broker_key, login_->fresh.endpoints);
      restore();
    }
    // A change that may have been made is looked into before its old password is shown, and refused.
    const bool looks = login_->next && may_be_changed();
    Result<core::Credentials> own = looks ? own_credentials() : Result<core::Credentials>(login_credentials());
    server_.engine().start(now_ms(), own.ok() ? std::move(*own) : login_credentials());
  });
  turn_.poke();
}

core::Credentials Session::Impl::login_credentials() const {
  core::Credentials c;
  c.user = login_->fresh.user;
  c.auth = Bytes(login_->keys.auth.view());
  c.device = login_->device;
  c.device_name = login_->fresh.device_name;
  c.sign_up = login_->sign_up;
  c.next_secret = Bytes(login_->secret.view());
  c.next_hash = device_secret_hash(login_->secret);
  c.replaces = login_->replaces;
  c.changes_password = login_->next.has_value();
  return c;
}

// The secrets that log this profile in without a person. kPasswordNeeded: there are none.
Result<core::Credentials> Session::Impl::own_credentials() {
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
  if (auto begun = store_->begin(); !begun.ok()) return begun.error();
  Result<e2e::Secret> next = account_.next_secret();
  if (!next.ok()) return next.error();
  c.auth = Bytes(auth.view());
  c.next_secret = Bytes(next->view());
  c.next_hash = device_secret_hash(*next);
  return c;
}

void Session::Impl::start() {
  FC_CHECK(account_.unlocked());
  const store::Profile& p = account_.profile();
  Result<core::Credentials> c = own_credentials();
  if (!c.ok()) {
    core::LinkNote note;
    note.code = c.code();
    note.text = c.error().text;
    return turn_.soon([this, note] { link_changed(core::LinkState::kEnded, note); });
  }
  if (!server_.opened()) {
    make_engine(p.realm, p.broker_key, p.endpoints);
    restore();
  }
  if (c->auth.empty()) {
    server_.engine().start(now_ms(), std::move(*c));
    return turn_.poke();
  }
  turn_.after_commit([this, credentials = std::move(*c)] { server_.engine().start(now_ms(), credentials); });
  turn_.after_rollback([this](const Error& e) {
    restore_account();
    core::LinkNote note;
    note.code = e.code;
    note.text = e.text;
    link_changed(core::LinkState::kEnded, note);
  });
  turn_.poke();
}

// Undoes changes in memory that did not reach the disk.
void Session::Impl::restore_account() {
  account_.forget();
  if (account_.remembered()) (void)account_.unlock_from_disk();
}

// The link broke after sign_up was sent, and the next try hears that the name is taken: perhaps by us. The login tells.
bool Session::Impl::retry_lost_sign_up(const core::LinkNote& note) {
  if (!login_ || !login_->sign_up || login_->tries == 0 || note.code != Code::kNameTaken) return false;
  login_->sign_up.reset();
  turn_.soon([this] { server_.engine().start(now_ms(), login_credentials()); });
  return true;
}

// True when another form of the password, or another way to find out, is tried in place of giving up.
bool Session::Impl::retry_refused(const core::LinkNote& note) {
  if (login_ && note.code == Code::kDeviceEnded && login_->tries == 0) {
    // The person has the password: this device goes on under another id.
    deriving_.emplace(std::move(*login_));
    login_.reset();
    turn_.soon([this] {
      Login next = std::move(*deriving_);
      deriving_.reset();
      ++next.tries;
      if (!check(store_->begin()) || !check(store_->drop_log_in())) return next.done(*turn_.error());
      if (account_.has_profile() && !check(account_.end_device())) return next.done(*turn_.error());
      begin_login(std::move(next));
    });
    return true;
  }
  if (!login_ || note.code != Code::kBadCredentials) return false;
  if (!login_->forms.empty()) {
    deriving_.emplace(std::move(*login_));
    login_.reset();
    turn_.soon([this] {
      Login next = std::move(*deriving_);
      deriving_.reset();
      try_password(std::move(next));
    });
    return true;
  }
  return find_out_change();
}

// A first log-in of a device writes the profile, a later one compares; both take in the vault.
void Session::Impl::logged_in(const core::LoggedIn& in) {
  if (!check(store_->begin())) return;
  Result<> well = Unit{};
  if (login_ && in.by_password) {
    well = account_.adopt(login_->fresh, login_->device, login_->keys, in);
    if (well.ok() && !vault_) well = make_books(account_.profile().realm);
  } else {
    well = account_.confirm(in);
  }
  if (well.ok()) groups_before_ = groups_.all();
  if (well.ok()) well = vault_->on_logged_in(in);
  if (well.ok() && login_ && login_->next) well = go_on_changing(in);
  if (!well.ok()) {
    store_->rollback();
    restore_account();
    server_.engine().end(now_ms(), well.code(), well.error().text);
    return;
  }
  turn_.after_rollback([this](const Error& e) {
    restore_account();
    if (login_) server_.engine().end(now_ms(), e.code, e.text);
  });
  turn_.after_commit([this] {
    account_.committed();
    if (login_ && !login_->next) end_login(Unit{});
  });
}

void Session::Impl::end_login(const Result<>& result) {
  if (!login_) return;
  const Done done = std::move(login_->done);
  // A change of the password took the session down, and it was none.
  const bool resume = login_->next && !result.ok() && account_.unlocked();
  // The keys stay for the log-in that names the device to go.
  refused_.reset();
  if (result.code() == Code::kTooManyDevices) refused_.emplace(std::move(*login_));
  login_.reset();
  turn_.soon([this, done, result, resume] {
    // Without a profile nothing binds the next try to this server and user.
    if (!account_.has_profile()) server_.forget();
    done(result);
    if (resume && !closing_) start();
  });
}

void Session::Impl::log_in_replacing(const std::string& device, Done done) {
  const std::optional<Bytes> id = from_hex(device);
  if (!refused_ || !id || id->size() != wire::kDeviceId) {
    return turn_.soon(
        [done = std::move(done)] { done(err(Code::kLocalUsage, "log in again, and name a device to go")); });
  }
  Login login = std::move(*refused_);
  refused_.reset();
  login.replaces = *id;
  login.done = std::move(done);
  begin_login(std::move(login));
}

void Session::Impl::unlock(e2e::Secret password, Done done) {
  unlock_with_form(e2e::password_forms(password.view()), std::move(done));
}

void Session::Impl::unlock_with_form(std::vector<e2e::Secret> forms, Done done) {
  const store::Profile& p = account_.profile();
  KeyJob job{std::move(forms.front()), p.realm, p.user, false, options_.derive};
  forms.erase(forms.begin());
  unlock_forms_ = std::move(forms);
  keys_.start(std::move(job), [this, done = std::move(done)](KeyAnswer& answer) {
    Result<> well = answer.keys.ok() ? account_.unlock_with(*answer.keys) : Result<>(answer.keys.error());
    if (well.code() == Code::kBadCredentials && !unlock_forms_.empty()) {
      return unlock_with_form(std::move(unlock_forms_), done);
    }
    if (well.ok() && check(account_.keep_local_key()) && locked_because_ && check(account_.mend_key_file())) {
      turn_.after_commit([this] { account_.committed(); });
    }
    turn_.soon([done, well] { done(well); });
  });
}

}  // namespace fastchat::client
