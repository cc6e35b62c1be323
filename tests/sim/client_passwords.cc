// Proves itself to a broker and changes the password, in the steps of client/login/login.cc and password_changer.cc.
#include "common/hash.h"
#include "tests/sim/client_node.h"

namespace fastchat::sim {

using namespace std::string_view_literals;

Bytes ClientNode::drawn_secret() const {
  return sha256({"secret of "sv, name(), std::to_string(disk_.secrets)});
}

core::Credentials ClientNode::credentials() const {
  core::Credentials c;
  c.user = user_;
  c.device = device_id(device_);
  c.device_name = name();
  return c;
}

// Writes the secret down before showing it. An interrupted login goes on with its secret.
void ClientNode::show_password(core::Credentials& c) {
  if (!std::exchange(disk_.drawn, true)) ++disk_.secrets;
  c.auth = oracle_.passwords.auth_of(user_);
  c.next_secret = drawn_secret();
  c.next_hash = sha256({"FastChat/1/device\0"sv, c.next_secret});
  changes_at_start_ = oracle_.passwords.changes(user_);
}

// When the end of a login was not seen, the broker may have either of two secrets.
void ClientNode::show_secret(core::Credentials& c) const {
  c.secrets = {disk_.secret};
  if (disk_.drawn) c.secrets.push_back(drawn_secret());
}

void ClientNode::change_password() {
  post(life(), Source::kOwn, [this] {
    if (ended_ || !live()) return;
    world_.trace([&] { return name() + " changes the password"; });
    new_auth_ = oracle_.passwords.draw();
    core::Credentials c = credentials();
    show_password(c);
    c.changes_password = true;
    engine_->start(ms(), std::move(c));
  });
}

// The broker waits for the change. Its vault follows the vault of the login.
void ClientNode::send_change() {
  post(life(), Source::kOwn, [this] {
    if (ended_ || engine_->state() != core::LinkState::kChangingPassword) return;
    const std::string vault = "vault of " + name() + " " + std::to_string(world_.rng.next());
    engine_->change_password(
        ms(), {Passwords::verifier_of(new_auth_), "blob of " + user_, vault, logged_in_vault_version_ + 1});
  });
}

void ClientNode::password_changed(uint64_t devices) {
  world_.trace([&] { return name() + " hears: changed, " + std::to_string(devices) + " other devices"; });
  if (!oracle_.passwords.made(new_auth_)) throw Violation("told means changed", name() + " has the password it had");
}

// Returns true when the user typed a password that another device had changed meanwhile, or has to type the new one.
bool ClientNode::ended_by_change(Code code) const {
  if (code == Code::kPasswordNeeded) return oracle_.passwords.needed(user_, device_id(device_));
  const bool typed = code == Code::kBadCredentials || code == Code::kNameTaken;
  return typed && oracle_.passwords.changes(user_) > changes_at_start_;
}

}  // namespace fastchat::sim
