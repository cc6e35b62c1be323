#include "client/messages/receiver.h"

#include <iterator>

namespace fastchat::client {
namespace {

// Opening takes 1.7 ms. A turn opens this many, then commits and acknowledges them.
constexpr int kOpensPerTurn = 24;

core::MessageKey key_of(const e2e::MessageId& id) {
  return {id.from_fpr, id.stream, id.seq};
}

}  // namespace

void Receiver::open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) {
  Arrival& next = arrivals_.emplace_back();
  next.id = arrival;
  next.envelope = Bytes(envelope);
  if (kind == v1::TO_USER) next.came = e2e::CameAs::kDirect;
  if (kind == v1::TO_GROUP) next.came = e2e::CameAs::kGroup;
}

void Receiver::work() {
  if (server_.opened()) parked_.own_key().work();
  open_first(parked_.own_key().take_refused());
  for (int i = 0; i < kOpensPerTurn && !arrivals_.empty(); ++i) {
    Arrival next = std::move(arrivals_.front());
    arrivals_.pop_front();
    open(std::move(next));
  }
}

// Returns true when the sender may have changed the key: the message is signed with a key that is not known here, or
// refers to a message that is, or the group lists its sender under another key.
bool Receiver::may_have_changed(const e2e::Received& received) const {
  if (received.own_copy) return false;
  if (received.reason == e2e::Reason::kKeyChanged || received.other_key) return true;
  if (received.reason != e2e::Reason::kNotMember) return false;
  const e2e::GroupState* now = groups_.current(received.header.group_id);
  const Bytes* listed = now == nullptr ? nullptr : now->fpr_of(received.header.from_user);
  return listed != nullptr && *listed != received.header.id.from_fpr;
}

void Receiver::open(Arrival arrival) {
  e2e::Received received = e2e::open_message(account_.secrets().identity, arrival.envelope, pins_, streams_, groups_,
                                             arrival.as_of, arrival.came);
  const std::string user = received.header.from_user;
  core::OpenResult opened;
  switch (received.outcome) {
    case e2e::Outcome::kNeedsKey:
      return look_ups_.hold(user, std::move(arrival));
    case e2e::Outcome::kNeedsEpoch:
      if (parked_.park(arrival, received)) return;
      if (sync_.expects(received.header.group_id)) {
        sync_.waits(received.header.group_id, received.header.epoch);
      }
      if (arrival.waiting != 0) {
        reopening_.erase(arrival.waiting);
        return;
      }
      break;
    case e2e::Outcome::kOpened:
      opened.verdict = core::Verdict::kMessage;
      opened.key = key_of(received.header.id);
      opened.begins_anywhere = received.header.is_group() && !groups_.there_from_the_start(received.header.group_id);
      break;
    case e2e::Outcome::kDuplicate:
      opened.verdict = core::Verdict::kDuplicate;
      opened.key = key_of(received.header.id);
      break;
    case e2e::Outcome::kQuarantine:
      if (!arrival.looked_up && may_have_changed(received)) return look_ups_.hold(user, std::move(arrival));
      if (!arrival.looked_up && received.own_copy && received.reason == e2e::Reason::kKeyChanged &&
          parked_.own_key().hold(arrival)) {
        return;
      }
      if (received.authentic && e2e::keeps_its_place(received.reason)) opened.key = key_of(received.header.id);
      // Lets the person compare the new key and accept it.
      if (received.reason == e2e::Reason::kKeyChanged && !received.own_copy) look_ups_.compare(user);
      break;
    case e2e::Outcome::kAlarm:
    case e2e::Outcome::kNeedsPrekey:  // does not come: this client gives no prekeys yet
      break;
  }
  if (arrival.id == 0) arrival.id = server_.engine().adopt_stored();
  opened.reason = received.why;
  opened.hash = received.hash;
  staged_[arrival.id] = {std::move(received), std::move(arrival.envelope), arrival.waiting};
  server_.engine().on_opened(turn_.now_ms(), arrival.id, std::move(opened));
}

void Receiver::listed(bool there) {
  open_first(parked_.listed(there));
  if (there) turn_.wake();
}

// Queues the messages that waited for a group's key, a page at a time. Leaves those that would wait on.
void Receiver::reopen_after(const Bytes& group, int64_t after) {
  constexpr size_t kPage = 200;
  auto rows = waiting_.of(group, after, kPage);
  if (!turn_.check(rows)) return;
  const e2e::GroupState* now = groups_.current(group);
  for (store::WaitingRow& row : *rows) {
    after = row.id;
    const bool waits_on = now == nullptr || row.epoch > now->epoch ||
                          (groups_.membership(group) == Membership::kMember && !groups_.has_key(group, row.epoch) &&
                           groups_.state(group, row.epoch) != nullptr);
    if (waits_on || !reopening_.insert(row.id).second) continue;
    arrivals_.push_back({0, std::move(row.envelope), row.id, row.as_of});
  }
  if (rows->size() == kPage) turn_.before_commit([this, group, after] { reopen_after(group, after); });
  turn_.wake();
}

// Keeps the arrivals' order and puts them before later ones: a new stream waits only a moment for its beginning.
void Receiver::open_first(std::vector<Arrival> arrivals) {
  arrivals_.insert(arrivals_.begin(), std::make_move_iterator(arrivals.begin()),
                   std::make_move_iterator(arrivals.end()));
}

void Receiver::refuse(const std::string& user, std::vector<Arrival> arrivals, const std::string& why) {
  for (Arrival& arrival : arrivals) {
    if (arrival.id == 0) arrival.id = server_.engine().adopt_stored();
    core::OpenResult opened;
    opened.reason = why;
    Staged& staged = staged_[arrival.id];
    staged.waiting = arrival.waiting;
    staged.envelope = std::move(arrival.envelope);
    staged.received.header.from_user = user;
    server_.engine().on_opened(turn_.now_ms(), arrival.id, std::move(opened));
  }
}

void Receiver::write(const core::PendingWrite& write) {
  last_write_ = write.id;
  if (!turn_.begin()) return;
  const auto it = staged_.find(write.arrival);
  const Staged* staged = it == staged_.end() ? nullptr : &it->second;
  if (writer_.write(write, staged) && staged != nullptr && staged->waiting != 0) {
    turn_.check(waiting_.drop(staged->waiting));
    reopening_.erase(staged->waiting);
  }
  staged_.erase(write.arrival);
}

void Receiver::committed() {
  if (last_write_ != 0) server_.engine().on_written(std::exchange(last_write_, 0));
}

void Receiver::rolled_back(const Error&) {
  last_write_ = 0;
  staged_.clear();
  arrivals_.clear();
  parked_.clear();
  reopening_.clear();
}

void Receiver::discard(uint64_t arrival) {
  auto it = staged_.find(arrival);
  if (it == staged_.end()) return;
  if (const int64_t row = it->second.waiting; row != 0 && turn_.begin()) {
    turn_.check(waiting_.drop(row));
    reopening_.erase(row);
  }
  staged_.erase(it);
}

}  // namespace fastchat::client
