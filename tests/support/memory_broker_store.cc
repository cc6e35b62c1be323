#include "tests/support/memory_broker_store.h"

#include <algorithm>
#include <set>

#include "common/wire.h"

namespace fastchat::test {

using broker::LoggedInDevice;
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
    if (name == db_.uid_by_name.end() && !locked_out()) --invite->second.uses_left;
  }
  if (name != db_.uid_by_name.end()) return err(Code::kNameTaken, "this name is taken");
  if (locked_out()) return err(Code::kBusy, "the database has a log of keys");
  const int64_t uid = ++db_.last_uid;
  db_.users[uid] = {uid, user.name, user.public_key, user.identity_blob, user.verifier, user.vault};
  db_.users[uid].strangers = user.strangers;
  db_.uid_by_name[user.name] = uid;
  db_.add_device(uid, kMailboxDevice, "");
  log_key({user.name, user.public_key, 0});
  return Unit{};
}

Result<LoginRow> MemoryBrokerStore::login_row(const std::string& user, const Bytes& device) {
  const MemoryDb::User* found = db_.user_of(user);
  if (found == nullptr) return LoginRow{0, Bytes(32, '\0')};
  LoginRow row{found->uid, found->verifier};
  if (const auto did = db_.did_by_device.find({row.uid, device}); did != db_.did_by_device.end()) {
    row.device_known = true;
    row.secret_hash = db_.devices.at(did->second).secret_hash;
  }
  row.device_ended = db_.ended.contains({row.uid, device});
  return row;
}

Code MemoryBrokerStore::verify(const broker::LogInDevice& log_in) const {
  if (log_in.held_hash.empty()) {
    return db_.users.at(log_in.uid).verifier == log_in.verifier ? Code::kOk : Code::kBadCredentials;
  }
  const auto did = db_.did_by_device.find({log_in.uid, log_in.device});
  if (db_.ended.contains({log_in.uid, log_in.device})) return Code::kDeviceEnded;
  if (did == db_.did_by_device.end()) return Code::kBadCredentials;
  return db_.devices.at(did->second).secret_hash == log_in.held_hash ? Code::kOk : Code::kPasswordNeeded;
}

Code MemoryBrokerStore::make_room(const broker::LogInDevice& log_in, LoggedInDevice* out) {
  constexpr int64_t kHourMs = 3'600'000;
  if (db_.ended.contains({log_in.uid, log_in.device})) return Code::kDeviceEnded;
  std::vector<int64_t> lately;
  const auto count = [&](int64_t created_ms) {
    if (created_ms > db_.now_ms - kHourMs) lately.push_back(created_ms);
  };
  const auto dids = db_.devices_of(log_in.uid);
  for (const int64_t did : dids) count(db_.devices.at(did).created_ms);
  for (const auto& [key, ended] : db_.ended) {
    if (key.first == log_in.uid) count(ended.created_ms);
  }
  if (static_cast<int64_t>(lately.size()) >= log_in.new_an_hour) {
    out->retry_ms = *std::min_element(lately.begin(), lately.end()) + kHourMs - db_.now_ms;
    return Code::kThrottled;
  }
  const auto devices = static_cast<int64_t>(dids.size());
  if (devices < log_in.max_devices) return Code::kOk;
  const auto replaced = db_.did_by_device.find({log_in.uid, log_in.replaces});
  if (devices == log_in.max_devices && !log_in.replaces.empty() && replaced != db_.did_by_device.end()) {
    out->replaced.did = replaced->second;
    db_.end_device(replaced->second);
    return Code::kOk;
  }
  for (const int64_t did : dids) {
    const auto& d = db_.devices.at(did);
    out->devices.push_back({d.device, d.name, d.created_ms, d.last_login_ms, d.address});
  }
  return Code::kTooManyDevices;
}

Result<LoggedInDevice> MemoryBrokerStore::log_in_device(const broker::LogInDevice& log_in) {
  const auto user = db_.users.find(log_in.uid);
  if (user == db_.users.end()) return err(Code::kUnknownUser, "there is no such user");
  LoggedInDevice out;
  out.code = verify(log_in);
  const bool known = db_.did_by_device.contains({log_in.uid, log_in.device});
  if (out.code == Code::kOk && !known) out.code = make_room(log_in, &out);
  if (out.code != Code::kOk) return out;
  auto& device = known ? db_.devices.at(db_.did_by_device.at({log_in.uid, log_in.device}))
                       : db_.add_device(log_in.uid, log_in.device, log_in.device_name);
  if (!known) device.address = log_in.address;
  if (!log_in.secret_hash.empty()) device.secret_hash = log_in.secret_hash;
  if (!device.named) device.name = log_in.device_name;
  out.did = device.did;
  // Exceeds every epoch of earlier generations, lost ones included.
  device.session_epoch = std::max(device.session_epoch, (db_.generation - 1) << 32) + 1;
  out.session_epoch = device.session_epoch;
  out.is_new = device.last_login_ms == 0;
  if (!out.is_new) device.last_login_ms = std::max<int64_t>(db_.now_ms, 1);
  out.mail_waits = !db_.queued_for(db_.mailbox_of(log_in.uid)).empty();
  if (log_in.held_hash.empty()) out.identity_blob = user->second.identity_blob;
  out.vault = user->second.vault;
  out.vault_version = user->second.vault_version;
  out.rekeys = static_cast<int64_t>(user->second.rekeys.size());
  return out;
}

Result<broker::Adopted> MemoryBrokerStore::adopt_queue(int64_t uid, int64_t did) {
  const auto it = db_.devices.find(did);
  if (it == db_.devices.end() || it->second.uid != uid) return broker::Adopted{};
  if (empty_mailbox(uid)) return broker::Adopted{true};
  auto& device = it->second;
  if (device.last_login_ms != 0) return broker::Adopted{};
  if (adopt_others(device)) return broker::Adopted{true};
  device.last_login_ms = std::max<int64_t>(db_.now_ms, 1);
  return broker::Adopted{};
}

Result<broker::PasswordStored> MemoryBrokerStore::change_password(const broker::NewPassword& change) {
  broker::PasswordStored out;
  auto& user = db_.users.at(change.uid);
  const bool again = user.verifier == change.verifier && user.identity_blob == change.identity_blob &&
                     user.vault_version >= change.vault_version;
  if (user.deleted) {
    out.code = Code::kBadCredentials;
  } else if (!db_.did_by_device.contains({change.uid, change.device})) {
    out.code = Code::kDeviceEnded;
  } else if (!again && user.verifier != change.old_verifier) {
    out.code = Code::kBadCredentials;
  } else if (!again && user.vault_version != change.vault_version - 1) {
    out.code = Code::kConflict;
  } else if (!again && !change.key.public_key.empty()) {
    const auto before = change.key.number - static_cast<int64_t>(change.key.rekeys.size());
    const auto stored = static_cast<int64_t>(user.rekeys.size());
    if (stored < before || stored >= change.key.number) out.code = Code::kConflict;
  }
  if (out.code != Code::kOk) return out;
  if (!again && !change.key.public_key.empty() && locked_out())
    return err(Code::kBusy, "the database has a log of keys");
  if (!again) {
    user.verifier = change.verifier;
    user.identity_blob = change.identity_blob;
    user.vault = change.vault;
    user.vault_version = change.vault_version;
    if (!change.key.public_key.empty()) {
      const size_t before = static_cast<size_t>(change.key.number) - change.key.rekeys.size();
      for (size_t i = user.rekeys.size() - before; i < change.key.rekeys.size(); ++i) {
        user.rekeys.push_back(change.key.rekeys[i]);
      }
      if (user.first_public_key.empty()) user.first_public_key = user.public_key;
      user.public_key = change.key.public_key;
      log_key({user.name, user.public_key, user.rekeys.size()});
    }
  }
  for (const int64_t did : db_.devices_of(change.uid)) {
    auto& device = db_.devices.at(did);
    if (device.device == change.device) continue;
    if (again && (!device.secret_hash.empty() || device.valid_from != device.session_epoch)) continue;
    if (!again) device.valid_from = ++device.session_epoch;
    device.secret_hash.clear();
    out.others.push_back({did, device.valid_from});
  }
  return out;
}

Result<broker::UserDeleted> MemoryBrokerStore::delete_user(const broker::DeleteUser& asked) {
  broker::UserDeleted out;
  auto& user = db_.users.at(asked.uid);
  const auto end = [&](int64_t did) {
    db_.gone_devices[did] = user.uid;
    db_.did_by_device.erase({user.uid, db_.devices.at(did).device});
    db_.devices.erase(did);
  };
  if (!user.deleted) {
    if (!db_.did_by_device.contains({asked.uid, asked.device})) out.code = Code::kDeviceEnded;
    if (out.code == Code::kOk && user.verifier != asked.verifier) out.code = Code::kBadCredentials;
    if (out.code == Code::kOk) out.groups = db_.owned_groups(user.uid);
    if (!out.groups.empty()) out.code = Code::kOwnsGroups;
    if (out.code != Code::kOk) return out;
    if (locked_out()) return err(Code::kBusy, "the database has a log of keys");
    db_.leave_groups(user.uid);
    db_.forget_contacts(user.uid);
    for (const int64_t did : db_.devices_of(user.uid)) end(did);
    end(db_.mailbox_of(user.uid));
    std::erase_if(db_.vault_parts, [&](const auto& e) { return e.first.first == user.uid; });
    std::erase_if(db_.ended, [&](const auto& e) { return e.first.first == user.uid; });
    log_key({user.name, {}, broker::counter_of_end(user.rekeys.size(), newest_counter(user.name))});
    user = {user.uid, user.name, "", "", Bytes(32, '\0'), "", user.vault_version};
    user.deleted = true;
  }
  for (const auto& [did, uid] : db_.gone_devices) {
    if (uid == user.uid) out.dids.push_back(did);
  }
  return out;
}

Result<broker::PartsRead> MemoryBrokerStore::read_parts(const broker::ReadParts& asked) {
  broker::PartsRead out;
  out.looked = db_.read_vault_parts(asked.uid, asked.hashes, wire::kPartsPerAnswer, &out.parts);
  return out;
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

// Returns whether there is more to adopt.
bool MemoryBrokerStore::adopt_others(MemoryDb::Device& device) {
  std::map<int64_t, bool> given;
  for (const int64_t other : db_.devices_of(device.uid)) {
    if (other == device.did) continue;
    for (const int64_t mid : db_.queued_for(other)) {
      if (mid > device.adopted_mid) given[mid] |= db_.queue.at({other, mid});
    }
  }
  size_t left = slice_;
  for (const auto& [mid, reached] : given) {
    if (left-- == 0) return true;
    db_.queue.try_emplace({device.did, mid}, reached);
    device.adopted_mid = mid;
  }
  return false;
}

bool MemoryBrokerStore::empty_mailbox(int64_t uid) {
  const int64_t mailbox = db_.mailbox_of(uid);
  size_t left = slice_;
  for (const int64_t mid : db_.queued_for(mailbox)) {
    if (left-- == 0) return true;
    const bool reached = db_.queue.at({mailbox, mid});
    for (const int64_t did : db_.devices_of(uid)) db_.queue.try_emplace({did, mid}, reached);
    db_.queue.erase({mailbox, mid});
  }
  return false;
}

}  // namespace fastchat::test
