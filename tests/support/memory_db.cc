#include "tests/support/memory_db.h"

#include <algorithm>

#include "common/check.h"

namespace fastchat::test {

void MemoryDb::go_back_to(const MemoryDb& earlier) {
  constexpr int64_t kAdvance = 1'000'000;
  MemoryDb now = *this;
  *this = earlier;
  now_ms = now.now_ms;
  generation = now.generation + 1;
  groups = now.groups;
  group_budget = now.group_budget;
  invites = now.invites;
  log = now.log;
  for (const auto& [uid, user] : now.users) {
    if (!users.emplace(uid, user).second) continue;
    uid_by_name[user.name] = uid;
    if (user.deleted) continue;
    const int64_t mailbox = now.mailbox_of(uid);
    devices[mailbox] = now.devices.at(mailbox);
    did_by_device[{uid, kMailboxDevice}] = mailbox;
  }
  for (int64_t MemoryDb::*last :
       {&MemoryDb::last_uid, &MemoryDb::last_did, &MemoryDb::last_mid, &MemoryDb::last_receipt, &MemoryDb::last_gid}) {
    this->*last = now.*last + kAdvance;
  }
}

MemoryDb::Device& MemoryDb::add_device(int64_t uid, const Bytes& device, const std::string& name) {
  const int64_t did = ++last_did;
  FC_CHECK(did_by_device.emplace(std::pair(uid, device), did).second);
  Device& row = devices[did];
  row.did = did;
  row.uid = uid;
  row.device = device;
  row.name = name;
  row.created_ms = now_ms;
  return row;
}

void MemoryDb::end_device(int64_t did) {
  const Device row = devices.at(did);
  auto others = devices_of(row.uid);
  std::erase(others, did);
  const bool last = others.empty();
  const auto logged_in = [this](int64_t a, int64_t b) {
    return devices.at(a).last_login_ms < devices.at(b).last_login_ms;
  };
  const auto heir = std::max_element(others.begin(), others.end(), logged_in);
  for (const int64_t mid : queued_for(did)) {
    const bool reached = queue.at({did, mid});
    if (last) queue.try_emplace({mailbox_of(row.uid), mid}, reached);
    queue.erase({did, mid});
    if (!last) hand_on(bodies.at(mid), row.uid, *heir, reached);
  }
  std::erase_if(receipts, [did](const auto& e) { return e.second.did == did; });
  ended[{row.uid, row.device}] = {did, row.created_ms};
  did_by_device.erase({row.uid, row.device});
  devices.erase(did);
}

void MemoryDb::hand_on(const Body& b, int64_t uid, int64_t heir, bool reached) {
  if (b.to_gid == 0 ? uid != b.to_uid : uid == b.from_uid) return;
  for (const auto& [did, device] : devices) {
    if (device.uid == uid && queue.contains({did, b.mid})) return;
  }
  if (uid != b.from_uid) {
    queue.try_emplace({heir, b.mid}, reached);
  } else if (devices.contains(b.from_did)) {
    const int64_t id = ++last_receipt;
    receipts[id] = {id, b.from_did, b.ref, 0};
  }
}

std::vector<std::string> MemoryDb::owned_groups(int64_t uid) const {
  std::vector<std::string> names;
  for (const auto& [id, group] : groups) {
    const bool others = std::any_of(group.members.begin(), group.members.end(),
                                    [&](const auto& m) { return m.first != uid && group.has(m.first); });
    if (group.admin == uid && !group.name.empty() && others) names.push_back(group.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void MemoryDb::leave_groups(int64_t uid) {
  for (auto& [id, group] : groups) {
    if (!group.has(uid)) continue;
    group.members.at(uid).back().left = group.epoch + 1;
    ++group.changes;
    if (group.admin == uid) group.name.clear();
  }
}

int64_t MemoryDb::standing_of(int64_t uid, int64_t other) const {
  const auto it = contacts.find({uid, other});
  return it == contacts.end() ? 0 : it->second;
}

bool MemoryDb::is_open(int64_t r, int64_t s) const {
  if (r == s) return true;
  const int64_t standing = standing_of(r, s);
  return standing != 0 ? standing == 1 : users.contains(r) && users.at(r).strangers == 1;
}

bool MemoryDb::is_invited(int64_t r, const Bytes& group_id) const {
  return !is_open(r, groups.at(group_id).admin) && !contact_groups.contains({r, group_id});
}

void MemoryDb::forget_contacts(int64_t uid) {
  std::erase_if(contacts, [uid](const auto& c) { return c.first.first == uid || c.first.second == uid; });
  std::erase_if(contact_groups, [uid](const auto& c) { return c.first == uid; });
  for (const auto& [message, request] : requests) {
    const auto mid = mid_by_identity.find(message);
    if (std::get<0>(message) != uid || mid == mid_by_identity.end()) continue;
    std::erase_if(queue, [&](const auto& row) { return row.first.second == mid->second; });
  }
  std::erase_if(requests, [uid](const auto& r) { return r.second.uid == uid || std::get<0>(r.first) == uid; });
  std::erase_if(cards, [uid](const auto& c) { return c.first.first == uid || c.second.redeemed_by == uid; });
  for (auto& [id, receipt] : receipts) {
    if (receipt.held_by == uid) receipt.held_by = 0;
  }
}

const MemoryDb::User* MemoryDb::user_of(const std::string& name) const {
  const auto uid = uid_by_name.find(name);
  if (uid == uid_by_name.end() || users.at(uid->second).deleted) return nullptr;
  return &users.at(uid->second);
}

int64_t MemoryDb::mailbox_of(int64_t uid) const {
  return did_by_device.at({uid, kMailboxDevice});
}

std::vector<int64_t> MemoryDb::devices_of(int64_t uid) const {
  std::vector<int64_t> dids;
  for (const auto& [did, device] : devices) {
    if (device.uid == uid && device.device != kMailboxDevice) dids.push_back(did);
  }
  return dids;
}

bool MemoryDb::Group::has(int64_t uid) const {
  const auto it = members.find(uid);
  return it != members.end() && it->second.back().left == 0;
}

bool MemoryDb::Group::had(int64_t uid, int64_t in_epoch) const {
  const auto it = members.find(uid);
  return it != members.end() && std::any_of(it->second.begin(), it->second.end(), [in_epoch](const Member& m) {
           return m.since <= in_epoch && (m.left == 0 || in_epoch < m.left);
         });
}

std::vector<int64_t> MemoryDb::queued_for(int64_t did) const {
  std::vector<int64_t> mids;
  for (auto it = queue.lower_bound({did, 0}); it != queue.end() && it->first.first == did; ++it)
    mids.push_back(it->first.second);
  return mids;
}

size_t MemoryDb::read_vault_parts(int64_t uid, const std::vector<Bytes>& hashes, size_t bytes,
                                  std::vector<Bytes>* parts) const {
  size_t looked = 0, sum = 0;
  for (const Bytes& hash : hashes) {
    const auto it = vault_parts.find({uid, hash});
    if (it != vault_parts.end()) sum += it->second.part.size();
    if (looked > 0 && sum > bytes) break;
    ++looked;
    if (it != vault_parts.end()) parts->push_back(it->second.part);
  }
  return looked;
}

}  // namespace fastchat::test
