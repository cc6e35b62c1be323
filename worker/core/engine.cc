#include "worker/core/engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr int64_t kBlockedRetry = 5'000;  // us
// One look-up at work and one on its way, as for commits. Names asked for meanwhile go together into the next one.
constexpr int kLookupsUnderWay = 2;
constexpr size_t kMaxReceiptAcks = 4'096;  // of a frame; more than a session is ever given at once
constexpr std::string_view kNoSession = "log in at a broker first";

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

Engine::Engine(EngineConfig config, Ports& ports)
    : st_(std::move(config), ports),
      out_(st_),
      intake_(st_, out_),
      delivery_(st_, out_),
      signals_(st_, out_),
      draining_(st_, out_, delivery_),
      requests_(st_, out_, intake_),
      groups_(st_, out_, intake_),
      contacts_(st_, out_, intake_),
      key_log_(st_, out_, intake_),
      vaults_(st_, out_, intake_),
      files_(st_, out_),
      levelling_(st_, out_),
      brokers_(st_.config.brokers) {}

void Engine::on_client_frame(int64_t now, uint64_t rid, std::string_view key, ByteView frame) {
  st_.now = now;
  Session* s = st_.sessions.by_rid(rid);
  if (s != nullptr && s->key != key) {
    // Another connection answers to this routing id, which libzmq never causes.
    ++st_.counters.refused;
    return;
  }
  if (s != nullptr && s->over) return;
  const auto parsed = client_parser_.parse(frame);
  if (!parsed.ok()) {
    ++st_.counters.malformed;
    if (s != nullptr) {
      out_.send_error(*s, 0, Code::kMalformed, parsed.error().text);
      end_session(*s);
    } else {
      out_.refuse(rid, 0, Code::kMalformed, parsed.error().text);
    }
    st_.ports.close_client(rid);
    return;
  }
  wire::ClientIn& in = **parsed;
  if (s == nullptr) {
    if (!in.is_traffic && in.cold.has_attach()) return attach(rid, std::string(key), in.cold);
    out_.refuse(rid, in.request, Code::kNotLoggedIn, kNoSession);
    st_.ports.close_client(rid);
    return;
  }
  s->heard_at = now;
  if (in.is_traffic || !in.cold.has_ping()) s->active_at = now;
  if (in.is_traffic) {
    take_traffic(*s, in.traffic);
  } else if (in.cold.has_bye()) {
    end_session(*s);
    st_.ports.close_client(rid);
  } else if (in.cold.has_attach() || in.cold.has_hello()) {
    out_.send_error(*s, in.request, Code::kNotAllowed, "this session is attached already");
  } else if (!groups_.handle(*s, in.cold) && !contacts_.handle(*s, in.cold) && !key_log_.handle(*s, in.cold) &&
             !vaults_.handle(*s, in.cold) && !files_.handle(*s, in.cold, in.data)) {
    requests_.handle(*s, in.cold);
  }
}

void Engine::take_traffic(Session& s, const wire::UpstreamView& traffic) {
  if (traffic.ack_upto != 0) {
    delivery_.acknowledge(s, traffic.ack_upto);
    draining_.made_room(s);
  }
  size_t acks = 0;
  for (const uint64_t id : traffic.receipt_acks) {
    if (++acks > kMaxReceiptAcks) break;
    // Drops only receipts that this session was given, and each once. A client could make up work with any other ids.
    if (s.receipts_open.erase(id) == 1) st_.store.drop_receipt({s.did, id});
  }
  for (const auto& send : traffic.sends) delivery_.take(s, send);
  for (const auto& signal : traffic.signals) signals_.take(s, signal);
}

void Engine::attach(uint64_t rid, const std::string& key, const v1::ClientFrame& frame) {
  const auto& a = frame.attach();
  const auto refuse = [&](Code code, std::string_view text) {
    out_.refuse(rid, frame.request(), code, text);
    st_.ports.close_client(rid);
  };
  if (phase_ != Phase::kServing)
    return refuse(Code::kShuttingDown, "this worker is shutting down: ask a broker for another");
  const uint32_t version = wire::common_version(a.version_min(), a.version_max());
  if (version == 0) return refuse(Code::kUnsupportedVersion, wire::kVersionsText);
  Granted g;
  if (!st_.grants.take(key, st_.now, &g) || g.device != a.device() || g.epoch != a.session_epoch()) {
    return refuse(Code::kNotLoggedIn, kNoSession);
  }
  if (Session* old = st_.sessions.by_did(g.did); old != nullptr) {
    if (old->epoch >= g.epoch) return refuse(Code::kSuperseded, "this device has logged in again");
    supersede(g.did, g.epoch);
  }
  Session& s = st_.sessions.add(rid, g.did, g.uid);
  s.version = version;
  s.key = key;
  s.user = g.user;
  s.device = g.device;
  s.epoch = g.epoch;
  s.heard_at = s.attached_at = s.active_at = st_.now;
  s.wants_signals = a.signals();
  st_.presence.went_up(s.did, s.epoch);
  v1::ServerFrame reply;
  reply.set_request(frame.request());
  reply.mutable_attached()->set_version(version);
  reply.mutable_attached()->set_worker(st_.config.name);
  reply.mutable_attached()->set_window(st_.config.window);
  out_.send(s, reply);
  draining_.ask(s);
}

void Engine::on_client_gone(int64_t now, uint64_t rid) {
  st_.now = now;
  if (Session* s = st_.sessions.by_rid(rid); s != nullptr) end_session(*s);
}

// Ends the session. Queues its unacknowledged messages, here or at the worker that is responsible for each.
void Engine::end_session(Session& s) {
  delivery_.session_ended(s);
  files_.session_ended(s.id);
  st_.lanes.session_ended(s.id);
  st_.presence.went_down(s.did);
  st_.sessions.remove(s.id);
}

void Engine::end_sessions(const std::vector<SessionId>& ids) {
  for (const SessionId id : ids) {
    Session* s = st_.sessions.get(id);
    if (s == nullptr) continue;
    const uint64_t rid = s->rid;
    end_session(*s);
    st_.ports.close_client(rid);
  }
}

void Engine::supersede(uint64_t did, uint64_t epoch) {
  st_.grants.drop_below(did, epoch);
  Session* s = st_.sessions.by_did(did);
  if (s == nullptr || s->epoch >= epoch) return;
  ++st_.counters.superseded;
  out_.send_error(*s, 0, Code::kSuperseded, "this device has logged in again");
  const uint64_t rid = s->rid;
  end_session(*s);
  st_.ports.close_client(rid);
}

// Ends the session and grants of a device that was removed, or whose password was changed. A broker tells the client
// which of the two happened.
void Engine::end_device(uint64_t did) {
  st_.grants.drop_below(did, UINT64_MAX);
  if (const Session* s = st_.sessions.by_did(did); s != nullptr) end_sessions({s->id});
}

void Engine::kicked(uint64_t did) {
  end_device(did);
  st_.grants.refuse_below(did, UINT64_MAX, st_.now);
}

void Engine::on_store_reply(int64_t now, StoreReply reply) {
  st_.now = now;
  const auto answered = Lanes::of(reply);
  on_store(reply);
  st_.lanes.replied(answered);
}

void Engine::on_store(StoreReply& reply) {
  std::visit(Overloaded{
                 [&](InsertDone& r) { on_store(r); },
                 [&](RemoveDone& r) { on_store(std::move(r)); },
                 [&](DeviceGone& r) {
                   if (const uint64_t did = requests_.device_gone(r); did != 0) kicked(did);
                 },
                 [&](DeviceRenamed& r) { requests_.renamed(r); },
                 [&](VaultPut& r) { vaults_.put(r); },
                 [&](VaultPartsPut& r) { vaults_.put(r); },
                 [&](Probed& r) { on_store(std::move(r)); },
                 [&](Reaped& r) {
                   reaping_ = false;
                   st_.counters.messages_expired += r.messages;
                   st_.counters.devices_expired += r.devices;
                 },
                 [&](Drained& r) { on_store(std::move(r)); },
                 [&](LookedUp& r) {
                   --lookups_under_way_;
                   delivery_.looked_up(r);
                   signals_.looked_up(r.code);
                   requests_.looked_up(r);
                 },
                 [&](Queried& r) { requests_.queried(r); },
                 [&](DeviceList& r) { requests_.listed(r); },
                 [&](RekeyList& r) { requests_.listed(r); },
                 [&](GroupChange& r) { groups_.changed(r); },
                 [&](GroupsLookedUp& r) {
                   const Code code = r.code;
                   --group_lookups_under_way_;
                   delivery_.looked_up(std::move(r));
                   signals_.looked_up(code);
                 },
                 [&](StandingsLookedUp& r) {
                   --standing_lookups_under_way_;
                   delivery_.looked_up(r);
                   signals_.looked_up(r.code);
                 },
                 [&](ContactsPut& r) {
                   contacts_.put(r);
                   for (const uint64_t did : r.wake) draining_.wake(did);
                 },
                 [&](ContactList& r) { contacts_.listed(r); },
                 [&](CardPut& r) { contacts_.card_put(r); },
                 [&](CardRedeemed& r) {
                   contacts_.redeemed(r);
                   for (const uint64_t did : r.wake) draining_.wake(did);
                 },
                 [&](GroupStates& r) { groups_.states(std::move(r)); },
                 [&](GroupList& r) { groups_.listed(r); },
                 [&](LogRead& r) { key_log_.read(std::move(r)); },
                 [&](VaultRow& r) { vaults_.read(std::move(r)); },
                 [&](VaultPartRows& r) { vaults_.read(std::move(r)); },
                 [&](Swept& r) { on_store(r); },
             },
             reply);
}

void Engine::on_file_reply(int64_t now, FileReply reply) {
  st_.now = now;
  const auto answered = Lanes::of(reply);
  files_.on_reply(std::move(reply));
  st_.lanes.replied(answered);
}

void Engine::on_overslept(int64_t now) {
  st_.now = now;
  ++st_.counters.oversleeps;
  st_.ports.note("overslept", "the process did not run for more than 10 s: its sessions are dropped");
  end_sessions(st_.sessions.ids());
  delivery_.spill_all();
  st_.presence.clear();
  st_.directory.distrust();
  for (auto& b : brokers_) b = Broker{};
}

void Engine::silent_sessions() {
  std::vector<SessionId> silent;
  st_.sessions.each([&](const Session& s) {
    if (st_.now - s.heard_at > st_.config.session_silence) silent.push_back(s.id);
  });
  end_sessions(silent);
}

// Retries, every kBlockedRetry, the sockets that took nothing and the links whose peers had read too little.
void Engine::retry_links() {
  if (st_.now < retry_at_ || (!out_.any_blocked() && !st_.lanes.any_full())) return;
  retry_at_ = st_.now + kBlockedRetry;
  std::vector<SessionId> gone, free;
  out_.retry(&gone, &free);
  end_sessions(gone);
  for (const SessionId id : free) {
    Session* s = st_.sessions.get(id);
    if (s != nullptr && s->state == SessionState::kSlow) draining_.made_room(*s);
  }
  st_.lanes.look_again();
}

// Uses the highest share that a broker reports: with the share of a broker that lacks some workers, this worker could
// give up too many sessions.
void Engine::level() {
  std::vector<SessionId> gone;
  levelling_.overdue(&gone);
  end_sessions(gone);
  if (phase_ != Phase::kServing) return;
  uint32_t share = 0;
  for (const Broker& b : brokers_) share = std::max(share, b.beat_at == 0 ? 0 : b.share);
  levelling_.level(share, [this](const Session& s) { return files_.busy(s.id); });
}

int64_t Engine::tick(int64_t now) {
  st_.now = now;
  delivery_.expire();
  retry_links();
  if (now >= beat_at_) {
    beat_at_ = now + st_.config.beat_every;
    st_.grants.expire(now);
    for (const uint64_t worker : st_.presence.fell_silent(now)) delivery_.peer_lost(worker);
    apply(st_.presence.drop_unlisted(now));
    review_trust();
    send_heartbeats();
    level();
    draining_.retry_due();
    requests_.tell_devices();
  }
  if (now >= sweep_at_ || st_.presence.take_link_came_up()) {
    sweep_at_ = now + st_.config.sweep_every;
    silent_sessions();
    draining_.sweep();
  }
  if (now >= probe_at_) probe_store();
  if (now >= reap_at_) reap();
  if (phase_ == Phase::kLeaving && (now >= leave_at_ || st_.sessions.size() == 0)) {
    end_sessions(st_.sessions.ids());
    delivery_.spill_all();
    phase_ = Phase::kSpilled;
  }
  int64_t next = std::min(
      {beat_at_, sweep_at_, reap_at_, probe_at_, st_.pending.next_deadline(), st_.store.wake_at(), files_.wake_at()});
  if (phase_ == Phase::kLeaving) next = std::min(next, leave_at_);
  if (out_.any_blocked() || st_.lanes.any_full()) next = std::min(next, std::max(now, retry_at_));
  return next;
}

void Engine::begin_drain(int64_t now) {
  st_.now = now;
  if (phase_ != Phase::kServing) return;
  phase_ = Phase::kLeaving;
  leave_at_ = now + st_.config.leave_after;
  v1::WorkerFrame leave;
  leave.mutable_leave()->set_worker_id(st_.config.worker_id);
  for (size_t i = 0; i < brokers_.size(); ++i) st_.ports.to_broker(i, leave.SerializeAsString());
  st_.sessions.each([this](Session& s) {
    out_.send_error(s, 0, Code::kShuttingDown, "this worker is shutting down: ask a broker for another");
  });
}

bool Engine::drained() const {
  return phase_ == Phase::kSpilled && st_.pending.size() == 0 && st_.store.idle();
}

// Sends look-ups with the names and groups of all askers together, as many as fit, from each asker in turn.
void Engine::flush_lookups() {
  while (lookups_under_way_ < kLookupsUnderWay && st_.ask_users.next()) {
    Lookup lookup{.asked_at = st_.now, .names = {}};
    while (lookup.names.size() < st_.config.max_names && st_.ask_users.next()) {
      lookup.names.push_back(st_.ask_users.take());
    }
    ++lookups_under_way_;
    st_.lanes.own(std::move(lookup));
  }
  while (group_lookups_under_way_ < kLookupsUnderWay && st_.ask_groups.next()) {
    GroupLookup lookup{.asked_at = st_.now, .groups = {}};
    while (lookup.groups.size() < st_.config.max_lookup_groups && st_.ask_groups.next()) {
      lookup.groups.push_back(st_.groups.wanted(st_.ask_groups.take()));
    }
    ++group_lookups_under_way_;
    st_.lanes.own(std::move(lookup));
  }
  while (standing_lookups_under_way_ < kLookupsUnderWay && st_.ask_standings.next()) {
    StandingLookup lookup{.asked_at = st_.now, .pairs = {}};
    while (lookup.pairs.size() < st_.config.max_names && st_.ask_standings.next()) {
      lookup.pairs.push_back(st_.ask_standings.take());
    }
    ++standing_lookups_under_way_;
    st_.lanes.own(std::move(lookup));
  }
}

void Engine::flush(int64_t now) {
  st_.now = now;
  std::vector<SessionId> gone;
  out_.flush(&gone);
  end_sessions(gone);
  flush_lookups();
  st_.store.flush(now);
  files_.flush();
  flush_bus();
}

}  // namespace fastchat::worker
