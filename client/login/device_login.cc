#include "client/login/device_login.h"

#include "common/check.h"
#include "common/try.h"

namespace fastchat::client {

Result<core::Credentials> DeviceLogin::credentials() {
  const store::Profile& p = account_.profile();
  core::Credentials c;
  c.user = p.user;
  c.device = p.device;
  c.device_name = p.device_name;
  if (p.ended || account_end_.done()) return err(Code::kDeviceEnded, "");
  const e2e::Secret& auth = account_.secrets().auth;
  if (auth.empty()) {
    Result<std::vector<Bytes>> secrets = secrets_.all();
    if (!secrets.ok()) return secrets.error();
    if (secrets->empty()) return err(Code::kPasswordNeeded, "");
    c.secrets = std::move(*secrets);
    return c;
  }
  // An earlier version kept the proof of the password. The device shows the proof once more, in exchange for a secret.
  FC_TRY(turn_.try_begin());
  Result<e2e::Secret> next = secrets_.next();
  if (!next.ok()) return next.error();
  c.auth = Bytes(auth.view());
  c.next_secret = Bytes(next->view());
  c.next_hash = device_secret_hash(*next);
  return c;
}

void DeviceLogin::start() {
  FC_CHECK(account_.unlocked());
  const store::Profile& p = account_.profile();
  Result<core::Credentials> c = credentials();
  if (!c.ok()) return turn_.before_commit([this, e = c.error()] { end(e); });
  if (!server_.opened()) open_(p.realm, p.broker_key, p.endpoints);
  if (c->auth.empty()) {
    server_.engine().start(turn_.now_ms(), std::move(*c));
    return turn_.wake();
  }
  turn_.after_commit([this, credentials = std::move(*c)] { server_.engine().start(turn_.now_ms(), credentials); });
  turn_.after_rollback([this](const Error& e) {
    restore_from_disk(account_);
    end(e);
  });
  turn_.wake();
}

void DeviceLogin::resume() {
  if (!closing_) start();
}

void DeviceLogin::end(const Error& why) {
  core::LinkStatus status;
  status.code = why.code;
  status.text = why.text;
  ended_(status);
}

}  // namespace fastchat::client
