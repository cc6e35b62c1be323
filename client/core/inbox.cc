#include "client/core/inbox.h"

#include <algorithm>
#include <utility>

namespace fastchat::core {

void Inbox::restore(const Bytes& from_fpr, const Bytes& stream, int64_t held_since, bool begins_anywhere) {
  Stream& s = stream_of(from_fpr, stream);
  if (s.held.empty()) return;
  begin_gap(held_since, s, begins_anywhere);
  s.restored = true;
  gaps_.emplace(from_fpr, stream);
}

void Inbox::attached() {
  ++session_;
  last_tag_ = done_upto_ = acked_ = 0;
  done_.clear();
}

void Inbox::detached() {
  ++session_;  // tags of the ended session are void
  done_.clear();
  done_upto_ = acked_ = 0;
}

bool Inbox::on_delivery(const wire::DeliveryView& delivery) {
  if (delivery.tag != last_tag_ + 1) return false;
  last_tag_ = delivery.tag;
  const uint64_t arrival = next_arrival_++;
  arrivals_[arrival] = {session_, delivery.tag};
  ports_.open_envelope(arrival, delivery.envelope, delivery.kind);
  return true;
}

uint64_t Inbox::adopt_stored() {
  const uint64_t arrival = next_arrival_++;
  arrivals_[arrival] = {kNoSession, 0};
  return arrival;
}

std::optional<Bytes> Inbox::mark(const MessageKey& key) {
  auto it = pending_.find(key);
  return it != pending_.end() ? it->second.hash : ports_.find_mark(key);
}

void Inbox::on_opened(int64_t now, uint64_t arrival, OpenResult&& opened) {
  if (!arrivals_.contains(arrival)) return;
  if (!opened.key) {
    quarantine(arrival, std::move(opened.reason));
    return;
  }
  const std::optional<Bytes> known = mark(*opened.key);
  if (opened.verdict == Verdict::kDuplicate || (known && *known == opened.hash)) {
    duplicate(arrival, *opened.key);
  } else if (known) {
    quarantine(arrival, "the sender signed two different messages under one number");
  } else {
    const bool message = opened.verdict == Verdict::kMessage;
    accept(now, arrival, message ? PendingWrite::Kind::kMessage : PendingWrite::Kind::kQuarantine, std::move(opened));
  }
}

// Acknowledges a duplicate together with the first copy, once that copy is on disk.
void Inbox::duplicate(uint64_t arrival, const MessageKey& key) {
  ports_.discard(arrival);
  auto it = pending_.find(key);
  if (it == pending_.end()) {
    done(arrival);
  } else {
    it->second.arrivals.push_back(arrival);
  }
}

void Inbox::accept(int64_t now, uint64_t arrival, PendingWrite::Kind kind, OpenResult&& opened) {
  PendingWrite write;
  write.kind = kind;
  write.arrival = arrival;
  write.key = std::move(*opened.key);
  write.hash = std::move(opened.hash);
  write.reason = std::move(opened.reason);
  place(now, write, opened.begins_anywhere);
  pending_[write.key] = {write.hash, {arrival}};
  submit(std::move(write));
}

Inbox::Stream& Inbox::stream_of(const Bytes& from_fpr, const Bytes& stream) {
  auto [it, fresh] = streams_.try_emplace({from_fpr, stream});
  if (fresh) {
    StreamMark mark = ports_.load_stream(from_fpr, stream);
    it->second.shown_upto = mark.shown_upto;
    it->second.joined = mark.joined;
    it->second.held.insert(mark.held.begin(), mark.held.end());
  }
  return it->second;
}

void Inbox::begin_gap(int64_t now, Stream& s, bool begins_anywhere) const {
  s.gap_since = now;
  s.restored = false;
  s.begins_here = !s.joined && (begins_anywhere || std::max(now, last_now_) < new_until_);
}

void Inbox::place(int64_t now, PendingWrite& write, bool begins_anywhere) {
  Stream& s = stream_of(write.key.from_fpr, write.key.stream);
  const uint64_t seq = write.key.seq;
  if (seq <= s.shown_upto) {
    write.shows.push_back({DisplayStep::Kind::kLate, seq, seq});
  } else if (seq == s.shown_upto + 1) {
    s.held.insert(seq);
    release_run(s, write.shows);
    s.gap_since = kNever;
    if (!s.held.empty()) begin_gap(now, s, begins_anywhere);
  } else {
    s.held.insert(seq);
    if (s.gap_since == kNever) begin_gap(now, s, begins_anywhere);
  }
  if (s.held.empty()) {
    gaps_.erase({write.key.from_fpr, write.key.stream});
  } else {
    gaps_.emplace(write.key.from_fpr, write.key.stream);
  }
  write.shown_upto = s.shown_upto;
  write.joined = s.joined;
}

// Releases held messages that follow the mark without a gap.
void Inbox::release_run(Stream& s, std::vector<DisplayStep>& shows) {
  while (!s.held.empty() && *s.held.begin() == s.shown_upto + 1) {
    s.shown_upto = *s.held.begin();
    s.held.erase(s.held.begin());
    s.joined = true;
    shows.push_back({DisplayStep::Kind::kMessage, s.shown_upto, s.shown_upto});
  }
}

void Inbox::release_all(const StreamKey& key, Stream& s) {
  PendingWrite write;
  write.kind = PendingWrite::Kind::kRelease;
  write.key = {key.first, key.second, 0};
  while (!s.held.empty()) {
    const uint64_t first = *s.held.begin();
    if (s.joined || !s.begins_here) write.shows.push_back({DisplayStep::Kind::kHole, s.shown_upto + 1, first - 1});
    s.shown_upto = first - 1;
    release_run(s, write.shows);
  }
  s.gap_since = kNever;
  write.shown_upto = s.shown_upto;
  write.joined = s.joined;
  submit(std::move(write));
}

void Inbox::submit(PendingWrite&& write) {
  write.id = next_write_++;
  InFlight& flight = writes_.emplace_back();
  flight.id = write.id;
  flight.key = write.key;
  flight.has_key = write.key.seq != 0;
  flight.arrival = write.arrival;
  flight.shows = write.shows;
  ports_.write(std::move(write));
}

void Inbox::quarantine(uint64_t arrival, std::string reason) {
  PendingWrite write;
  write.kind = PendingWrite::Kind::kQuarantine;
  write.arrival = arrival;
  write.reason = std::move(reason);
  submit(std::move(write));
}

void Inbox::on_written(uint64_t id) {
  while (!writes_.empty() && writes_.front().id <= id) {
    const InFlight flight = std::move(writes_.front());
    writes_.pop_front();
    if (flight.has_key) {
      auto it = pending_.find(flight.key);
      if (it != pending_.end()) {
        for (uint64_t arrival : it->second.arrivals) done(arrival);
        pending_.erase(it);
      }
    } else if (flight.arrival != 0) {
      done(flight.arrival);
    }
    for (const DisplayStep& show : flight.shows) ports_.show(flight.key.from_fpr, flight.key.stream, show);
  }
}

void Inbox::on_write_failed() {
  writes_.clear();
  pending_.clear();
  arrivals_.clear();
  // The streams in memory may be ahead of the disk, so they are read again from the disk.
  const auto streams = std::exchange(streams_, {});
  for (const StreamKey& key : std::exchange(gaps_, {})) {
    const Stream& before = streams.at(key);
    restore(key.first, key.second, before.gap_since, before.begins_here);
  }
}

void Inbox::done(uint64_t arrival) {
  auto it = arrivals_.find(arrival);
  if (it == arrivals_.end()) return;
  const Arrival a = it->second;
  arrivals_.erase(it);
  if (a.session != session_) return;
  done_.insert(a.tag);
  while (!done_.empty() && *done_.begin() == done_upto_ + 1) {
    ++done_upto_;
    done_.erase(done_.begin());
  }
}

uint64_t Inbox::take_ack() {
  if (done_upto_ == acked_) return 0;
  acked_ = done_upto_;
  return acked_;
}

int64_t Inbox::release_at(const Stream& s, int64_t live_since) const {
  if (live_since == kNever || s.gap_since == kNever) return kNever;
  const int64_t wait = s.begins_here ? config_.join_timeout_ms : config_.hole_timeout_ms;
  return s.restored ? std::max(s.gap_since + wait, live_since) : std::max(s.gap_since, live_since) + wait;
}

void Inbox::advance(int64_t now, int64_t live_since) {
  last_now_ = now;
  for (auto it = gaps_.begin(); it != gaps_.end();) {
    Stream& s = streams_.at(*it);
    if (release_at(s, live_since) > now) {
      ++it;
      continue;
    }
    const StreamKey key = *it;
    it = gaps_.erase(it);
    release_all(key, s);
  }
}

int64_t Inbox::next_wake(int64_t live_since) const {
  int64_t next = kNever;
  for (const StreamKey& key : gaps_) next = std::min(next, release_at(streams_.at(key), live_since));
  return next;
}

}  // namespace fastchat::core
