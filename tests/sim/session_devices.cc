#include "tests/sim/session_devices.h"

#include <optional>

#include "common/hash.h"

namespace fastchat::sim {

int64_t SessionDevices::did_of(const SessionDevice& d) const {
  const auto user = db_.uid_by_name.find(d.user);
  if (user == db_.uid_by_name.end() || d.id.empty()) return 0;
  const auto did = db_.did_by_device.find({user->second, d.id});
  return did == db_.did_by_device.end() ? 0 : did->second;
}

void SessionDevices::died(int device) {
  SessionDevice& d = devices_.at(device);
  d.died = true;
  ++d.life;
  said_.died(device);
}

void SessionDevices::put_back(int device) {
  SessionDevice& d = devices_.at(device);
  ++d.restored;
  ++d.life;
  ++d.losses;
}

void SessionDevices::attached(int device, const Bytes& id) {
  SessionDevice& d = devices_.at(device);
  d.id = id;
  ++d.sessions;
}

// A copy that was in the queue for one device is nowhere else once its sender was told that the recipient has it, or
// once the row says so.
void SessionDevices::database_went_back(const test::MemoryDb& before) {
  for (auto& [number, d] : devices_) d.losses += forgets(before, d) ? 1 : 0;
  for (const auto& [row, reached] : before.queue) {
    const auto& body = before.bodies.at(row.second);
    const auto now = db_.mid_by_identity.find({body.from_uid, body.stream, body.seq});
    if (now != db_.mid_by_identity.end() && db_.queue.contains({row.first, now->second})) continue;
    const auto& place = before.devices.at(row.first);
    Said::Message* const m = said_.find(to_hex(sha256({body.envelope}).substr(0, 16)));
    if (m != nullptr) m->lost = true;
    const uint64_t session = m == nullptr || m->device < 0 ? 0 : devices_.at(m->device).sessions;
    for (auto& [number, d] : devices_) {
      const auto owner = before.uid_by_name.find(d.user);
      const bool owns = owner != before.uid_by_name.end() && owner->second == place.uid;
      if (!owns || (d.id != place.device && place.device != test::kMailboxDevice)) continue;
      if (m != nullptr && (reached || m->delivered)) m->may_miss.insert(number);
      if (m != nullptr && !reached && !m->delivered) m->lost_for[number] = session;
      d.missed |= m == nullptr;
    }
  }
}

// Returns true when the database knew another password of the user, or another secret of the device. A device without
// an id has not been in a session yet: its first log-in may be lost.
bool SessionDevices::forgets(const test::MemoryDb& before, const SessionDevice& device) const {
  const auto uid = before.uid_by_name.find(device.user);
  if (uid == before.uid_by_name.end()) return false;
  if (device.id.empty() || before.users.at(uid->second).verifier != db_.users.at(uid->second).verifier) return true;
  const auto secret_in = [&](const test::MemoryDb& db) -> std::optional<Bytes> {
    const auto did = db.did_by_device.find({uid->second, device.id});
    return did == db.did_by_device.end() ? std::nullopt : std::optional(db.devices.at(did->second).secret_hash);
  };
  return secret_in(before) != secret_in(db_);
}

// "Delivered" may have been on its way when the database went back. A later session asks the database that there is.
void SessionDevices::delivered(Said::Message& m) const {
  m.accepted = m.delivered = true;
  for (const auto& [device, session] : m.lost_for) {
    if (session == devices_.at(m.device).sessions) m.may_miss.insert(device);
  }
}

bool SessionDevices::in_it_since(const Bytes& id, const std::string& user, uint64_t epoch) const {
  const auto group = db_.groups.find(id);
  const auto uid = db_.uid_by_name.find(user);
  if (group == db_.groups.end() || uid == db_.uid_by_name.end() || !group->second.has(uid->second)) return false;
  return group->second.members.at(uid->second).back().since <= static_cast<int64_t>(epoch);
}

}  // namespace fastchat::sim
