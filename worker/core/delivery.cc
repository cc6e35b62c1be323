#include "worker/core/delivery.h"

#include <algorithm>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr uint64_t kStoreAgainMs = 1000;

// Returns true for codes that concern the whole message, even when some devices have it: the sender sends the message
// again, under this identity or another.
bool comes_again(Code code) {
  return code == Code::kBusy || code == Code::kConflict;
}

// Returns the kind that a message was sent as, also for the copies of the sender's other devices.
v1::DeliveryKind kind_of(uint64_t to_gid) {
  return to_gid != 0 ? v1::TO_GROUP : v1::TO_USER;
}

void put(Session& s, const Unacked& entry, ByteView envelope, v1::DeliveryKind kind) {
  s.out.delivery(s.unacked.push(entry), envelope, s.version >= 2 ? kind : v1::KIND_NOT_KNOWN);
}

}  // namespace

void Delivery::take(Session& from, const wire::SendView& send) {
  ++st_.counters.sends;
  const auto refuse = [&](Code code, uint64_t retry_ms) {
    ++st_.counters.rejected;
    from.out.rejected(send.ref, wire::to_wire(code), retry_ms);
    out_.touch(from);
  };
  if (send.envelope.size() > wire::kMaxEnvelope) return refuse(Code::kTooLarge, 0);
  if (from.in_flight >= wire::kMaxInFlight) {
    out_.refused(from);
    return refuse(Code::kThrottled, kStoreAgainMs);
  }
  if (!st_.pending.room_for(from.uid, send.envelope.size(), st_.config.max_pending_bytes, st_.config.pending_share)) {
    ++st_.counters.shares_busy;
    return refuse(Code::kBusy, kStoreAgainMs);
  }
  Pending& p = st_.pending.add(st_.now, from.uid, from.did);
  p.session = from.id;
  p.ref = send.ref;
  p.seq = send.seq;
  p.from = from.user;
  p.to.assign(send.to);
  p.group.assign(send.group);
  p.epoch = send.epoch;
  p.stream.assign(send.stream);
  p.envelope.assign(send.envelope);
  st_.pending.account(p);
  ++from.in_flight;
  resolve(p);
}

void Delivery::resolve(Pending& p) {
  Code code = Code::kOk;
  switch (addressing_.resolve(p, &code)) {
    case Addressing::Outcome::kWaits:
      return;
    case Addressing::Outcome::kRefused:
      return reject(p, code);
    case Addressing::Outcome::kChosen:
      break;
  }
  st_.pending.account(p);
  if (p.to_gid != 0) {
    ++st_.counters.group_sends;
    st_.counters.group_members += p.members.size();
  }
  p.deadline = st_.now + st_.config.ack_patience;
  route_all(p);
}

void Delivery::route_all(Pending& p) {
  std::vector<std::pair<uint64_t, uint64_t>> remote;  // worker, did
  for (Target& t : p.targets) {
    if (p.by_queue(t)) {
      p.set(t, TargetState::kToQueue);
    } else if (Session* s = st_.sessions.by_did(t.did); s != nullptr) {
      const Unacked entry{.source = Unacked::Source::kHere, .handle = p.pid};
      if (!give(*s, entry, p.envelope, kind_of(p.to_gid))) p.set(t, TargetState::kToQueue);
    } else if (const uint64_t worker = st_.presence.holder(t.did, st_.now); worker != 0) {
      t.worker = worker;
      remote.emplace_back(worker, t.did);
    } else {
      p.set(t, TargetState::kToQueue);
    }
  }
  // One delivery per worker, however many devices it holds.
  std::sort(remote.begin(), remote.end());
  std::vector<uint64_t> dids;
  for (size_t i = 0; i < remote.size(); ++i) {
    dids.push_back(remote[i].second);
    if (i + 1 < remote.size() && remote[i + 1].first == remote[i].first) continue;
    ask_peer(p, remote[i].first, dids);
    dids.clear();
  }
  if (p.count(TargetState::kWaiting) > 0) st_.pending.watch(p);
  queue_if_ready(p);
  finish_if_done(p);
}

void Delivery::ask_peer(Pending& p, uint64_t worker, const std::vector<uint64_t>& dids) {
  ++st_.counters.bus_deliveries;
  BusTrafficWriter& out = st_.bus_to(worker);
  const auto kind = st_.presence.version(worker) >= 2 ? kind_of(p.to_gid) : v1::KIND_NOT_KNOWN;
  out.delivery(p.pid, dids.data(), dids.size(), p.envelope, kind);
  // Flushes long before a frame is too long for the bus.
  if (out.bytes() >= st_.config.bus_flush_bytes) st_.ports.to_bus(out.take(worker, st_.config.worker_id));
}

// Gives one message to a live session; returns false when the message has to go to the queue instead.
bool Delivery::give(Session& s, const Unacked& entry, ByteView envelope, v1::DeliveryKind kind) {
  if (s.state != SessionState::kLive) return false;
  if (s.unacked.size() >= st_.config.max_unacked || s.unacked.bytes() >= st_.config.max_unacked_bytes) {
    s.state = SessionState::kSlow;
    ++st_.counters.slow;
    return false;
  }
  Unacked u = entry;
  u.bytes = static_cast<uint32_t>(envelope.size());
  put(s, u, envelope, kind);
  s.active_at = st_.now;
  out_.touch(s);
  ++st_.counters.deliveries;
  return true;
}

// Queues all remaining targets of a message in one commit, when no other target is waited for. The sender gets "queued"
// for a row, and "delivered" when the row is acknowledged. Both must be true for all devices, even when this worker
// dies right after the commit.
void Delivery::queue_if_ready(Pending& p) {
  if (p.count(TargetState::kWaiting) > 0 || p.count(TargetState::kToQueue) == 0) return;
  for (Target& t : p.targets) {
    // Targets already being queued (a device appeared since) are queued again: their commit may fail and this one may
    // succeed.
    if (t.state != TargetState::kToQueue && t.state != TargetState::kQueuing) continue;
    p.set(t, TargetState::kQueuing);
  }
  st_.store.insert(p);
}

// Gives up waiting for every target, or for those that `worker` was asked to deliver to.
void Delivery::stop_waiting(Pending& p, uint64_t worker) {
  if (p.count(TargetState::kWaiting) == 0) return;
  for (Target& t : p.targets) {
    if (t.state == TargetState::kWaiting && (worker == 0 || t.worker == worker)) p.set(t, TargetState::kToQueue);
  }
  queue_if_ready(p);
}

void Delivery::settle(Pending& p, Target& t, TargetState state) {
  if (t.state == TargetState::kSafe || t.state == TargetState::kFailed) return;
  p.set(t, state);
  if (p.open() > 0) queue_if_ready(p);
  finish_if_done(p);
}

void Delivery::finish_if_done(Pending& p) {
  if (p.open() > 0) return;
  // BUSY: the sender tries again, and the identity removes duplicates. CONFLICT: another message has the identity, so
  // the sender seals this one under a new one. A full queue counts only when no recipient has a copy: an abandoned
  // device must not keep messages from its owner, nor one member from a group.
  const bool nobody = !p.members.empty() && p.safe == 0;
  if (comes_again(p.failure) || nobody) return reject(p, p.failure == Code::kOk ? Code::kInternal : p.failure);
  tell_accepted(p);
  ++(p.reached == p.members.size() ? st_.counters.delivered : st_.counters.queued);
  release(p);
}

void Delivery::tell_accepted(Pending& p) {
  const bool reached = p.reached == p.members.size();
  Session* s = st_.sessions.by_did(p.from_did);
  if (s == nullptr) {
    // The sender of a group message asks for its state (Query), at whichever worker the sender is.
    const uint64_t worker = st_.presence.holder(p.from_did, st_.now);
    if (worker != 0 && reached && p.to_gid == 0) st_.bus_to(worker).receipt(p.from_did, p.ref);
    return;
  }
  if (p.to_gid != 0) {
    std::vector<uint64_t> waiting;
    for (const Recipient& m : p.members) {
      if (m.safe && !m.reached) waiting.push_back(m.uid);
    }
    s->out.group(p.ref, p.reached, waiting.size(), waiting.data());
  } else if (reached) {
    s->out.delivered(p.ref);
  } else {
    s->out.queued(p.ref);
  }
  out_.touch(*s);
}

void Delivery::reject(Pending& p, Code code) {
  ++st_.counters.rejected;
  if (code == Code::kConflict) ++st_.counters.conflicts;
  if (code == Code::kRefused) ++st_.counters.sends_refused;
  if (code == Code::kNotAcceptedYet) ++st_.counters.strangers_full;
  if (Session* s = st_.sessions.by_did(p.from_did); s != nullptr) {
    s->out.rejected(p.ref, wire::to_wire(wire::code_for(s->version, code)), code == Code::kBusy ? kStoreAgainMs : 0);
    out_.touch(*s);
  }
  release(p);
}

void Delivery::release(Pending& p) {
  if (Session* s = st_.sessions.get(p.session); s != nullptr) --s->in_flight;
  st_.pending.remove(p);
}

void Delivery::acknowledge(Session& s, uint64_t upto) {
  s.unacked.ack_upto(upto, [&](const Unacked& u) {
    ++st_.counters.acks;
    switch (u.source) {
      case Unacked::Source::kHere:
        peer_acked(u.handle, s.did);
        break;
      case Unacked::Source::kPeer:
        st_.bus_to(u.origin).ack(u.handle, s.did);
        break;
      case Unacked::Source::kQueue:
        queued_row_acked(s, u);
        break;
    }
  });
}

void Delivery::queued_row_acked(Session& s, const Unacked& u) {
  st_.store.remove({s.did, u.handle});
  if (!u.for_recipient || u.origin == 0) return;
  if (u.quiet) return st_.store.keep_receipt({u.origin, u.ref, u.to_group ? s.uid : 0, s.uid, u.gid});
  // Stores the receipt, because the bus may lose one, and a sender that stays attached would never ask for it.
  // Draining::removed wakes the sender's worker after the commit. Receipts of a group message are stored even for a
  // sender held here: each of many counts.
  if (u.to_group) {
    st_.store.keep_receipt({u.origin, u.ref, s.uid});
  } else if (const Session* sender = st_.sessions.by_did(u.origin); sender != nullptr) {
    // Tells the sender only after the row is deleted: if the receipt is lost with the session, a Query must not find
    // the row any more.
    st_.store.tell({u.origin, u.ref, sender->epoch});
  } else {
    st_.store.keep_receipt({u.origin, u.ref});
  }
}

void Delivery::deliver_for_peer(uint64_t peer, uint64_t did, const wire::BusDeliveryView& delivery) {
  Session* s = st_.sessions.by_did(did);
  const Unacked entry{.source = Unacked::Source::kPeer, .handle = delivery.pid, .origin = peer};
  if (s == nullptr || !give(*s, entry, delivery.envelope, delivery.kind)) {
    ++st_.counters.bus_nacks;
    st_.bus_to(peer).nack(delivery.pid, did);
  }
}

// Also handles acknowledgements of devices held here.
void Delivery::peer_acked(uint64_t pid, uint64_t did) {
  Pending* p = st_.pending.get(pid);
  if (p == nullptr) return;
  Target* t = p->target(did);
  if (t == nullptr) return;
  p->set_reached(*t);
  settle(*p, *t, TargetState::kSafe);
}

void Delivery::peer_refused(uint64_t pid, uint64_t did) {
  Pending* p = st_.pending.get(pid);
  if (p == nullptr) return;
  if (Target* t = p->target(did); t != nullptr && t->state == TargetState::kWaiting) {
    p->set(*t, TargetState::kToQueue);
    queue_if_ready(*p);
  }
}

void Delivery::receipt_for(uint64_t did, uint64_t ref) {
  if (Session* s = st_.sessions.by_did(did); s != nullptr) {
    s->out.delivered(ref);
    out_.touch(*s);
  }
}

void Delivery::peer_lost(uint64_t worker) {
  st_.bus.erase(worker);
  st_.pending.each([&](Pending& p) { stop_waiting(p, worker); });
}

// Messages finished before are in the queue, from where the broker gives the new device its share, or were delivered
// before the device existed.
void Delivery::device_appeared(uint64_t uid, uint64_t did) {
  st_.pending.each([&](Pending& p) {
    if (!p.chosen || did == p.from_did || p.target(did) != nullptr) return;
    const uint32_t member = p.member(uid);
    if (member == kNoMember && p.from_uid != uid) return;
    p.add_target({.did = did, .member = member, .state = TargetState::kToQueue});
    p.sort_targets();
    st_.pending.account(p);
    queue_if_ready(p);
  });
}

void Delivery::looked_up(const LookedUp& reply) {
  std::vector<uint64_t> ready;
  addressing_.looked_up(reply, &ready);
  go_on(ready);
}

void Delivery::looked_up(GroupsLookedUp&& reply) {
  std::vector<uint64_t> ready;
  addressing_.looked_up(std::move(reply), &ready);
  go_on(ready);
}

void Delivery::looked_up(const StandingsLookedUp& reply) {
  std::vector<uint64_t> ready;
  addressing_.looked_up(reply, &ready);
  go_on(ready);
}

void Delivery::go_on(const std::vector<uint64_t>& ready) {
  for (const uint64_t pid : ready) {
    if (Pending* p = st_.pending.get(pid); p != nullptr) resolve(*p);
  }
}

void Delivery::inserted(const InsertDone& reply) {
  st_.store.insert_done();
  for (const auto& o : reply.outcomes) {
    if (o.code == Code::kOk) {
      ++st_.counters.inserts;
      st_.bus_to(0).wake(o.did);
    } else if (o.code == Code::kRecipientFull) {
      ++st_.counters.devices_full;
    } else if (o.code == Code::kShareFull) {
      ++st_.counters.shares_full;
    } else if (o.code != Code::kConflict && o.code != Code::kRefused && o.code != Code::kNotAcceptedYet) {
      ++st_.counters.store_errors;
    }
    Pending* p = st_.pending.get(o.pid);
    if (p == nullptr) continue;
    Target* t = p->target(o.did);
    if (t == nullptr) continue;
    // A member of the group just deleted the account. The message comes again, for the members who are left.
    const Code code = o.code == Code::kUnknownUser && !p->group.empty() ? Code::kBusy : o.code;
    const bool counts = t->state == TargetState::kQueuing && (t->member != kNoMember || comes_again(code));
    if (code == Code::kConflict || (code != Code::kOk && counts && !comes_again(p->failure))) p->failure = code;
    settle(*p, *t, o.code == Code::kOk ? TargetState::kSafe : TargetState::kFailed);
  }
}

bool Delivery::deliver_row(Session& s, const QueuedMessage& row) {
  if (!s.held.insert(row.mid).second) return false;
  Unacked u{.source = Unacked::Source::kQueue, .handle = row.mid};
  u.to_group = row.to_gid != 0;
  u.for_recipient = u.to_group ? row.from_uid != s.uid : row.to_uid == s.uid;
  u.bytes = static_cast<uint32_t>(row.envelope.size());
  u.origin = row.from_did;
  u.ref = row.ref;
  u.quiet = row.quiet;
  u.gid = row.to_gid;
  put(s, u, row.envelope, kind_of(row.to_gid));
  out_.touch(s);
  ++st_.counters.drained;
  return true;
}

void Delivery::session_ended(Session& s) {
  s.unacked.each([&](const Unacked& u) {
    if (u.source == Unacked::Source::kHere) peer_refused(u.handle, s.did);
    if (u.source == Unacked::Source::kPeer) st_.bus_to(u.origin).nack(u.handle, s.did);
  });
}

void Delivery::expire() {
  for (uint64_t pid = st_.pending.next_expired(st_.now); pid != 0; pid = st_.pending.next_expired(st_.now)) {
    Pending& p = *st_.pending.get(pid);
    st_.counters.timeouts += p.count(TargetState::kWaiting);
    stop_waiting(p, 0);
  }
}

void Delivery::spill_all() {
  st_.pending.each([&](Pending& p) { stop_waiting(p, 0); });
}

}  // namespace fastchat::worker
