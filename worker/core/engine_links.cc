// The engine's side of the control link and of the bus.
#include <algorithm>
#include <utility>

#include "worker/core/engine.h"

namespace fastchat::worker {

// ---- brokers

void Engine::on_broker_frame(int64_t now, size_t broker, ByteView frame) {
  st_.now = now;
  auto parsed = wire::parse_broker_frame(frame);
  if (!parsed.ok() || broker >= brokers_.size()) {
    ++st_.counters.malformed;
    return;
  }
  using F = v1::BrokerFrame;
  switch (parsed->body_case()) {
    case F::kWelcome:
      // The broker had forgotten this worker, so it sent the Invalidates of devices that it let in meanwhile only to
      // others.
      st_.directory.distrust();
      answered(broker, parsed->welcome().sent_us());
      on_peers(broker, parsed->welcome().peers());
      break;
    case F::kPeers:
      on_peers(broker, parsed->peers().peers());
      break;
    case F::kGrant:
      on_grant(broker, parsed->grant());
      break;
    case F::kInvalidate:
      on_invalidate(broker, parsed->invalidate());
      break;
    case F::kWhoAreYou:
      brokers_[broker].beat_at = 0;
      send_register(broker);
      break;
    case F::kBeat:
      brokers_[broker].share = parsed->beat().share();
      if (brokers_[broker].beat_at != 0) answered(broker, parsed->beat().sent_us());
      break;
    case F::BODY_NOT_SET:
      break;
  }
  review_trust();
}

// Counts from the time when the heartbeat (or registration) was sent. The answer may have waited in a buffer while this
// process, or the network, stood still, and the broker may have given this worker up meanwhile.
void Engine::answered(size_t broker, uint64_t sent_us) {
  const int64_t sent = static_cast<int64_t>(std::min<uint64_t>(sent_us, static_cast<uint64_t>(st_.now)));
  brokers_[broker].beat_at = std::max(brokers_[broker].beat_at, sent);
}

void Engine::on_grant(size_t broker, const v1::Grant& grant) {
  if (phase_ != Phase::kServing) return;
  supersede(grant.did(), grant.session_epoch());
  st_.grants.add(to_base64url(grant.client_key()), grant, st_.now);
  v1::WorkerFrame reply;
  reply.mutable_granted()->set_grant_id(grant.grant_id());
  st_.ports.to_broker(broker, reply.SerializeAsString());
}

void Engine::on_invalidate(size_t broker, const v1::Invalidate& inv) {
  st_.directory.forget(inv.uid());
  if (inv.did() == 0) return;
  if (inv.session_epoch() == UINT64_MAX) {
    end_device(inv.did());
    return requests_.devices_changed(inv.uid());
  }
  st_.grants.refuse_below(inv.did(), inv.session_epoch(), st_.now);
  supersede(inv.did(), inv.session_epoch());
  if (inv.id() == 0) return;
  requests_.devices_changed(inv.uid());
  delivery_.device_appeared(inv.uid(), inv.did());
  v1::WorkerFrame reply;
  reply.mutable_invalidated()->set_id(inv.id());
  st_.ports.to_broker(broker, reply.SerializeAsString());
}

void Engine::on_peers(size_t broker, const google::protobuf::RepeatedPtrField<v1::Peer>& peers) {
  apply(st_.presence.set_peers(broker, peers, st_.now));
}

void Engine::apply(const Presence::Changes& changes) {
  for (const auto& e : changes.disconnect) st_.ports.disconnect_peer(e);
  for (const auto& e : changes.connect) st_.ports.connect_peer(e);
  for (const uint64_t worker : changes.lost) delivery_.peer_lost(worker);
}

bool Engine::broker_in_contact(int64_t now) const {
  return std::any_of(brokers_.begin(), brokers_.end(),
                     [&](const Broker& b) { return b.beat_at != 0 && now - b.beat_at <= st_.config.broker_silence; });
}

bool Engine::broker_heard(int64_t now, size_t broker) const {
  const Broker& b = brokers_[broker];
  return b.beat_at != 0 && now - b.beat_at <= st_.config.broker_silence / 2;
}

// Between two refusals, or a refusal and a heartbeat, at most broker_silence apart, no broker can have run there long
// enough to let a new device in. In a longer gap a broker can have, so data from before the gap counts no more.
void Engine::on_broker_absent(int64_t now, size_t broker, int64_t asked) {
  st_.now = now;
  Broker& b = brokers_[broker];
  if (asked - std::max(b.beat_at, b.absent_at) > st_.config.broker_silence) st_.directory.distrust();
  b.absent_at = std::max(b.absent_at, asked);
  review_trust();
}

// Trusts the directory while every broker is in contact or known not to run: any other may log a new device in.
void Engine::review_trust() {
  int64_t until = INT64_MAX;
  for (const Broker& b : brokers_) {
    const int64_t known_at = std::max(b.beat_at, b.absent_at);
    until = std::min(until, known_at == 0 ? 0 : known_at + st_.config.broker_silence);
  }
  st_.directory.trust(st_.now, until);
}

void Engine::send_register(size_t broker) {
  v1::WorkerFrame f;
  auto* r = f.mutable_register_();
  r->set_version(wire::kVersion);
  r->set_worker_id(st_.config.worker_id);
  r->set_name(st_.config.name);
  r->set_endpoint(st_.config.endpoint);
  r->set_key(st_.config.curve_key);
  r->set_bus_endpoint(st_.config.bus_endpoint);
  r->set_realm(st_.config.realm);
  r->set_sent_us(static_cast<uint64_t>(st_.now));
  brokers_[broker].asked_at = st_.now;
  st_.ports.to_broker(broker, f.SerializeAsString());
}

void Engine::send_heartbeats() {
  v1::WorkerFrame f;
  auto* h = f.mutable_heartbeat();
  h->set_worker_id(st_.config.worker_id);
  h->set_sessions(static_cast<uint32_t>(st_.sessions.size() - levelling_.leaving()));
  h->set_not_ready(!st_.ports.takes_writes());
  h->set_draining(phase_ != Phase::kServing);
  h->set_sent_us(static_cast<uint64_t>(st_.now));
  for (size_t i = 0; i < brokers_.size(); ++i) {
    if (phase_ != Phase::kServing) break;
    Broker& b = brokers_[i];
    if (b.beat_at != 0 && st_.now - b.beat_at > st_.config.broker_silence) {
      b.beat_at = 0;
      st_.presence.forget_broker(i);
    }
    if (b.beat_at == 0) {
      send_register(i);
    } else {
      st_.ports.to_broker(i, f.SerializeAsString());
    }
  }
  v1::BusFrame beat;
  beat.mutable_beat()->set_number(st_.presence.number());
  for (const uint64_t id : st_.presence.hears(st_.now)) beat.mutable_beat()->add_hears(id);
  send_bus(0, beat);
}

// ---- the bus

void Engine::send_bus(uint64_t to, v1::BusFrame& frame) {
  frame.set_from(st_.config.worker_id);
  Bytes bytes = wire::topic(to);
  frame.AppendToString(&bytes);
  st_.ports.to_bus(std::move(bytes));
}

void Engine::on_bus_frame(int64_t now, ByteView topic_and_frame) {
  st_.now = now;
  const auto parsed = bus_parser_.parse(topic_and_frame);
  if (!parsed.ok()) {
    ++st_.counters.malformed;
    return;
  }
  const wire::BusIn& in = **parsed;
  if (in.from == st_.config.worker_id) return;
  if (in.is_traffic) {
    st_.presence.heard(in.from, now);
    return on_bus_traffic(in.from, in.traffic);
  }
  using F = v1::BusFrame;
  switch (in.cold.body_case()) {
    case F::kBeat:
      if (st_.presence.on_beat(in.from, in.cold.beat(), now)) ask_snapshot(in.from);
      break;
    case F::kPresence:
      if (st_.presence.on_presence(in.from, in.cold.presence(), now)) ask_snapshot(in.from);
      for (const auto& up : in.cold.presence().ups()) supersede(up.did(), up.session_epoch());
      break;
    case F::kSnapshot:
      st_.presence.on_snapshot(in.from, in.cold.snapshot(), now);
      for (const auto& up : in.cold.snapshot().ups()) supersede(up.did(), up.session_epoch());
      break;
    case F::kSnapshotRequest:
      send_snapshot(in.from);
      break;
    case F::kTraffic:
    case F::BODY_NOT_SET:
      break;
  }
}

void Engine::on_bus_traffic(uint64_t from, const wire::BusTrafficView& t) {
  for (const auto& d : t.deliveries) {
    for (size_t i = 0; i < d.did_count; ++i) delivery_.deliver_for_peer(from, t.dids[d.first_did + i], d);
  }
  for (const auto& s : t.signals) {
    for (size_t i = 0; i < s.did_count; ++i) signals_.give(t.dids[s.first_did + i], s.envelope);
  }
  for (const auto& a : t.acks) delivery_.peer_acked(a.pid, a.did);
  for (const auto& n : t.nacks) delivery_.peer_refused(n.pid, n.did);
  for (const auto& r : t.receipts) delivery_.receipt_for(r.did, r.ref);
  for (const uint64_t uid : t.stale_users) {
    st_.directory.forget(uid);
    requests_.devices_changed(uid);
  }
  for (const uint64_t uid : t.contacts) contacts_.changed(uid, 0);
  for (const uint64_t did : t.kicks) kicked(did);
  for (const auto& v : t.vaults) vaults_.changed(v.uid, v.version, 0);
  for (const auto& g : t.groups)
    groups_.changed_elsewhere(g.group_id, g.epoch, t.uids.data() + g.first_uid, g.uid_count);
  for (const uint64_t did : t.wakes) {
    if (Session* s = st_.sessions.by_did(did); s != nullptr) draining_.woken(*s);
  }
}

void Engine::ask_snapshot(uint64_t of) {
  v1::BusFrame f;
  f.mutable_snapshot_request();
  send_bus(of, f);
}

// Changes not sent yet come with a later number. The snapshot has them as well, which does no harm.
void Engine::send_snapshot(uint64_t to) {
  v1::BusFrame f;
  f.mutable_snapshot()->set_number(st_.presence.number());
  st_.sessions.each([&](const Session& s) {
    auto* up = f.mutable_snapshot()->add_ups();
    up->set_did(s.did);
    up->set_session_epoch(s.epoch);
  });
  send_bus(to, f);
}

void Engine::flush_bus() {
  v1::BusFrame f;
  if (st_.presence.take_changes(f.mutable_presence())) send_bus(0, f);
  for (auto& [worker, writer] : st_.bus) {
    if (!writer.empty()) st_.ports.to_bus(writer.take(worker, st_.config.worker_id));
  }
}

}  // namespace fastchat::worker
