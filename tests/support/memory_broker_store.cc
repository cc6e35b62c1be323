#include "tests/support/memory_broker_store.h"

#include <algorithm>

namespace fastchat::test {

using broker::Entered;
using broker::LoginRow;

Result<> MemoryBrokerStore::sign_up(const broker::NewUser& user) {
  const auto name = db_.uid_by_name.find(user.name);
  if (name != db_.uid_by_name.end()) {
    const auto& old = db_.users.at(name->second);
    if (old.public_key == user.public_key && old.verifier == user.verifier && old.identity_blob == user.identity_blob) {
      return Unit{};
    }
  }
  if (!user.invite_hash.empty()) {
    const auto invite = db_.invites.find(user.invite_hash);
    const bool good = invite != db_.invites.end() && invite->second.uses_left > 0 &&
                      (invite->second.expires_ms == 0 || invite->second.expires_ms > db_.now_ms);
    if (!good) return err(Code::kBadInvite, "this invite token is not valid");
    if (name == db_.uid_by_name.end()) --invite->second.uses_left;
  }
  if (name != db_.uid_by_name.end()) return err(Code::kNameTaken, "this name is taken");
  const int64_t uid = ++db_.last_uid;
  db_.users[uid] = {uid, user.name, user.public_key, user.identity_blob, user.verifier, user.vault, 1};
  db_.uid_by_name[user.name] = uid;
  db_.add_device(uid, kMailboxDevice, "");
  return Unit{};
}

Result<LoginRow> MemoryBrokerStore::login_row(const std::string& user) {
  const auto it = db_.uid_by_name.find(user);
  if (it == db_.uid_by_name.end()) return LoginRow{0, Bytes(32, '\0')};
  return LoginRow{it->second, db_.users.at(it->second).verifier};
}

Result<Entered> MemoryBrokerStore::enter_device(const broker::EnterDevice& enter) {
  const auto user = db_.users.find(enter.uid);
  if (user == db_.users.end()) return err(Code::kUnknownUser, "there is no such user");
  const auto it = db_.did_by_device.find({enter.uid, enter.device});
  auto& device = it == db_.did_by_device.end() ? db_.add_device(enter.uid, enter.device, enter.device_name)
                                               : db_.devices.at(it->second);
  device.name = enter.device_name;
  ++device.session_epoch;
  const bool is_new = device.last_login_ms == 0;
  if (is_new) {
    adopt_others(device);
  } else {
    device.last_login_ms = std::max<int64_t>(db_.now_ms, 1);
  }
  empty_mailbox(enter.uid);
  const auto& row = user->second;
  return Entered{device.did, device.session_epoch, is_new, row.identity_blob, row.vault, row.vault_version};
}

Result<> MemoryBrokerStore::adopt_queue(int64_t uid, int64_t did) {
  const auto it = db_.devices.find(did);
  if (it == db_.devices.end() || it->second.uid != uid) return Unit{};
  it->second.last_login_ms = std::max<int64_t>(db_.now_ms, 1);
  adopt_others(it->second);
  empty_mailbox(uid);
  return Unit{};
}

Result<> MemoryBrokerStore::create_invite(const Bytes& token_hash, int uses, int64_t expires_s) {
  db_.invites[token_hash] = {uses, expires_s == 0 ? 0 : db_.now_ms + expires_s * 1000};
  return Unit{};
}

Result<> MemoryBrokerStore::claim_realm(const Bytes& mine) {
  if (!db_.realm) db_.realm = mine;
  if (*db_.realm != mine) return err(Code::kWrongRealm, "the database belongs to another realm");
  return Unit{};
}

void MemoryBrokerStore::adopt_others(const MemoryDb::Device& device) {
  for (const int64_t other : db_.devices_of(device.uid)) {
    if (other == device.did) continue;
    for (const int64_t mid : db_.queued_for(other)) db_.queue.emplace(device.did, mid);
  }
}

void MemoryBrokerStore::empty_mailbox(int64_t uid) {
  const int64_t mailbox = db_.mailbox_of(uid);
  for (const int64_t mid : db_.queued_for(mailbox)) {
    for (const int64_t did : db_.devices_of(uid)) db_.queue.emplace(did, mid);
    db_.queue.erase({mailbox, mid});
  }
}

}  // namespace fastchat::test
