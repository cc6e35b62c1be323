// Logging in, with the password or with a device's secret, changing the password, and deleting the account (PROTOCOL.md
// section 3).
#include <utility>

#include "broker/core/answers.h"
#include "broker/core/engine.h"
#include "common/check.h"
#include "common/hash.h"
#include "common/names.h"

namespace fastchat::broker {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kWrong = "unknown user or wrong password";
constexpr std::string_view kFailed = "too many failed logins: wait and try again";
constexpr std::string_view kOldVersion = "this request needs version 3 of the protocol";
constexpr std::string_view kOwnsGroups =
    "you are the admin of groups with other members: hand each of them over, or delete it, first";
constexpr std::string_view kTooMany = "too many devices: remove one first, or name the device to remove";

// Returns H(label "verifier" | auth), see docs/e2e.md.
Bytes verifier_of(ByteView auth) {
  return sha256({"FastChat/1/verifier\0"sv, auth});
}

// Returns H(label "device" | secret), see docs/e2e.md.
Bytes secret_hash_of(ByteView secret) {
  return sha256({"FastChat/1/device\0"sv, secret});
}

std::string_view text_of(Code code) {
  switch (code) {
    case Code::kDeviceEnded:
      return "this device was removed from the account and never logs in again";
    case Code::kPasswordNeeded:
      return "log in with the password: it was changed, or this device never logged in with it here";
    default:
      return kWrong;
  }
}

}  // namespace

Applicant Engine::applicant(const Link& link, std::string_view user, ByteView device) const {
  return {.name = std::string(user),
          .address = link.address,
          .device = std::string(device),
          .device_known = false,
          .many_behind = many_behind(link)};
}

void Engine::log_in(Link& link, const v1::ClientFrame& in) {
  const auto& asked = in.log_in();
  if (!valid_user_name(asked.user())) {
    return answer_error(link.rid, in.request(), Code::kNameNotAllowed, "this is not a user name");
  }
  const bool by_secret = !asked.secret().empty();
  if (link.version < 2 && (by_secret || !asked.secret_hash().empty() || !asked.replaces().empty())) {
    return answer_error(link.rid, in.request(), Code::kNotAllowed, "this request needs version 2 of the protocol");
  }
  link.state = LinkState::kVerifying;
  link.request = in.request();
  link.uid = link.owner = 0;
  Pending pending;
  pending.asked = Asked::kLogin;
  pending.client = {link.rid, link.serial};
  pending.client_key = link.client_key;
  pending.who = applicant(link, asked.user(), asked.device());
  pending.by_secret = by_secret;
  pending.proof = by_secret ? secret_hash_of(asked.secret()) : verifier_of(asked.auth());
  LogInDevice& login = pending.login;
  login.device = asked.device();
  login.device_name = asked.device_name();
  login.secret_hash = asked.secret_hash();
  login.replaces = asked.replaces();
  login.address = link.peer;
  login.max_devices = config_.max_devices;
  login.new_an_hour = config_.new_devices_an_hour;
  const size_t most = kShare * (pending.who.many_behind ? Throttle::kManyBehind : 1);
  ask_store(link.address, most, std::move(pending), FindLogin{asked.user(), asked.device()});
}

// Known and unknown users take the same steps: a hash, one round trip, one comparison of 32 bytes.
Code Engine::verify(const Pending& pending, const LoginRow& row) const {
  const Bytes none(wire::kSecret, '\0');
  const Bytes& stored = !pending.by_secret ? row.verifier : row.secret_hash.empty() ? none : row.secret_hash;
  const bool right = constant_time_equal(stored, pending.proof) && row.uid != 0;
  if (!pending.by_secret) return !right ? Code::kBadCredentials : row.device_ended ? Code::kDeviceEnded : Code::kOk;
  if (row.device_ended) return Code::kDeviceEnded;
  if (row.device_known && row.secret_hash.empty()) return Code::kPasswordNeeded;
  return right && row.device_known ? Code::kOk : Code::kBadCredentials;
}

void Engine::on_login_row(int64_t now_us, Link* link, Pending&& pending, const StoreBody& body) {
  if (!body.ok()) {
    ports_.event(Event::kStoreBusy, pending.who.name);
    return refuse(link, Code::kBusy, kBusyText, kBusyRetryMs);
  }
  const auto& row = std::get<LoginRow>(*body);
  pending.who.device_known = row.device_known;
  const int64_t wait_us = throttle_.wait_us(now_us, pending.who);
  if (wait_us > 0 && !pending.by_secret) {
    ports_.event(Event::kThrottled, pending.who.name);
    return refuse_later(now_us, link, Code::kThrottled, kFailed, retry_ms(wait_us));
  }
  const Code code = verify(pending, row);
  if (code == Code::kBadCredentials) {
    // A wrong secret is no guess at the password, so from an unknown device only the address is charged.
    if (pending.by_secret && !row.device_known) throttle_.failed_address(now_us, pending.who);
    if (!pending.by_secret || row.device_known) throttle_.failed(now_us, pending.who);
    ports_.event(Event::kBadCredentials, pending.who.name);
    if (wait_us > 0) return refuse_later(now_us, link, Code::kThrottled, kFailed, retry_ms(wait_us));
    return refuse_later(now_us, link, code, kWrong);
  }
  if (code == Code::kOk) throttle_.succeeded(pending.who);
  if (link == nullptr) return;
  // Only the rate limits a device with the right secret or password. A login that is refused below counts for its
  // device alone, so a removed device does not use up the rate of its former user.
  const std::string device = pending.who.name + '\0' + pending.who.device;
  int64_t too_often = logins_.take(now_us, device, kDeviceLogins, kDeviceLoginEveryUs);
  if (too_often == 0 && code == Code::kOk)
    too_often = logins_.take(now_us, pending.who.name, kUserLogins, kUserLoginEveryUs);
  if (too_often > 0) {
    ports_.event(Event::kThrottled, pending.who.name);
    return refuse_later(now_us, link, Code::kThrottled, "too many logins: wait and try again", retry_ms(too_often));
  }
  if (code != Code::kOk) return refuse_login(link, pending.who.name, code);
  pending.asked = Asked::kLogInDevice;
  pending.login.uid = row.uid;
  (pending.by_secret ? pending.login.held_hash : pending.login.verifier) = std::move(pending.proof);
  LogInDevice login = pending.login;
  const std::string user = pending.who.name;
  ask_store(user, kShare, std::move(pending), std::move(login));
}

void Engine::refuse_login(Link* link, const std::string& name, Code code) {
  ports_.event(code == Code::kDeviceEnded      ? Event::kDeviceEnded
               : code == Code::kPasswordNeeded ? Event::kPasswordNeeded
                                               : Event::kBadCredentials,
               name);
  refuse(link, code, text_of(code));
}

void Engine::on_logged_in(int64_t now_us, Link* link, const Pending& pending, StoreBody&& body) {
  if (!body.ok()) {
    ports_.event(Event::kStoreBusy, pending.who.name);
    return refuse(link, Code::kBusy, kBusyText, kBusyRetryMs);
  }
  auto& row = std::get<LoggedInDevice>(*body);
  if (row.code == Code::kTooManyDevices) return too_many_devices(link, pending, row);
  if (row.code == Code::kThrottled) {
    ports_.event(Event::kNewDeviceThrottled, pending.who.name);
    return refuse_later(now_us, link, Code::kThrottled, "too many new devices: wait and try again",
                        static_cast<uint64_t>(row.retry_ms));
  }
  if (row.code != Code::kOk) return refuse_login(link, pending.who.name, row.code);
  if (row.replaced.did != 0) {
    ports_.event(Event::kDeviceReplaced, pending.who.name);
    assignments_.end_device(static_cast<uint64_t>(pending.login.uid), static_cast<uint64_t>(row.replaced.did), 0);
  }
  // A client that is gone may have logged in at another broker meanwhile. Going on with this login would end the
  // session that the client has there.
  if (link != nullptr) let_in(now_us, *link, pending, std::move(row));
}

void Engine::too_many_devices(Link* link, const Pending& pending, const LoggedInDevice& row) {
  ports_.event(Event::kTooManyDevices, pending.who.name);
  if (link == nullptr || link->version < 2) return refuse(link, Code::kTooManyDevices, kTooMany);
  v1::ServerFrame out;
  auto* error = out.mutable_error();
  error->set_code(wire::to_wire(Code::kTooManyDevices));
  error->set_text(std::string(kTooMany));
  for (const DeviceInfo& info : row.devices) {
    auto* device = error->add_devices();
    device->set_device(info.device);
    device->set_name(info.name);
    device->set_created_ms(info.created_ms);
    device->set_last_login_ms(info.last_login_ms);
    device->set_address(info.address);
  }
  answer(link, LinkState::kReady, std::move(out));
}

void Engine::let_in(int64_t now_us, Link& link, const Pending& pending, LoggedInDevice&& row) {
  v1::Grant grant;
  grant.set_client_key(pending.client_key);
  grant.set_uid(static_cast<uint64_t>(pending.login.uid));
  grant.set_user(pending.who.name);
  grant.set_did(static_cast<uint64_t>(row.did));
  grant.set_device(pending.login.device);
  grant.set_session_epoch(static_cast<uint64_t>(row.session_epoch));

  ports_.event(Event::kLoggedIn, pending.who.name);
  if (pending.by_secret) ports_.event(Event::kLoggedInBySecret, pending.who.name);
  if (row.is_new) ports_.event(Event::kNewDevice, pending.who.name);
  link.owner = pending.login.uid;
  link.user = pending.who.name;
  link.parts_left = kPartsOfLogin;
  if (!pending.by_secret) {
    link.uid = pending.login.uid;
    link.device = pending.login.device;
  }
  v1::ServerFrame out;
  out.mutable_logged_in()->set_identity_blob(std::move(row.identity_blob));
  out.mutable_logged_in()->set_vault(std::move(row.vault));
  out.mutable_logged_in()->set_vault_version(static_cast<uint64_t>(row.vault_version));
  if (link.version >= 3) out.mutable_logged_in()->set_rekeys(static_cast<uint64_t>(row.rekeys));
  answer(&link, LinkState::kAssigning, std::move(out));
  assignments_.begin(now_us, pending.client, std::move(grant), row.is_new, row.mail_waits);
}

bool Engine::begin_change(int64_t now_us, Link& link, const v1::ClientFrame& in, Pending* pending) {
  if (link.version < 2 || link.uid == 0) {
    ports_.event(Event::kRefused, link.address);
    answer_error(link.rid, in.request(), Code::kNotAllowed, "log in with the password first");
    return false;
  }
  if (link.version < 3 && (in.has_delete_account() || in.change_password().rekeys_size() > 0)) {
    answer_error(link.rid, in.request(), Code::kNotAllowed, kOldVersion);
    return false;
  }
  pending->who = applicant(link, link.user, link.device);
  pending->who.device_known = true;
  link.state = LinkState::kChanging;
  link.request = in.request();
  if (const int64_t wait_us = throttle_.wait_us(now_us, pending->who); wait_us > 0) {
    ports_.event(Event::kThrottled, link.user);
    refuse_later(now_us, &link, Code::kThrottled, kFailed, retry_ms(wait_us));
    return false;
  }
  pending->client = {link.rid, link.serial};
  pending->login.uid = link.uid;
  pending->bytes = in.ByteSizeLong();
  return true;
}

void Engine::change_password(int64_t now_us, Link& link, const v1::ClientFrame& in) {
  Pending pending;
  if (!begin_change(now_us, link, in, &pending)) return;
  const auto& asked = in.change_password();
  pending.asked = Asked::kPassword;
  pending.rekeys = asked.rekeys_size() > 0;
  NewKey key{asked.public_key(), {asked.rekeys().begin(), asked.rekeys().end()}, static_cast<int64_t>(asked.rekey())};
  ask_store(link.user, kShare, std::move(pending),
            NewPassword{link.uid, link.device, verifier_of(asked.auth()), asked.verifier(), asked.identity_blob(),
                        asked.vault(), static_cast<int64_t>(asked.vault_version()), std::move(key)});
}

void Engine::on_password(int64_t now_us, Link* link, const Pending& pending, const StoreBody& body) {
  if (!body.ok()) {
    ports_.event(Event::kStoreBusy, pending.who.name);
    return refuse(link, Code::kBusy, kBusyText, kBusyRetryMs);
  }
  const auto& row = std::get<PasswordStored>(*body);
  if (row.code != Code::kOk) {
    ports_.event(row.code == Code::kDeviceEnded ? Event::kDeviceEnded : Event::kPasswordRefused, pending.who.name);
    if (row.code == Code::kBadCredentials) {
      throttle_.failed(now_us, pending.who);
      return refuse_later(now_us, link, row.code, kWrong);
    }
    const bool conflict = row.code == Code::kConflict;
    return refuse(link, row.code,
                  conflict ? "another device changed the vault: fetch it and try again" : text_of(row.code));
  }
  ports_.event(Event::kPasswordChanged, pending.who.name);
  if (pending.rekeys) {
    ports_.event(Event::kKeyChanged, pending.who.name);
    assignments_.forget_user(static_cast<uint64_t>(pending.login.uid));
  }
  for (const EndedDevice& other : row.others) {
    assignments_.end_device(static_cast<uint64_t>(pending.login.uid), static_cast<uint64_t>(other.did),
                            static_cast<uint64_t>(other.session_epoch));
  }
  v1::ServerFrame out;
  out.mutable_password_changed()->set_devices(row.others.size());
  answer(link, LinkState::kAssigned, std::move(out));
}

void Engine::delete_account(int64_t now_us, Link& link, const v1::ClientFrame& in) {
  Pending pending;
  if (!begin_change(now_us, link, in, &pending)) return;
  pending.asked = Asked::kDelete;
  ask_store(link.user, kShare, std::move(pending),
            DeleteUser{link.uid, link.device, verifier_of(in.delete_account().auth())});
}

void Engine::on_deleted(int64_t now_us, Link* link, const Pending& pending, const StoreBody& body) {
  if (!body.ok()) {
    ports_.event(Event::kStoreBusy, pending.who.name);
    return refuse(link, Code::kBusy, kBusyText, kBusyRetryMs);
  }
  const auto& row = std::get<UserDeleted>(*body);
  if (row.code == Code::kBadCredentials) {
    ports_.event(Event::kPasswordRefused, pending.who.name);
    throttle_.failed(now_us, pending.who);
    return refuse_later(now_us, link, row.code, kWrong);
  }
  v1::ServerFrame out;
  if (row.code == Code::kOwnsGroups && link != nullptr) {
    out.mutable_error()->set_code(wire::to_wire(row.code));
    out.mutable_error()->set_text(std::string(kOwnsGroups));
    for (const std::string& name : row.groups) out.mutable_error()->add_groups(name);
    return answer(link, LinkState::kAssigned, std::move(out));
  }
  if (row.code != Code::kOk) return refuse(link, row.code, text_of(row.code));
  ports_.event(Event::kAccountDeleted, pending.who.name);
  const auto uid = static_cast<uint64_t>(pending.login.uid);
  for (const int64_t did : row.dids) assignments_.end_device(uid, static_cast<uint64_t>(did), 0);
  assignments_.forget_user(uid);
  if (link != nullptr) link->uid = link->owner = 0;
  out.mutable_account_deleted();
  answer(link, LinkState::kReady, std::move(out));
}

}  // namespace fastchat::broker
