#include "worker/core/draining.h"

#include <string>
#include <unordered_set>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr size_t kReceiptsAtOnce = 1000;  // as the store gives them (Drain::receipts)

}  // namespace

bool Draining::has_room(const Session& s) const {
  return s.backlog.empty() && s.unacked.size() < st_.config.max_unacked / 2 &&
         s.unacked.bytes() < st_.config.max_unacked_bytes / 2;
}

bool Draining::in_time(Session& s) {
  const int64_t wait = paces_.take(st_.now, std::to_string(s.uid), st_.config.drain_burst, st_.config.drain_every);
  if (wait > 0) s.drain_retry_at = st_.now + wait;
  return wait == 0;
}

void Draining::ask(Session& s) {
  if (s.drain_asked) {
    s.drain_again = true;
    return;
  }
  if (!has_room(s)) {
    s.drain_more = true;
    return;
  }
  if (!in_time(s)) return;
  s.drain_asked = true;
  s.drain_more = false;
  s.drain_retry_at = 0;
  s.receipts_asked = std::exchange(s.receipts_wanted, false);
  Drain request{.session = s.id,
                .did = s.did,
                .held = {},
                .limit = st_.config.drain_limit,
                .receipts = s.receipts_asked,
                .store = st_.generation};
  request.held.assign(s.held.begin(), s.held.end());
  st_.lanes.ask(s, std::move(request));
}

void Draining::woken(Session& s) {
  s.receipts_wanted = true;
  if (s.state != SessionState::kSlow) ask(s);
}

void Draining::took(const Drained& reply) {
  Session* s = st_.sessions.get(reply.session);
  if (s == nullptr) return;
  s->drain_asked = false;
  const bool again = std::exchange(s->drain_again, false);
  if (reply.code != Code::kOk) {
    ++st_.counters.store_errors;
    s->drain_retry_at = st_.now + st_.config.retry_store;
    s->receipts_wanted |= s->receipts_asked;
    return;
  }
  // Several sessions of the user may have had a page under way.
  const int64_t latest = st_.now + 2 * st_.config.drain_burst * st_.config.drain_every;
  paces_.charge(st_.now, std::to_string(s->uid), static_cast<int64_t>(reply.rows.size()), st_.config.drain_every,
                latest);
  bool more = reply.more;
  for (const auto& row : reply.rows) {
    // Rows that the socket does not take stay in the queue.
    more |= !s->backlog.empty();
    if (!s->backlog.empty()) break;
    delivery_.deliver_row(*s, row);
  }
  if (s->receipts_asked) {
    for (const auto& r : reply.receipts) {
      if (!s->receipts_held.insert(r.id).second) continue;
      s->receipts_open.insert(r.id);
      s->out.stored(r.id, r.ref, r.member);
    }
    if (!s->out.empty()) out_.touch(*s);
    // The remaining receipts are asked for when these are acknowledged.
    s->receipts_wanted |= reply.receipts.size() >= kReceiptsAtOnce;
  }
  if (more || again) {
    ask(*s);
  } else if (s->state == SessionState::kDraining) {
    s->state = SessionState::kLive;
    // Sends `drained` once: on a socket that takes little, a repeated frame would make the session slow again and
    // again.
    if (std::exchange(s->told_drained, true)) return;
    v1::ServerFrame frame;
    frame.mutable_drained();
    out_.send(*s, frame);
  }
}

void Draining::removed(const RemoveDone& reply) {
  if (reply.code != Code::kOk) {
    ++st_.counters.store_errors;
    return;
  }
  st_.counters.removed += reply.batch.rows.size();
  for (const auto& row : reply.batch.rows) st_.removed_mids.push_back(row.mid);
  for (const auto& row : reply.batch.rows) {
    if (Session* s = st_.sessions.by_did(row.did); s != nullptr) s->held.erase(row.mid);
  }
  for (const auto& dropped : reply.batch.drop_receipts) {
    Session* s = st_.sessions.by_did(dropped.did);
    if (s == nullptr) continue;
    s->receipts_held.erase(dropped.id);
    if (s->receipts_wanted && s->receipts_held.empty() && s->state != SessionState::kSlow) ask(*s);
  }
  for (const auto& told : reply.batch.tell) {
    if (st_.sessions.by_did(told.did) != nullptr) {
      delivery_.receipt_for(told.did, told.ref);
    } else {
      st_.store.keep_receipt({told.did, told.ref});
    }
  }
  // A sender without a session here may be at another worker, or have come to one since. The worker that holds the
  // sender reads its receipts.
  std::unordered_set<uint64_t> senders;
  for (const auto& kept : reply.batch.keep_receipts) {
    // The user who holds a receipt back may have accepted its sender by now.
    if (senders.insert(kept.did).second) wake(kept.did);
  }
}

void Draining::made_room(Session& s) {
  if (!has_room(s)) return;
  if (s.state == SessionState::kSlow) {
    s.state = SessionState::kDraining;
    ask(s);
  } else if (s.drain_more) {
    ask(s);
  }
}

void Draining::retry_due() {
  st_.sessions.each([this](Session& s) {
    if (s.drain_retry_at != 0 && s.drain_retry_at <= st_.now) {
      s.drain_retry_at = 0;
      ask(s);
    }
  });
}

void Draining::sweep() {
  if (sweeping_) return;
  Sweep request;
  st_.sessions.each([&](const Session& s) {
    if (s.drain_asked && s.receipts_asked) return;
    request.dids.push_back(s.did);
    request.epochs.push_back(s.epoch);
  });
  if (request.dids.empty()) return;
  sweeping_ = true;
  st_.lanes.own(std::move(request));
}

void Draining::wake(uint64_t did) {
  if (Session* s = st_.sessions.by_did(did); s != nullptr) return woken(*s);
  st_.bus_to(0).wake(did);
}

void Draining::swept(const Swept& reply) {
  sweeping_ = false;
  for (const uint64_t did : reply.dids) {
    if (Session* s = st_.sessions.by_did(did); s != nullptr) woken(*s);
  }
}

}  // namespace fastchat::worker
