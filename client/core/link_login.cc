// The login of a link, by password or by a secret of the device, the change of a password, and the end of an account.
#include <algorithm>
#include <utility>

#include "client/core/link.h"
#include "common/codes.h"
#include "common/wire.h"

namespace fastchat::core {
namespace {

using S = LinkState;
using E = LinkEvent;

void forget(Bytes& secret) {
  std::fill(secret.begin(), secret.end(), '\0');
  secret.clear();
}

}  // namespace

void Link::send_log_in(int64_t now) {
  v1::ClientFrame frame;
  frame.set_request(kLogInId);
  v1::LogIn& out = *frame.mutable_log_in();
  out.set_user(credentials_.user);
  out.set_device(credentials_.device);
  out.set_device_name(credentials_.device_name);
  if (credentials_.auth.empty()) {
    out.set_secret(credentials_.secrets[secret_]);
  } else {
    out.set_auth(credentials_.auth);
    if (broker_version_ >= 2) {
      out.set_secret_hash(credentials_.next_hash);
      out.set_replaces(credentials_.replaces);
    }
  }
  send_frame(now, frame);
}

// Forgets the password, which this session does not need again, and the secrets before the accepted one. A secret
// behind the accepted one belongs to an interrupted login. That secret stays, because the login may still take effect.
void Link::secret_holds(const Bytes& secret) {
  forget(credentials_.auth);
  auto& known = credentials_.secrets;
  known.erase(known.begin(), std::find(known.begin(), known.end(), secret));
  if (known.empty()) known.push_back(secret);
  credentials_.changes_password = false;
  credentials_.deletes_account = false;
  credentials_.replaces.clear();
}

void Link::on_logged_in(int64_t now, const v1::LoggedIn& in) {
  if (state_ != S::kLoggingIn) return fire(now, E::kLoggedIn);
  LoggedIn told{in.identity_blob(), in.vault(), in.vault_version()};
  told.by_password = !credentials_.auth.empty();
  told.version = broker_version_;
  told.rekeys = in.rekeys();
  if (told.by_password == in.identity_blob().empty()) {
    return retry(now, Code::kMalformed, "the server broke the protocol");
  }
  if (!told.by_password) {
    told.secret = credentials_.secrets[secret_];
  } else if (broker_version_ >= 2) {
    told.secret = credentials_.next_secret;
  }
  // A password change and the end of the account prove the password once more, so the password is kept until then.
  if (!told.secret.empty() && !shows_again()) secret_holds(told.secret);
  fire(now, E::kLoggedIn);
  ports_.logged_in(told);
}

void Link::get_parts(int64_t now, std::vector<Bytes> hashes) {
  if (state_ != S::kFetchingVault || parts_asked_ || hashes.empty()) return;
  if (broker_version_ < 5) {
    ++broker_;  // another one may be newer
    return retry(now, Code::kUnsupportedVersion, "this server is older than the one that keeps your vault");
  }
  v1::ClientFrame frame;
  frame.set_request(kPartsId);
  for (Bytes& hash : hashes) frame.mutable_get_vault_parts()->add_hashes(std::move(hash));
  parts_asked_ = true;
  deadline_ = now + config_.answer_timeout_ms;
  send_frame(now, frame);
}

void Link::on_parts(int64_t now, v1::ServerFrame& frame) {
  if (!std::exchange(parts_asked_, false) || state_ != S::kFetchingVault)
    return retry(now, Code::kMalformed, "the server broke the protocol");
  deadline_ = now + config_.answer_timeout_ms;
  ports_.reply(kPartsId, &frame);
}

void Link::parts_done(int64_t now) {
  if (!awaits_parts_) return;
  awaits_parts_ = false;
  if (state_ == S::kFetchingVault) fire(now, after_assignment());
}

void Link::change_password(int64_t now, PasswordChange change) {
  if (!credentials_.changes_password || change_sent_) return;
  if (!may_prepare_change()) return;
  change_ = std::move(change);
  if (state_ == S::kChangingPassword) send_change(now);
}

void Link::delete_account(int64_t now) {
  if (!credentials_.deletes_account || change_sent_) return;
  if (!may_prepare_change()) return;
  deletion_ready_ = true;
  if (state_ == S::kChangingPassword) send_change(now);
}

void Link::send_change(int64_t now) {
  if (!change_ && !deletion_ready_) return;
  v1::ClientFrame frame;
  frame.set_request(kChangeId);
  change_sent_ = true;
  deadline_ = now + config_.answer_timeout_ms;
  if (deletion_ready_) {
    frame.mutable_delete_account()->set_auth(credentials_.auth);
    return send_frame(now, frame);
  }
  v1::ChangePassword& out = *frame.mutable_change_password();
  out.set_auth(credentials_.auth);
  out.set_verifier(change_->verifier);
  out.set_identity_blob(change_->identity_blob);
  out.set_vault(change_->vault);
  out.set_vault_version(change_->vault_version);
  out.set_public_key(change_->public_key);
  for (const Bytes& rekey : change_->rekeys) out.add_rekeys(rekey);
  out.set_rekey(change_->rekey);
  send_frame(now, frame);
}

void Link::on_password_changed(int64_t now, const v1::PasswordChanged& changed) {
  if (state_ == S::kChangingPassword && (!change_sent_ || deletion_ready_)) {
    return retry(now, Code::kMalformed, "the server broke the protocol");
  }
  if (state_ == S::kChangingPassword) {
    change_.reset();
    change_sent_ = false;
    secret_holds(credentials_.next_secret);
    ports_.password_changed(changed.devices());
  }
  fire(now, E::kPasswordChanged);
}

void Link::on_account_deleted(int64_t now) {
  if (state_ != S::kChangingPassword || !change_sent_ || !deletion_ready_) {
    return retry(now, Code::kMalformed, "the server broke the protocol");
  }
  ports_.account_deleted();
  end(now, Code::kDeviceEnded, "this account was deleted");
}

// Tries the next secret; returns false when none is left. After an interrupted login either of two secrets may be the
// one that the broker stores.
bool Link::try_next_secret(int64_t now) {
  if (state_ != S::kLoggingIn || !credentials_.auth.empty() || secret_ + 1 >= credentials_.secrets.size()) return false;
  ++secret_;
  deadline_ = now + config_.answer_timeout_ms;
  send_log_in(now);
  return true;
}

void Link::on_error(int64_t now, const v1::Error& error) {
  Code code = static_cast<Code>(error.code());
  // For an unknown secret the broker reports kBadCredentials only.
  const bool by_secret = state_ == S::kLoggingIn && credentials_.auth.empty();
  const bool unknown = by_secret && code == Code::kBadCredentials;
  if (unknown) code = Code::kPasswordNeeded;
  if (code == Code::kPasswordNeeded && try_next_secret(now)) return;
  if (state_ == S::kChangingPassword && change_sent_ && code == Code::kBadCredentials) {
    // The stored verifier was changed, by another change or by an earlier try of this one.
    retry(now, code, error.text());
  } else if (code == Code::kSuperseded && now - lost_login_at_ < kOldLogin) {
    // Most likely this device superseded itself: the login of an abandoned try took effect after this session's login.
    retry(now, code, "an earlier login of this device arrived late");
  } else if (code == Code::kSuperseded) {
    end(now, code, "this device logged in again elsewhere: this session has ended");
  } else if (facts(code).final_login) {
    LinkStatus status;
    status.code = code;
    status.text = error.text();
    status.unknown = unknown;
    for (int i = 0; i < error.groups_size(); ++i) status.text += (i == 0 ? ": #" : ", #") + error.groups(i);
    for (const v1::Device& d : error.devices()) {
      status.devices.push_back({d.device(), d.name(), d.address(), d.created_ms(), d.last_login_ms(), d.online()});
    }
    if (attached()) say_bye(now);
    fire(now, E::kFinal, std::move(status));
  } else {
    retry(now, code, error.text(), static_cast<int64_t>(std::min<uint64_t>(error.retry_after_ms(), 3'600'000)));
  }
}

}  // namespace fastchat::core
