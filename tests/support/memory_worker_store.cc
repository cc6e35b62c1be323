#include "tests/support/memory_worker_store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "common/check.h"

namespace fastchat::test {
namespace {

using namespace worker;

constexpr int64_t kReapAfterMs = 60'000, kQueueDays = 30, kDeviceDays = 180;
constexpr size_t kReceiptsAtOnce = 1'000;
constexpr size_t kDrainBytes = 512 << 10;

}  // namespace

StoreReply MemoryWorkerStore::run(StoreRequest request) {
  return std::visit([this](auto& r) -> StoreReply { return serve(std::move(r)); }, request);
}

const MemoryDb::Body* MemoryWorkerStore::body_of(const QueueInsert& row) {
  const auto [it, fresh] = db_.mid_by_identity.try_emplace(
      MemoryDb::Identity{i64(row.from_uid), row.stream, i64(row.seq)}, db_.last_mid + 1);
  if (fresh) {
    ++db_.last_mid;
    db_.bodies[it->second] = {it->second,     i64(row.from_uid), i64(row.from_did),
                              i64(row.ref),   i64(row.to_uid),   row.stream,
                              i64(row.seq),   row.envelope,      0,
                              i64(row.to_gid)};
  }
  MemoryDb::Body& body = db_.bodies.at(it->second);
  const bool same = body.envelope == row.envelope && body.to_uid == i64(row.to_uid) && body.to_gid == i64(row.to_gid);
  if (!same) return nullptr;
  body.stored_ms = db_.now_ms;
  body.from_did = i64(row.from_did);
  body.ref = i64(row.ref);
  return &body;
}

Code MemoryWorkerStore::room_for(const QueueInsert& row, int64_t did) const {
  uint64_t rows = 0, bytes = 0, own_rows = 0, own_bytes = 0;
  for (const int64_t mid : db_.queued_for(did)) {
    const auto& body = db_.bodies.at(mid);
    const bool own = body.from_uid == i64(row.from_uid);
    ++rows;
    bytes += body.envelope.size();
    own_rows += own ? 1 : 0;
    own_bytes += own ? body.envelope.size() : 0;
  }
  if (rows >= quota_rows_ || bytes >= quota_bytes_) return Code::kRecipientFull;
  const bool much = own_rows >= std::max<uint64_t>(quota_rows_ / 4, 1) || own_bytes >= quota_bytes_ / 4;
  return much ? Code::kShareFull : Code::kOk;
}

// Returns the device itself. For a device that is gone, and for the mailbox of a user who has devices, returns the
// devices of the user.
std::vector<int64_t> MemoryWorkerStore::places_of(int64_t did, int64_t owner, int64_t from_did) const {
  const auto it = db_.devices.find(did);
  if (it != db_.devices.end() && it->second.device != kMailboxDevice) return {did};
  if (!db_.users.contains(owner) || db_.users.at(owner).deleted) return {};
  auto places = db_.devices_of(owner);
  if (places.empty()) places.push_back(db_.mailbox_of(owner));
  std::erase(places, from_did);
  return places;
}

InsertDone MemoryWorkerStore::serve(InsertBatch&& r) {
  InsertDone done;
  for (const auto& row : r.rows) {
    FC_CHECK(row.owners.size() == row.dids.size());
    bool known = false;
    const Code taken = row.stranger ? take_stranger(row, &known) : Code::kOk;
    for (size_t i = 0; i < row.dids.size(); ++i) {
      const int64_t did = i64(row.dids[i]), owner = i64(row.owners[i]);
      if (known) {
        done.outcomes.push_back({row.pid, row.dids[i], Code::kOk});
        continue;
      }
      Code code = taken != Code::kOk ? taken : room_for(row, did);
      const bool full = code == Code::kRecipientFull || code == Code::kShareFull;
      if (row.stranger && full) code = Code::kNotAcceptedYet;
      const MemoryDb::Body* body = code == Code::kOk ? body_of(row) : nullptr;
      if (code == Code::kOk && body == nullptr) code = Code::kConflict;
      const bool nobody = !db_.users.contains(owner) || db_.users.at(owner).deleted;
      if (code == Code::kOk && !db_.devices.contains(did) && nobody) code = Code::kUnknownUser;
      done.outcomes.push_back({row.pid, row.dids[i], code});
      if (code != Code::kOk) continue;
      const bool reached = std::find(row.reached.begin(), row.reached.end(), row.owners[i]) != row.reached.end();
      for (const int64_t to : places_of(did, owner, i64(row.from_did))) db_.queue.try_emplace({to, body->mid}, reached);
    }
  }
  return done;
}

RemoveDone MemoryWorkerStore::serve(RemoveBatch&& r) {
  if (r.store != generation()) return {Code::kOk, std::move(r), generation()};
  for (const auto& row : r.rows) {
    const auto device = db_.devices.find(i64(row.did));
    if (db_.queue.erase({i64(row.did), i64(row.mid)}) == 0 || device == db_.devices.end()) continue;
    for (const int64_t other : db_.devices_of(device->second.uid)) {
      if (const auto it = db_.queue.find({other, i64(row.mid)}); it != db_.queue.end()) it->second = true;
    }
  }
  for (const auto& told : r.tell) {
    const auto device = db_.devices.find(i64(told.did));
    if (device == db_.devices.end() || device->second.session_epoch <= i64(told.epoch)) continue;
    r.keep_receipts.push_back({told.did, told.ref});
  }
  for (const auto& keep : r.keep_receipts) {
    const int64_t id = ++db_.last_receipt;
    db_.receipts[id] = {id, i64(keep.did), i64(keep.ref), i64(keep.member)};
    if (keep.held_by == 0) continue;
    const auto sender = db_.devices.find(i64(keep.did));
    const auto group = std::find_if(db_.groups.begin(), db_.groups.end(),
                                    [&](const auto& g) { return g.second.gid == i64(keep.gid); });
    const bool held = keep.gid == 0 ? sender == db_.devices.end() || !db_.is_open(i64(keep.held_by), sender->second.uid)
                                    : group == db_.groups.end() || db_.is_invited(i64(keep.held_by), group->first);
    if (held) db_.receipts[id].held_by = i64(keep.held_by);
    db_.receipts[id].held_gid = i64(keep.gid);
  }
  for (const auto& drop : r.drop_receipts) {
    const auto it = db_.receipts.find(i64(drop.id));
    if (it != db_.receipts.end() && it->second.did == i64(drop.did)) db_.receipts.erase(it);
  }
  return {Code::kOk, std::move(r), generation()};
}

DeviceGone MemoryWorkerStore::serve(RemoveDevice&& r) {
  DeviceGone out{r.session, r.request, r.uid, 0, Code::kUnknownDevice};
  const auto it = db_.did_by_device.find({i64(r.uid), r.device});
  if (r.device == kMailboxDevice) return out;
  if (it == db_.did_by_device.end()) {
    const auto before = db_.ended.find({i64(r.uid), r.device});
    if (before == db_.ended.end()) return out;
    out.did = u64(before->second.did);
  } else {
    out.did = u64(it->second);
    db_.end_device(it->second);
  }
  out.code = Code::kOk;
  return out;
}

worker::DeviceRenamed MemoryWorkerStore::serve(worker::RenameDevice&& r) {
  const auto it = db_.did_by_device.find({i64(r.uid), r.device});
  if (it == db_.did_by_device.end() || r.device == kMailboxDevice) {
    return {r.session, r.request, r.uid, Code::kUnknownDevice};
  }
  auto& device = db_.devices.at(it->second);
  device.name = r.name;
  device.named = true;
  return {r.session, r.request, r.uid, Code::kOk};
}

Probed MemoryWorkerStore::serve(Probe&&) {
  return {.code = Code::kOk, .why = {}, .store = generation()};
}

Reaped MemoryWorkerStore::serve(Reap&& r) {
  Reaped out;
  const auto too_old = [this](int64_t ms, int64_t days) { return ms + days * 24 * 3600 * 1000 < db_.now_ms; };
  std::vector<int64_t> old;
  for (auto& [key, part] : db_.vault_parts) {
    if (!part.listed || !db_.users.at(key.first).deleted) continue;
    part.listed = false;
    part.at_ms = db_.now_ms;
  }
  std::erase_if(db_.vault_parts, [this](const auto& entry) {
    return !entry.second.listed && entry.second.at_ms + 3'600'000 < db_.now_ms;
  });
  for (auto& [did, d] : db_.devices) {
    const bool in_use = std::find(r.attached.begin(), r.attached.end(), u64(did)) != r.attached.end();
    if (in_use && d.last_login_ms > 0 && too_old(d.last_login_ms, 1)) d.last_login_ms = db_.now_ms;
    const int64_t seen = std::max(d.last_login_ms, d.created_ms);
    if (d.device != kMailboxDevice && too_old(seen, kDeviceDays)) old.push_back(did);
  }
  for (const int64_t did : old) {
    const auto& row = db_.devices.at(did);
    const auto key = std::pair(row.uid, row.device);
    db_.end_device(did);
    db_.ended.erase(key);  // the device may come back with the password
  }
  out.devices = old.size();
  std::erase_if(db_.queue, [&](const auto& q) { return db_.gone_devices.contains(q.first.first); });
  db_.gone_devices.clear();
  out.messages = std::erase_if(
      db_.queue, [&](const auto& q) { return too_old(db_.bodies.at(q.first.second).stored_ms, kQueueDays); });
  release_old(0);
  std::unordered_set<int64_t> wanted;
  for (const auto& [row, reached] : db_.queue) wanted.insert(row.second);
  std::erase_if(db_.bodies, [&](const auto& e) {
    const auto& b = e.second;
    if (wanted.contains(b.mid) || b.stored_ms + kReapAfterMs > db_.now_ms) return false;
    db_.mid_by_identity.erase({b.from_uid, b.stream, b.seq});
    return true;
  });
  return out;
}

Drained MemoryWorkerStore::serve(Drain&& r) {
  Drained out;
  out.session = r.session;
  if (r.store > generation()) {
    out.code = Code::kBusy;
    return out;
  }
  out.store = generation();
  const std::unordered_set<uint64_t> held(r.held.begin(), r.held.end());
  const auto device = db_.devices.find(i64(r.did));
  size_t bytes = 0;
  for (const int64_t mid : db_.queued_for(i64(r.did))) {
    if (held.contains(u64(mid))) continue;
    if (out.rows.size() >= r.limit || bytes >= kDrainBytes) {
      out.more = true;
      break;
    }
    const auto& b = db_.bodies.at(mid);
    bytes += b.envelope.size();
    out.rows.push_back({u64(mid), u64(b.from_did), u64(b.ref), u64(b.to_uid), u64(b.from_uid), u64(b.to_gid),
                        b.envelope, device != db_.devices.end() && quiet(b, device->second.uid)});
  }
  // As in the SQL, a full page may have more behind it.
  out.more |= r.limit != 0 && out.rows.size() == r.limit;
  if (!r.receipts) return out;
  for (const auto& [id, receipt] : db_.receipts) {
    if (receipt.did == i64(r.did) && receipt.held_by < 0 && out.receipts.size() < kReceiptsAtOnce) {
      out.receipts.push_back({u64(id), u64(receipt.ref), u64(receipt.member)});
    }
  }
  return out;
}

LookedUp MemoryWorkerStore::serve(Lookup&& r) {
  LookedUp out{r.asked_at, Code::kOk, std::move(r.names), {}};
  for (const auto& name : out.names) {
    const MemoryDb::User* user = db_.user_of(name);
    if (user == nullptr) continue;
    UserRow row{name, u64(user->uid), user->public_key, u64(db_.mailbox_of(user->uid)), {}};
    for (const int64_t did : db_.devices_of(user->uid)) row.devices.push_back(u64(did));
    row.strangers = static_cast<v1::Strangers>(user->strangers);
    row.blocks = std::any_of(db_.contacts.begin(), db_.contacts.end(),
                             [&](const auto& c) { return c.first.first == user->uid && c.second == 2; });
    out.users.push_back(std::move(row));
  }
  return out;
}

Queried MemoryWorkerStore::serve(QueryOpen&& r) {
  Queried out{r.session, r.request, Code::kOk, {}, {}, std::move(r.pending_refs), {}, {}};
  for (const auto& item : r.items) {
    bool queued = std::any_of(db_.receipts.begin(), db_.receipts.end(), [&](const auto& e) {
      return e.second.did == i64(r.from_did) && e.second.ref == i64(item.ref);
    });
    const MemoryDb::Identity identity{i64(r.from_uid), item.stream, i64(item.seq)};
    const auto it = db_.mid_by_identity.find(identity);
    queued |= db_.requests.contains(identity);
    for (const auto& [id, receipt] : db_.receipts) {
      const bool mine = receipt.did == i64(r.from_did) && receipt.ref == i64(item.ref) && receipt.held_by >= 0;
      if (mine && receipt.member != 0) out.waiting.push_back({item.ref, u64(receipt.member)});
    }
    std::map<int64_t, bool> owners;  // of rows; whether another device has the message
    if (it != db_.mid_by_identity.end()) {
      const auto& body = db_.bodies.at(it->second);
      for (const auto& [did, device] : db_.devices) {
        const auto row = db_.queue.find({did, body.mid});
        if (row == db_.queue.end()) continue;
        if (body.to_gid == 0 ? device.uid != body.to_uid : device.uid == body.from_uid) continue;
        owners[device.uid] |= row->second && !quiet(body, device.uid);
      }
      queued |= body.to_gid != 0 && !owners.empty();
      for (const auto& [uid, reached] : owners) {
        queued |= !reached;
        if (body.to_gid != 0 && !reached) out.waiting.push_back({item.ref, u64(uid)});
      }
    }
    (queued ? out.queued : owners.empty() ? out.unknown : out.delivered).push_back(item.ref);
  }
  std::sort(out.waiting.begin(), out.waiting.end());
  out.waiting.erase(std::unique(out.waiting.begin(), out.waiting.end()), out.waiting.end());
  return out;
}

DeviceList MemoryWorkerStore::serve(ListDevices&& r) {
  DeviceList out{r.session, r.request, Code::kOk, {}};
  for (const int64_t did : db_.devices_of(i64(r.uid))) {
    const auto& d = db_.devices.at(did);
    out.devices.push_back({u64(did), d.device, d.name, d.created_ms, d.last_login_ms, d.address});
  }
  return out;
}

worker::RekeyList MemoryWorkerStore::serve(worker::ListRekeys&& r) {
  worker::RekeyList out{.session = r.session, .request = r.request};
  const MemoryDb::User* found = db_.user_of(r.name);
  if (found == nullptr) {
    out.code = Code::kUnknownUser;
    return out;
  }
  const auto& user = *found;
  out.first_public_key = user.first_public_key.empty() ? user.public_key : user.first_public_key;
  out.rekeys = user.rekeys;
  return out;
}

Swept MemoryWorkerStore::serve(Sweep&& r) {
  Swept out;
  out.store = generation();
  for (size_t i = 0; i < r.dids.size(); ++i) {
    const uint64_t did = r.dids[i];
    const auto device = db_.devices.find(i64(did));
    if (device == db_.devices.end() || device->second.valid_from > i64(r.epochs.at(i))) {
      out.gone.push_back(did);
      continue;
    }
    const bool receipt = std::any_of(db_.receipts.begin(), db_.receipts.end(),
                                     [did](const auto& e) { return e.second.did == i64(did) && e.second.held_by < 0; });
    if (receipt || !db_.queued_for(i64(did)).empty()) out.dids.push_back(did);
  }
  return out;
}

}  // namespace fastchat::test
