#include "client/core/outbox.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/core/backoff.h"
#include "common/codes.h"

namespace fastchat::core {
namespace {

// Leaves room in a frame of 1 MiB for the last envelope and for acknowledgements.
constexpr size_t kFrameFull = wire::kMaxClientFrame - 2 * wire::kMaxEnvelope;

}  // namespace

bool Outbox::runnable(const Lane& lane) const {
  if (lane.ready.empty()) return false;
  const uint64_t first = *lane.ready.begin();
  if (!lane.blocking.empty() && *lane.blocking.begin() < first) return false;
  return entries_.at(first).stream->second == lane.sent;
}

void Outbox::set_state(uint64_t ref, Entry& entry, State next) {
  auto count = [&](State s, auto change) {
    if (s == State::kReady) change(ready_);
    if (s == State::kSent || s == State::kAsking) change(in_flight_);
    if (s != State::kSent) return;
    change(entry.stream->second);
    change(entry.lane->sent);
  };
  count(entry.state, [](size_t& n) { --n; });
  count(next, [](size_t& n) { ++n; });
  if (entry.state == State::kReady) entry.lane->ready.erase(ref);
  if (entry.state == State::kAsking || entry.state == State::kBackoff) entry.lane->blocking.erase(ref);
  if (entry.state == State::kQueued) queued_.erase(ref);
  if (next == State::kQueued) queued_.insert(ref);
  if (next == State::kReady) entry.lane->ready.insert(ref);
  if (next == State::kAsking || next == State::kBackoff) entry.lane->blocking.insert(ref);
  entry.state = next;
}

void Outbox::erase(uint64_t ref, Entry& entry) {
  set_state(ref, entry, State::kSent);
  --in_flight_;
  --entry.stream->second;
  --entry.lane->sent;
  to_ask_.erase(ref);
  entries_.erase(ref);
}

void Outbox::submit(Outgoing&& message) {
  const uint64_t ref = message.ref;
  if (entries_.contains(ref)) return;
  auto lane = lanes_.try_emplace(message.group.empty() ? Bytes(message.to) : "#" + message.group).first;
  Entry& entry = entries_[ref];
  entry.to = std::move(message.to);
  entry.lane = &lane->second;
  entry.stream = &*lane->second.sent_of.try_emplace(std::move(message.stream)).first;
  entry.seq = message.seq;
  entry.envelope = std::move(message.envelope);
  if (!message.group.empty()) {
    Group& group = *(entry.group = std::make_unique<Group>());
    group.id = std::move(message.group);
    group.epoch = message.epoch;
    group.members = message.members;
    group.delivered = message.delivered;
    group.waiting.insert(message.waiting.begin(), message.waiting.end());
    group.have.insert(message.have.begin(), message.have.end());
  }
  ++ready_;
  lane->second.ready.insert(ref);
  if (message.queued) {
    set_state(ref, entry, State::kQueued);
  } else if (message.maybe_sent) {
    set_state(ref, entry, State::kAsking);
  }
  if (entry.state != State::kReady && window_ != 0) to_ask_.insert(ref);
}

void Outbox::attached(uint32_t window) {
  window_ = window;
  ask_at_ = 0;
  ask_attempts_ = 0;
  asked_.clear();
  recheck_at_ = kNever;
  for (auto& [ref, entry] : entries_) {
    if (entry.state == State::kSent) set_state(ref, entry, State::kAsking);
    if (entry.state == State::kAsking || entry.state == State::kQueued) to_ask_.insert(ref);
  }
  sent_order_.clear();
}

void Outbox::detached() {
  window_ = 0;
  asked_.clear();
  to_ask_.clear();
  // Early stored receipts were not acknowledged, so the server sends them again.
  for (auto& [ref, entry] : entries_) {
    if (entry.group) entry.group->early.clear();
  }
}

void Outbox::accepted(uint64_t ref, Entry& entry) {
  entry.envelope = Bytes();
  entry.attempts = 0;
  set_state(ref, entry, State::kQueued);
}

void Outbox::on_queued(uint64_t ref) {
  auto it = entries_.find(ref);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  if (entry.state == State::kQueued || entry.group) return;
  accepted(ref, entry);
  ports_.receipt({.ref = ref, .state = ReceiptState::kQueued});
}

void Outbox::on_delivered(uint64_t ref) {
  auto it = entries_.find(ref);
  if (it == entries_.end() || it->second.group) return;
  erase(ref, it->second);
  ports_.receipt({.ref = ref, .state = ReceiptState::kDelivered});
}

void Outbox::tell_group(uint64_t ref, Entry& entry, uint64_t stored_id, uint64_t member) {
  const Group& group = *entry.group;
  Receipt receipt{.ref = ref, .stored_id = stored_id, .member = member, .delivered = group.delivered};
  receipt.waiting.assign(group.waiting.begin(), group.waiting.end());
  if (group.waiting.empty()) {
    receipt.state = ReceiptState::kDelivered;
    erase(ref, entry);
  }
  ports_.receipt(receipt);
}

// `delivered` does not count the members in `waiting` whose stored receipt came before.
void Outbox::count_group(uint64_t ref, Entry& entry, uint64_t delivered, std::set<uint64_t> waiting) {
  Group& group = *entry.group;
  if (entry.state != State::kQueued) accepted(ref, entry);
  const size_t named = waiting.size();
  for (uint64_t member : group.have) waiting.erase(member);
  group.delivered = delivered + (named - waiting.size());
  group.waiting = std::move(waiting);
  const auto early = std::exchange(group.early, {});
  tell_group(ref, entry, 0, 0);
  for (const auto& [id, member] : early) on_stored(ref, id, member);
}

void Outbox::on_group_receipt(uint64_t ref, uint64_t delivered, std::set<uint64_t> waiting) {
  auto it = entries_.find(ref);
  if (it == entries_.end() || !it->second.group) return;
  count_group(ref, it->second, delivered, std::move(waiting));
}

void Outbox::on_stored(uint64_t ref, uint64_t stored_id, uint64_t member) {
  auto it = entries_.find(ref);
  if (it == entries_.end() || !it->second.group) {
    if (it != entries_.end()) erase(ref, it->second);
    // The receipt is acknowledged even when its message is long gone.
    ports_.receipt({.ref = ref, .state = ReceiptState::kDelivered, .stored_id = stored_id, .member = member});
    return;
  }
  Entry& entry = it->second;
  Group& group = *entry.group;
  if (entry.state != State::kQueued || group.waiting.empty()) {
    group.early.emplace_back(stored_id, member);
    return;
  }
  group.have.insert(member);
  if (group.waiting.erase(member) != 0) ++group.delivered;
  tell_group(ref, entry, stored_id, member);
}

void Outbox::on_rejected(int64_t now, uint64_t ref, Code code, uint64_t retry_after_ms) {
  auto it = entries_.find(ref);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  if (code == Code::kConflict) return conflict(ref);
  if (!is_temporary(code)) {
    const bool stale = code == Code::kStaleEpoch && entry.group;
    // Early stored receipts belong to an earlier try, whose answer was lost. Their members have the message. The
    // receipts are acknowledged, so that the server does not send them again.
    const auto early = entry.group ? std::move(entry.group->early) : decltype(entry.group->early){};
    erase(ref, entry);
    ports_.receipt({.ref = ref, .state = stale ? ReceiptState::kStale : ReceiptState::kFailed, .code = code});
    for (const auto& [id, member] : early) on_stored(ref, id, member);
    return;
  }
  const int64_t own = backoff_ms(config_.resend_first_ms, config_.resend_max_ms, entry.attempts++, ports_.random());
  const int64_t asked = static_cast<int64_t>(std::min<uint64_t>(retry_after_ms, 3'600'000));
  entry.since = now + std::max(own, asked);
  set_state(ref, entry, State::kBackoff);
  backoff_.emplace(entry.since, ref);
}

// Fails a message, and every later one of its stream, with kConflict. The server, and so perhaps the readers, have
// another message under this identity: this profile was restored from a copy. The readers would not read the later
// messages either, so the owner seals all of them in a new stream.
void Outbox::conflict(uint64_t ref) {
  const Entry& first = entries_.at(ref);
  std::vector<uint64_t> refs;
  for (const auto& [other, entry] : entries_) {
    if (entry.stream == first.stream && entry.seq >= first.seq) refs.push_back(other);
  }
  std::sort(refs.begin(), refs.end());
  for (const uint64_t one : refs) {
    Entry& entry = entries_.at(one);
    const auto early = entry.group ? std::move(entry.group->early) : decltype(entry.group->early){};
    erase(one, entry);
    ports_.receipt({.ref = one, .state = ReceiptState::kConflict, .code = Code::kConflict});
    for (const auto& [id, member] : early) on_stored(one, id, member);
  }
}

void Outbox::on_query_reply(int64_t now, const v1::QueryReply& reply) {
  ask_attempts_ = 0;
  bool lost_some = false;
  for (const auto& status : reply.status()) {
    const uint64_t ref = status.ref();
    if (asked_.erase(ref) == 0) continue;
    auto it = entries_.find(ref);
    if (it == entries_.end()) continue;
    Entry& entry = it->second;
    if (entry.state != State::kAsking && entry.state != State::kQueued) continue;
    if (status.state() == v1::QUEUED && entry.group) {
      const std::set<uint64_t> waiting(status.waiting().begin(), status.waiting().end());
      const uint64_t members = entry.group->members;
      count_group(ref, entry, members - std::min<uint64_t>(members, waiting.size()), waiting);
    } else if (status.state() == v1::QUEUED) {
      on_queued(ref);
    } else if (status.state() == v1::PENDING) {
      entry.since = now;
      if (entry.state == State::kAsking) {
        set_state(ref, entry, State::kSent);
        sent_order_.emplace_back(now, ref);
      }
    } else {
      lost_some |= entry.state == State::kQueued;
      set_state(ref, entry, State::kReady);
    }
  }
  // The server lost an accepted message, and most likely others too.
  if (lost_some) {
    to_ask_.insert(queued_.begin(), queued_.end());
    recheck_at_ = kNever;
  }
  // Messages left out of the answer are queried again.
  to_ask_.insert(asked_.begin(), asked_.end());
  if (!asked_.empty()) ask_at_ = now + config_.resend_max_ms;
  asked_.clear();
}

void Outbox::on_query_failed(int64_t now) {
  to_ask_.insert(asked_.begin(), asked_.end());
  asked_.clear();
  ask_at_ = now + backoff_ms(config_.resend_first_ms, config_.resend_max_ms, ask_attempts_++, ports_.random());
}

void Outbox::send_one(int64_t now, uint64_t ref, Entry& entry, UpstreamWriter& out) {
  if (entry.envelope.empty()) {
    std::optional<Bytes> stored = ports_.load_envelope(ref);
    if (!stored || stored->empty()) {
      erase(ref, entry);
      ports_.receipt({.ref = ref, .state = ReceiptState::kFailed, .code = Code::kInternal});
      return;
    }
    entry.envelope = std::move(*stored);
  }
  if (entry.group) {
    out.send(ref, {.user = {}, .group = entry.group->id, .epoch = entry.group->epoch}, entry.stream->first, entry.seq,
             entry.envelope);
  } else {
    out.send(ref, {.user = entry.to}, entry.stream->first, entry.seq, entry.envelope);
  }
  set_state(ref, entry, State::kSent);
  entry.since = now;
  sent_order_.emplace_back(now, ref);
}

bool Outbox::fill(int64_t now, UpstreamWriter& out) {
  if (ready_ == 0 || window_ == 0) return false;
  size_t sends = 0;
  auto lane = lanes_.upper_bound(last_lane_);
  for (size_t visited = 0; visited < lanes_.size() && ready_ != 0; ++visited, ++lane) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    while (runnable(lane->second)) {
      if (in_flight_ >= window_) return false;
      if (sends == wire::kMaxSendsPerFrame || out.bytes() >= kFrameFull) return true;
      const uint64_t ref = *lane->second.ready.begin();
      send_one(now, ref, entries_.at(ref), out);
      last_lane_ = lane->first;
      ++sends;
    }
  }
  return false;
}

std::optional<v1::Query> Outbox::next_query(int64_t now) {
  if (to_ask_.empty() || !asked_.empty() || window_ == 0 || now < ask_at_) return std::nullopt;
  v1::Query query;
  while (!to_ask_.empty() && asked_.size() < wire::kMaxInFlight) {
    const uint64_t ref = *to_ask_.begin();
    to_ask_.erase(to_ask_.begin());
    auto it = entries_.find(ref);
    if (it == entries_.end()) continue;
    asked_.insert(ref);
    v1::Query::Open& open = *query.add_open();
    open.set_ref(ref);
    open.set_stream(it->second.stream->first);
    open.set_seq(it->second.seq);
  }
  if (asked_.empty()) return std::nullopt;
  asked_at_ = now;
  return query;
}

void Outbox::advance(int64_t now) {
  while (!backoff_.empty() && backoff_.begin()->first <= now) {
    const auto [when, ref] = *backoff_.begin();
    backoff_.erase(backoff_.begin());
    auto it = entries_.find(ref);
    if (it != entries_.end() && it->second.state == State::kBackoff && it->second.since == when) {
      set_state(ref, it->second, State::kReady);
    }
  }
  if (window_ == 0) return;
  recheck(now);
  if (!asked_.empty() && asked_at_ + config_.answer_timeout_ms <= now) on_query_failed(now);
  while (!sent_order_.empty() && sent_order_.front().first + config_.receipt_timeout_ms <= now) {
    const auto [when, ref] = sent_order_.front();
    sent_order_.pop_front();
    auto it = entries_.find(ref);
    if (it == entries_.end() || it->second.state != State::kSent || it->second.since != when) continue;
    set_state(ref, it->second, State::kAsking);
    to_ask_.insert(ref);
  }
}

// Queries queued messages at intervals that double while nothing changes. Each session starts with the first interval.
void Outbox::recheck(int64_t now) {
  if (recheck_at_ == kNever) {
    recheck_wait_ = config_.recheck_first_ms;
    recheck_at_ = now + recheck_wait_;
  }
  if (recheck_at_ > now) return;
  auto it = queued_.upper_bound(rechecked_upto_);
  if (it == queued_.end()) it = queued_.begin();
  for (size_t n = 0; n < config_.max_recheck && it != queued_.end(); ++n) {
    rechecked_upto_ = *it;
    to_ask_.insert(*it++);
  }
  recheck_wait_ = std::min(2 * recheck_wait_, config_.recheck_max_ms);
  recheck_at_ = now + recheck_wait_;
}

int64_t Outbox::next_wake() const {
  if (window_ == 0) return kNever;
  int64_t next = backoff_.empty() ? kNever : backoff_.begin()->first;
  if (!queued_.empty()) next = std::min(next, recheck_at_);
  if (!sent_order_.empty()) next = std::min(next, sent_order_.front().first + config_.receipt_timeout_ms);
  if (!asked_.empty()) next = std::min(next, asked_at_ + config_.answer_timeout_ms);
  if (!to_ask_.empty() && asked_.empty()) next = std::min(next, ask_at_);
  return next;
}

}  // namespace fastchat::core
