// The rules about groups.
#include <algorithm>

#include "tests/sim/group_book.h"
#include "tests/sim/oracle.h"
#include "worker/core/store.h"

namespace fastchat::sim {
namespace {

// The time for which a worker may use its cache of a group (PROTOCOL.md section 6), and the longest turn of a worker.
constexpr int64_t kKnown = 2 * kSecond, kTurn = kSecond;

std::string words(const Letter& l) {
  return "message " + std::to_string(l.body) + " (" + l.from + " device " + std::to_string(l.device) + " to " + l.to +
         " epoch " + std::to_string(l.epoch) + ", seq " + std::to_string(l.seq) + ")";
}

}  // namespace

const test::MemoryDb::Group* Oracle::group_of(const Letter& l) const {
  const auto it = db_.groups.find(group_id(l.to));
  return it == db_.groups.end() ? nullptr : &it->second;
}

bool Oracle::in_it_since(const Letter& l, const std::string& user) const {
  const auto* group = group_of(l);
  const auto uid = db_.uid_by_name.find(user);
  if (group == nullptr || uid == db_.uid_by_name.end() || !group->has(uid->second)) return false;
  return group->members.at(uid->second).back().since <= static_cast<int64_t>(l.epoch);
}

void Oracle::group_written(const Bytes& id) {
  const auto group = db_.groups.find(id);
  if (group == db_.groups.end()) return;
  for (const auto& [uid, spans] : group->second.members) {
    const auto key = std::pair(id, db_.users.at(uid).name);
    if (spans.back().left == 0) {
      left_at_.erase(key);
    } else {
      left_at_.try_emplace(key, world_.now());
    }
  }
}

// Checks that nobody gets a message that he cannot read, or a new one after he left.
void Oracle::check_misrouted(const Message& m, const std::string& user) const {
  const Letter& l = m.letter;
  if (user == l.from) return;
  if (!l.to_group()) {
    if (user != l.to) fail("nothing misrouted", words(l) + " reached " + user);
    return;
  }
  const auto* group = group_of(l);
  if (group == nullptr || !group->had(db_.uid_by_name.at(user), static_cast<int64_t>(l.epoch)))
    fail("nothing misrouted", words(l) + " reached " + user + ", who is not in that epoch");
  const auto left = left_at_.find({group_id(l.to), user});
  // A frozen process may act in the middle of a turn on data from its beginning.
  if (left != left_at_.end() && !knobs_.has(Fault::kFreeze) && m.sent_at > left->second + kKnown + kTurn)
    fail("nothing after leaving", words(l) + " reached " + user + ", who had left before it was sent");
}

void Oracle::group_receipt(Message& m, const core::Receipt& r) {
  // A message in doubt may have been accepted before it was refused. Receipts of its members still come.
  if (m.failed) return;
  const auto* group = group_of(m.letter);
  if (group == nullptr) fail("nothing unsent", words(m.letter) + " was accepted and there is no such group");
  m.queued = true;
  if (!m.must) {
    m.must.emplace();
    for (const auto& [device, did] : m.required) {
      const std::string& user = devices_.at(device).user;
      if (user == m.letter.from || in_it_since(m.letter, user)) m.must->emplace_back(device, did);
    }
  }
  const auto epoch = static_cast<int64_t>(m.letter.epoch);
  const auto others = std::count_if(group->members.begin(), group->members.end(), [&](const auto& e) {
    return group->had(e.first, epoch) && db_.users.at(e.first).name != m.letter.from;
  });
  // The counts of a query are checked against the members that the client knew.
  if (r.delivered + r.waiting.size() > static_cast<uint64_t>(others))
    fail("counts", words(m.letter) + " is said to be with " + std::to_string(r.delivered) + " and to wait for " +
                       std::to_string(r.waiting.size()) + " of " + std::to_string(others));
  if (r.state != core::ReceiptState::kDelivered) return;
  m.delivered = true;
  if (knobs_.tight_quota) return;  // a member that was full may have been left out
  for (const auto& [uid, spans] : group->members) {
    const std::string& user = db_.users.at(uid).name;
    if (user == m.letter.from || !in_it_since(m.letter, user)) continue;
    const bool somewhere = std::any_of(devices_.begin(), devices_.end(), [&](const auto& e) {
      return e.second.user == user && had(e.second, m.letter.body);
    });
    if (!somewhere) fail("delivered means on disk", words(m.letter) + " was told delivered and not to " + user);
  }
}

// Allows a refusal only to a sender who is not in the group, or was not all the time, for a message that is too old,
// and for a message that no member could take.
void Oracle::group_refused(const Message& m) const {
  const auto* group = group_of(m.letter);
  const bool out = !in_it_since(m.letter, m.letter.from);
  const bool stale = group != nullptr &&
                     group->epoch - static_cast<int64_t>(m.letter.epoch) > static_cast<int64_t>(worker::kEpochsBack);
  const bool right = *m.failed == Code::kStaleEpoch ? stale
                     : *m.failed == Code::kRecipientFull || *m.failed == Code::kShareFull
                         ? knobs_.tight_quota
                         : (*m.failed == Code::kNotAllowed || *m.failed == Code::kUnknownGroup) && out;
  if (!right)
    fail("no false refusal", words(m.letter) + " failed with code " + std::to_string(static_cast<int>(*m.failed)));
}

void Oracle::check_group_message(const Message& m) const {
  if (!m.must || knobs_.tight_quota) return;
  for (const auto& [device, did] : *m.must) {
    if (m.may_miss.contains(device)) continue;
    if (still(device, did) && !had(devices_.at(device), m.letter.body) && !queued_for(m.letter, did))
      fail("nothing lost", words(m.letter) + " was accepted and is not on device " + std::to_string(device));
  }
}

}  // namespace fastchat::sim
