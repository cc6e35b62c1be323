#include "tests/sim/contact_rules.h"

#include <set>
#include <tuple>

#include "worker/core/contact_requests.h"

namespace fastchat::sim {

template <class F>
void ContactRules::each_pair(F&& f) const {
  for (const auto& [to, recipient] : db_.users) {
    for (const auto& [from, sender] : db_.users) {
      if (to != from) f(People{to, from});
    }
  }
}

void ContactRules::before_change() {
  each_pair([this](const People& p) {
    Times& t = times_[p];
    (db_.is_open(p.first, p.second) ? t.open_until : t.closed_until) = world_.now();
  });
}

void ContactRules::changed() {
  each_pair([this](const People& p) {
    Times& t = times_[p];
    const bool blocked = db_.standing_of(p.first, p.second) == v1::BLOCKED;
    if (!blocked) t.blocked_since = -1;
    if (blocked && t.blocked_since < 0) t.blocked_since = world_.now();
  });
}

void ContactRules::check_bounds() const {
  std::map<std::pair<int64_t, int64_t>, uint64_t> of_sender;
  std::map<int64_t, std::set<int64_t>> senders;
  std::map<int64_t, uint64_t> queued;
  for (const auto& [message, request] : db_.requests) {
    const int64_t from = std::get<0>(message), to = request.uid;
    if (++of_sender[{to, from}] > worker::kStrangerMessages) throw Violation("bounds", "a stranger has more messages");
    senders[to].insert(from);
    if (senders[to].size() > worker::kMaxStrangers) throw Violation("bounds", "more strangers wait");
    const auto mid = db_.mid_by_identity.find(message);
    if (mid == db_.mid_by_identity.end()) continue;
    for (const auto& [did, device] : db_.devices) {
      if (device.uid != to || !db_.queue.contains({did, mid->second})) continue;
      if (++queued[to] > worker::kStrangersQueued) throw Violation("bounds", "more messages of strangers are queued");
      break;
    }
  }
}

ContactRules::People ContactRules::people(const std::string& from, const std::string& to) const {
  const auto sender = db_.uid_by_name.find(from), recipient = db_.uid_by_name.find(to);
  const bool both = sender != db_.uid_by_name.end() && recipient != db_.uid_by_name.end();
  if (!both || sender->second == recipient->second) return {0, 0};
  return {recipient->second, sender->second};
}

const ContactRules::Times* ContactRules::times(const People& people) const {
  const auto it = times_.find(people);
  return it == times_.end() ? nullptr : &it->second;
}

int64_t ContactRules::life() const {
  const bool fails = knobs_.has(Fault::kStoreOutage) || knobs_.store_busy > 0 || knobs_.store_doubt > 0;
  return fails ? kContactLifeAwayUs : kContactLifeUs;
}

void ContactRules::delivered(const std::string& from, const std::string& to, int64_t sent_at) const {
  const People p = people(from, to);
  if (p.first == 0 || db_.is_open(p.first, p.second)) return;
  const Times* t = times(p);
  if (t == nullptr || t->open_until < sent_at - life() - knobs_.max_freeze) {
    throw Violation("receipts between friends", from + " hears that " + to + " has the message, and is not accepted");
  }
}

void ContactRules::arrived(const std::string& from, const std::string& to, int64_t sent_at) const {
  const Times* t = times(people(from, to));
  if (t == nullptr || t->blocked_since < 0) return;
  // Without faults the news takes as long as the bus.
  const int64_t slack = knobs_.faulty ? life() + knobs_.max_freeze + 5 * kSecond : 2 * kSecond;
  if (t->blocked_since + slack < sent_at) throw Violation("blocked means blocked", from + " reaches " + to);
}

bool ContactRules::ever_closed(const std::string& from, const std::string& to, int64_t since) const {
  const People p = people(from, to);
  if (p.first == 0) return false;
  if (!db_.is_open(p.first, p.second)) return true;
  const Times* t = times(p);
  // A worker may refuse by facts that were true when the message came.
  return t != nullptr && t->closed_until >= since;
}

}  // namespace fastchat::sim
