#include "client/login/sign_up.h"

#include "client/e2e/limits.h"
#include "client/e2e/random.h"
#include "common/names.h"

namespace fastchat::client {

void SignUp::begin(AccountArgs args, Done done) {
  Result<Account::Fresh> fresh = login_.fresh(args);
  e2e::Secret password = e2e::composed_password(args.password.view());
  Result<> allowed = Unit{};
  if (!fresh.ok()) {
    allowed = fresh.error();
  } else if (account_.has_profile()) {
    allowed = err(Code::kLocalUsage,
                  "this folder has an account already: " + account_.profile().user + "; use another --data-dir");
  } else if (reserved_user_name(args.user)) {
    allowed = err(Code::kNameNotAllowed, "the name " + args.user + " is reserved: choose another");
  } else {
    allowed = e2e::check_password(password.view(), args.user);
  }
  if (!allowed.ok()) return turn_.before_commit([done = std::move(done), allowed] { done(allowed); });
  KeyJob job{std::move(password), fresh->realm, args.user, true, derive_};
  keys_.start(std::move(job), [this, fresh = std::move(*fresh), token = args.invite_token, done](KeyAnswer& answer) {
    finish(fresh, token, answer, done);
  });
}

void SignUp::finish(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer, const Done& done) {
  if (!answer.keys.ok()) return turn_.before_commit([done, e = answer.keys.error()] { done(e); });
  const e2e::Identity identity(fresh.realm, fresh.user, {std::move(*answer.pair)});
  const e2e::Secret vault_key = e2e::system_random().secret(e2e::kKey);
  e2e::VaultContent vault;
  vault.set_version(1);
  Result<Bytes> box = e2e::seal_vault(vault_key, fresh.user, vault);
  if (!box.ok()) return turn_.before_commit([done, e = box.error()] { done(e); });
  core::SignUpData data;
  data.public_key = identity.key().public_key().spki();
  data.identity_blob = e2e::seal_identity(answer.keys->wrap, identity, vault_key);
  data.vault = std::move(*box);
  data.verifier = e2e::password_verifier(answer.keys->auth);
  data.invite = token;
  Login::Attempt attempt{fresh, std::move(*answer.keys), done};
  attempt.sign_up = std::move(data);
  login_.begin(std::move(attempt));
}

}  // namespace fastchat::client
