// The contacts and cards of MemoryWorkerStore, as worker/store/pg_contacts.cc has them.
#include <algorithm>
#include <set>

#include "common/wire.h"
#include "tests/support/memory_worker_store.h"

namespace fastchat::test {

using namespace worker;

bool MemoryWorkerStore::quiet(const MemoryDb::Body& body, int64_t uid) const {
  if (body.to_gid == 0) {
    const auto request = db_.requests.find({body.from_uid, body.stream, body.seq});
    const bool asked = request != db_.requests.end() && request->second.uid == body.to_uid;
    return body.from_uid != body.to_uid && (!db_.is_open(body.to_uid, body.from_uid) || asked);
  }
  const auto group =
      std::find_if(db_.groups.begin(), db_.groups.end(), [&](const auto& g) { return g.second.gid == body.to_gid; });
  return group != db_.groups.end() && db_.is_invited(uid, group->first);
}

Code MemoryWorkerStore::take_stranger(const QueueInsert& row, bool* known) {
  const int64_t uid = i64(row.to_uid), from = i64(row.from_uid);
  if (!db_.users.contains(uid) || db_.users.at(uid).deleted) return Code::kUnknownUser;
  const Code code = admission(static_cast<v1::Strangers>(db_.users.at(uid).strangers),
                              static_cast<v1::Standing>(db_.standing_of(uid, from)));
  bool space = false;
  for (size_t i = 0; i < row.dids.size(); ++i) {
    space |= row.owners[i] == row.to_uid && room_for(row, i64(row.dids[i])) == Code::kOk;
  }
  if (code != Code::kNotAcceptedYet) return code == Code::kOk && !space ? Code::kNotAcceptedYet : code;
  const MemoryDb::Identity identity{from, row.stream, i64(row.seq)};
  if (const auto request = db_.requests.find(identity); request != db_.requests.end()) {
    *known = request->second.uid == uid && request->second.envelope == row.envelope;
    return *known ? Code::kOk : Code::kConflict;
  }
  if (const auto mid = db_.mid_by_identity.find(identity); mid != db_.mid_by_identity.end()) {
    const auto& b = db_.bodies.at(mid->second);
    if (b.to_uid != uid || b.to_gid != 0 || b.envelope != row.envelope) return Code::kConflict;
  }
  RequestLoad load;
  std::set<int64_t> senders;
  for (const auto& [message, request] : db_.requests) {
    if (request.uid != uid) continue;
    senders.insert(std::get<0>(message));
    load.of_sender += std::get<0>(message) == from ? 1 : 0;
    const auto mid = db_.mid_by_identity.find(message);
    if (mid == db_.mid_by_identity.end()) continue;
    load.queued += std::any_of(db_.devices.begin(), db_.devices.end(), [&](const auto& d) {
      return d.second.uid == uid && db_.queue.contains({d.first, mid->second});
    });
  }
  load.senders = senders.size();
  if (const Code full = room_for_stranger(load); full != Code::kOk) return full;
  if (!space) return Code::kNotAcceptedYet;
  if (const auto sender = db_.users.find(from); sender == db_.users.end() || sender->second.deleted) return Code::kBusy;
  db_.requests.emplace(identity, MemoryDb::Request{uid, row.envelope});
  return Code::kOk;
}

void MemoryWorkerStore::release_old(int64_t of, std::vector<uint64_t>* wake) {
  for (auto& [id, receipt] : db_.receipts) {
    if (receipt.held_by <= 0 || (of != 0 && receipt.held_by != of)) continue;
    const auto device = db_.devices.find(receipt.did);
    const auto group = std::find_if(db_.groups.begin(), db_.groups.end(),
                                    [&](const auto& g) { return g.second.gid == receipt.held_gid; });
    const bool released = receipt.held_gid == 0
                              ? device != db_.devices.end() && db_.is_open(receipt.held_by, device->second.uid)
                              : group != db_.groups.end() && !db_.is_invited(receipt.held_by, group->first);
    if (released) receipt.held_by = -1;
    if (released && wake != nullptr) wake->push_back(u64(receipt.did));
  }
}

void MemoryWorkerStore::settle(int64_t uid, int64_t other, int64_t standing, std::vector<uint64_t>* wake) {
  std::set<std::pair<int64_t, int64_t>> dropped;  // device and ref of the sender
  if (standing != v1::ACCEPTED) {
    std::erase_if(db_.queue, [&](const auto& row) {
      const auto& [key, reached] = row;
      const auto& b = db_.bodies.at(key.second);
      const auto device = db_.devices.find(key.first);
      if (device == db_.devices.end() || device->second.uid != uid) return false;
      if (b.from_uid != other || b.to_uid != uid || b.to_gid != 0) return false;
      const auto asked = db_.requests.find({b.from_uid, b.stream, b.seq});
      const bool request = asked != db_.requests.end() && asked->second.uid == uid;
      if (!request && (standing != v1::BLOCKED || reached)) return false;
      dropped.emplace(b.from_did, b.ref);
      return true;
    });
  }
  for (const auto& [did, ref] : dropped) {
    const int64_t id = ++db_.last_receipt;
    db_.receipts[id] = {id, did, ref, 0, 0};
  }
  std::erase_if(db_.requests, [&](const auto& r) { return r.second.uid == uid && std::get<0>(r.first) == other; });
  for (auto& [id, receipt] : db_.receipts) {
    if (standing != v1::ACCEPTED || receipt.held_by != uid) continue;
    const auto device = db_.devices.find(receipt.did);
    const bool direct = receipt.held_gid == 0 && device != db_.devices.end() && device->second.uid == other;
    const bool of_group =
        receipt.held_gid != 0 && std::any_of(db_.groups.begin(), db_.groups.end(), [&](const auto& g) {
          return g.second.gid == receipt.held_gid && g.second.admin == other;
        });
    if (!direct && !of_group) continue;
    receipt.held_by = -1;
    wake->push_back(u64(receipt.did));
  }
}

void MemoryWorkerStore::count_group_changes(int64_t uid, int64_t admin, const Bytes& group_id, bool all) {
  for (auto& [id, group] : db_.groups) {
    if (group.has(uid) && (all || id == group_id || group.admin == admin)) ++group.changes;
  }
}

ContactsPut MemoryWorkerStore::serve(PutContacts&& r) {
  ContactsPut out{r.session, r.request, r.uid, Code::kOk, r.drops()};
  const int64_t uid = i64(r.uid);
  if (db_.users.at(uid).deleted) {
    out.code = Code::kBusy;
    return out;
  }
  const auto contacts_before = db_.contacts;
  const auto groups_before = db_.contact_groups;
  std::vector<std::pair<int64_t, int64_t>> changes;
  for (const ContactRow& row : r.contacts) {
    if (!row.group.empty()) {
      row.standing == v1::ACCEPTED ? void(db_.contact_groups.emplace(uid, row.group))
                                   : void(db_.contact_groups.erase({uid, row.group}));
      continue;
    }
    const MemoryDb::User* other = db_.user_of(row.user);
    if (other == nullptr || other->uid == uid) continue;
    changes.emplace_back(other->uid, row.standing);
    if (row.standing == v1::NONE) {
      db_.contacts.erase({uid, other->uid});
    } else {
      db_.contacts[{uid, other->uid}] = row.standing;
    }
  }
  const auto of_user = [uid](const auto& list, auto&& uid_of) {
    return std::count_if(list.begin(), list.end(), [&](const auto& c) { return uid_of(c) == uid; });
  };
  if (u64(of_user(db_.contacts, [](const auto& c) { return c.first.first; })) > kMaxContacts ||
      u64(of_user(db_.contact_groups, [](const auto& c) { return c.first; })) > kMaxContactGroups) {
    db_.contacts = contacts_before;
    db_.contact_groups = groups_before;
    out.code = Code::kTooLarge;
    return out;
  }
  auto& policy = db_.users.at(uid).strangers;
  const bool other_policy = r.strangers != v1::STRANGERS_NOT_SET && policy != r.strangers;
  if (other_policy) policy = r.strangers;
  out.changed = other_policy || db_.contacts != contacts_before || db_.contact_groups != groups_before;
  for (const auto& [other, standing] : changes) {
    settle(uid, other, standing, &out.wake);
    const auto before = contacts_before.find({uid, other});
    const int64_t was = before == contacts_before.end() ? int64_t{v1::NONE} : before->second;
    if (was != standing) count_group_changes(uid, other, "", false);
  }
  for (const ContactRow& row : r.contacts) {
    if (row.group.empty()) continue;
    const auto group = db_.groups.find(row.group);
    if (group == db_.groups.end()) continue;
    const bool was = groups_before.contains({uid, row.group});
    if (was != (row.standing == v1::ACCEPTED)) count_group_changes(uid, 0, row.group, false);
    for (auto& [id, receipt] : db_.receipts) {
      const bool held = receipt.held_by == uid && receipt.held_gid == group->second.gid;
      if (!held || row.standing != v1::ACCEPTED) continue;
      receipt.held_by = -1;
      out.wake.push_back(u64(receipt.did));
    }
  }
  const bool removed = std::any_of(changes.begin(), changes.end(), [](const auto& c) { return c.second == v1::NONE; });
  if (other_policy || removed) release_old(uid, &out.wake);
  if (!other_policy) return out;
  count_group_changes(uid, 0, "", true);
  return out;
}

CardPut MemoryWorkerStore::serve(PutCard&& r) {
  const int64_t uid = i64(r.uid);
  std::erase_if(db_.cards, [&](const auto& c) { return c.first.first == uid && c.second.expires_ms <= db_.now_ms; });
  const auto open = std::count_if(db_.cards.begin(), db_.cards.end(), [&](const auto& c) {
    return c.first.first == uid && c.second.redeemed_by == 0 && c.first.second != r.hash;
  });
  if (u64(open) >= kMaxOpenCards) return {r.session, r.request, Code::kTooLarge};
  if (r.until_ms <= db_.now_ms) return {r.session, r.request, Code::kNotAllowed};
  db_.cards[{uid, r.hash}].expires_ms = std::min(r.until_ms, db_.now_ms + kCardDays * 24 * 3'600'000);
  return {r.session, r.request, Code::kOk};
}

CardRedeemed MemoryWorkerStore::serve(RedeemCard&& r) {
  CardRedeemed out{.session = r.session, .request = r.request, .uid = r.uid, .code = Code::kBadInvite};
  const MemoryDb::User* maker = db_.user_of(r.maker);
  const int64_t bearer = i64(r.uid);
  if (maker == nullptr || maker->uid == bearer) return out;
  const auto card = db_.cards.find({maker->uid, r.hash});
  if (card == db_.cards.end() || card->second.expires_ms <= db_.now_ms) return out;
  if (card->second.redeemed_by == bearer) {
    out.maker = u64(maker->uid);
    out.code = Code::kOk;
    return out;
  }
  if (card->second.redeemed_by != 0 || db_.standing_of(maker->uid, bearer) == v1::BLOCKED) return out;
  card->second.redeemed_by = bearer;
  card->second.redeemed_ms = db_.now_ms;
  for (const auto& [uid, other] : {std::pair(maker->uid, bearer), std::pair(bearer, maker->uid)}) {
    db_.contacts[{uid, other}] = v1::ACCEPTED;
    settle(uid, other, v1::ACCEPTED, &out.wake);
    count_group_changes(uid, other, "", false);
  }
  out.maker = u64(maker->uid);
  out.code = Code::kOk;
  return out;
}

ContactList MemoryWorkerStore::serve(ListContacts&& r) {
  ContactList out{.session = r.session, .request = r.request};
  out.strangers = static_cast<v1::Strangers>(db_.users.at(i64(r.uid)).strangers);
  for (const auto& [key, standing] : db_.contacts) {
    const std::string& name = db_.users.at(key.second).name;
    if (key.first == i64(r.uid) && r.after_group.empty() && name > r.after) {
      out.contacts.push_back({name, {}, static_cast<v1::Standing>(standing)});
    }
  }
  std::sort(out.contacts.begin(), out.contacts.end(), [](const auto& a, const auto& b) { return a.user < b.user; });
  for (const auto& [uid, group] : db_.contact_groups) {
    if (uid == i64(r.uid) && group > r.after_group) out.contacts.push_back({{}, group, v1::ACCEPTED});
  }
  out.more = out.contacts.size() > wire::kMaxContactsPerPage;
  if (out.more) out.contacts.resize(wire::kMaxContactsPerPage);
  return out;
}

StandingsLookedUp MemoryWorkerStore::serve(StandingLookup&& r) {
  StandingsLookedUp out{r.asked_at, Code::kOk, std::move(r.pairs), {}};
  for (const Pair& pair : out.pairs) {
    out.standings.push_back(static_cast<v1::Standing>(db_.standing_of(i64(pair.uid), i64(pair.other))));
  }
  return out;
}

}  // namespace fastchat::test
