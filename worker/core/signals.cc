#include "worker/core/signals.h"

#include <algorithm>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr size_t kMaxWaiting = 256;
constexpr int64_t kPatience = 2'000'000;  // us; a later signal would be out of date

}  // namespace

// Allows signal_burst signals at once, then one per signal_every. `signals_due` is the time when the last of them would
// be due at that pace.
bool Signals::allowed(Session& from) {
  const int64_t every = st_.config.signal_every;
  const int64_t due = std::max(from.signals_due, st_.now);
  if (due - st_.now > every * (st_.config.signal_burst - 1)) return false;
  from.signals_due = due + every;
  return true;
}

void Signals::take(Session& from, const wire::SignalView& signal) {
  ++st_.counters.signals;
  if (!from.wants_signals || !allowed(from)) {
    ++st_.counters.signals_dropped;
    return;
  }
  Pending p;
  p.arrived = st_.now;
  p.session = from.id;
  p.from_uid = from.uid;
  p.from_did = from.did;
  p.from = from.user;
  p.to.assign(signal.to);
  p.group.assign(signal.group);
  p.epoch = signal.epoch;
  p.envelope.assign(signal.envelope);
  if (!resolve(p) && waiting_.size() < kMaxWaiting) waiting_.push_back(std::move(p));
}

bool Signals::resolve(Pending& p) {
  Code code = Code::kOk;
  p.awaits = 0;
  const Addressing::Outcome outcome = addressing_.resolve(p, &code);
  if (outcome == Addressing::Outcome::kChosen) route(p);
  return outcome != Addressing::Outcome::kWaits;
}

void Signals::looked_up(Code code) {
  auto waiting = std::exchange(waiting_, {});
  if (code != Code::kOk) return;
  for (Pending& p : waiting) {
    if (st_.now - p.arrived <= kPatience && !resolve(p)) waiting_.push_back(std::move(p));
  }
}

void Signals::route(const Pending& p) {
  std::vector<std::pair<uint64_t, uint64_t>> remote;  // worker, did
  for (const Target& t : p.targets) {
    // Not the sender's own device, and nobody who has not accepted the sender or the group.
    if (t.member == kNoMember || p.members[t.member].quiet) continue;
    if (st_.sessions.by_did(t.did) != nullptr) {
      give(t.did, p.envelope);
    } else if (const uint64_t worker = st_.presence.holder(t.did, st_.now); worker != 0) {
      remote.emplace_back(worker, t.did);
    }
  }
  std::sort(remote.begin(), remote.end());
  std::vector<uint64_t> dids;
  for (size_t i = 0; i < remote.size(); ++i) {
    dids.push_back(remote[i].second);
    if (i + 1 < remote.size() && remote[i + 1].first == remote[i].first) continue;
    BusTrafficWriter& out = st_.bus_to(remote[i].first);
    out.signal(dids.data(), dids.size(), p.envelope);
    if (out.bytes() >= st_.config.bus_flush_bytes) {
      st_.ports.to_bus(out.take(remote[i].first, st_.config.worker_id));
    }
    dids.clear();
  }
}

void Signals::give(uint64_t did, ByteView envelope) {
  Session* s = st_.sessions.by_did(did);
  if (s == nullptr || !s->wants_signals || s->state != SessionState::kLive || !s->backlog.empty()) {
    ++st_.counters.signals_dropped;
    return;
  }
  s->out.signal(envelope);
  out_.touch(*s);
}

}  // namespace fastchat::worker
