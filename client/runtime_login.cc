// Sign-up, login and unlocking of a session.
#include <utility>

#include "client/e2e/seal.h"
#include "client/runtime_impl.h"
#include "common/names.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

constexpr size_t kDeviceBytes = 16;

}  // namespace

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
  Result<> allowed = Unit{};
  if (!fresh.ok()) {
    allowed = fresh.error();
  } else if (account_.has_profile()) {
    allowed = err(Code::kLocalUsage, "this folder has an account already: " + account_.profile().user);
  } else if (reserved_user_name(args.user)) {
    allowed = err(Code::kNameNotAllowed, "the name " + args.user + " is reserved: choose another");
  } else {
    allowed = e2e::check_password(args.password.view(), args.user);
  }
  if (!allowed.ok()) return soon([done = std::move(done), allowed] { done(allowed); });
  KeyJob job{std::move(args.password), fresh->realm, args.user, true, options_.derive};
  keys_.start(std::move(job), [this, fresh = std::move(*fresh), token = args.invite_token, done](KeyAnswer& answer) {
    finish_sign_up(fresh, token, answer, done);
  });
}

void Session::Impl::finish_sign_up(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer,
                                   const Done& done) {
  if (!answer.keys.ok()) return soon([done, e = answer.keys.error()] { done(e); });
  const e2e::Identity identity(fresh.realm, fresh.user, {std::move(*answer.pair)});
  const e2e::Secret vault_key = e2e::system_random().secret(e2e::kKey);
  e2e::VaultContent vault;
  vault.set_version(1);
  Result<Bytes> box = e2e::seal_vault(vault_key, fresh.user, vault);
  if (!box.ok()) return soon([done, e = box.error()] { done(e); });
  core::SignUpData data;
  data.public_key = identity.key().public_key().spki();
  data.identity_blob = e2e::seal_identity(answer.keys->wrap, identity, vault_key);
  data.vault = std::move(*box);
  data.verifier = e2e::password_verifier(answer.keys->auth);
  data.invite = token;
  begin_login(fresh, std::move(data), std::move(*answer.keys), done);
}

void Session::Impl::log_in(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = fresh_login(args);
  if (!fresh.ok()) return soon([done = std::move(done), e = fresh.error()] { done(e); });
  KeyJob job{std::move(args.password), fresh->realm, args.user, false, options_.derive};
  keys_.start(std::move(job), [this, fresh = std::move(*fresh), done](KeyAnswer& answer) {
    if (!answer.keys.ok()) return soon([done, e = answer.keys.error()] { done(e); });
    begin_login(fresh, std::nullopt, std::move(*answer.keys), done);
  });
}

void Session::Impl::begin_login(const Account::Fresh& fresh, std::optional<core::SignUpData> sign_up,
                                e2e::PasswordKeys keys, const Done& done) {
  core::Credentials c;
  c.user = fresh.user;
  c.auth = Bytes(keys.auth.view());
  c.device = account_.has_profile() ? account_.profile().device : random_bytes(kDeviceBytes);
  c.device_name = fresh.device_name;
  const bool signing_up = sign_up.has_value();
  c.sign_up = std::move(sign_up);
  if (!engine_) {
    make_engine(fresh.realm, fresh.broker_key, fresh.endpoints);
    restore();
  }
  login_.emplace(Login{fresh, c.device, std::move(keys), done, signing_up, 0});
  engine_->start(now_ms(), std::move(c));
  poke();
}

// The link broke after sign_up was sent, and the next try hears that the name is taken: perhaps by us. The login tells.
bool Session::Impl::retry_lost_sign_up(const core::LinkNote& note) {
  if (!login_ || !login_->sign_up || login_->tries == 0 || note.code != Code::kNameTaken) return false;
  login_->sign_up = false;
  soon([this] {
    core::Credentials c;
    c.user = login_->fresh.user;
    c.auth = Bytes(login_->keys.auth.view());
    c.device = login_->device;
    c.device_name = login_->fresh.device_name;
    engine_->start(now_ms(), std::move(c));
  });
  return true;
}

// Blob and vault are there: a first login writes the profile, a later one only compares.
void Session::Impl::logged_in(const core::LoggedIn& in) {
  if (!check(store_->begin())) return;
  Result<> well = Unit{};
  if (login_) {
    well = account_.adopt(login_->fresh, login_->device, login_->keys, in);
    if (well.ok() && !pins_) well = make_books(account_.profile().realm);
  } else {
    well = account_.check_blob(in.identity_blob);
  }
  if (well.ok()) well = vault_->on_logged_in(in);
  if (!well.ok()) {
    store_->rollback();
    if (login_) account_.forget();
    engine_->end(now_ms(), well.code(), well.error().text);
    return;
  }
  if (login_) {
    after_rollback_.push_back([this](const Error& e) {
      account_.forget();
      engine_->end(now_ms(), e.code, e.text);
    });
    after_commit([this] { end_login(Unit{}); });
  }
}

void Session::Impl::end_login(const Result<>& result) {
  if (!login_) return;
  const Done done = std::move(login_->done);
  login_.reset();
  soon([this, done, result] {
    // Without a profile nothing binds the next try to this server and user.
    if (!account_.has_profile()) engine_.reset();
    done(result);
  });
}

void Session::Impl::unlock(e2e::Secret password, Done done) {
  const store::Profile& p = account_.profile();
  KeyJob job{std::move(password), p.realm, p.user, false, options_.derive};
  keys_.start(std::move(job), [this, done = std::move(done)](KeyAnswer& answer) {
    Result<> well = answer.keys.ok() ? account_.unlock_with(*answer.keys) : Result<>(answer.keys.error());
    soon([done, well] { done(well); });
  });
}

}  // namespace fastchat::client
