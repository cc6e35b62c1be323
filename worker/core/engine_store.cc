// The engine's side of the store: the database's generation, the probe for writes, and the sweeps.
#include <utility>

#include "worker/core/engine.h"

namespace fastchat::worker {
namespace {

constexpr size_t kMaxRemoved = 1'000'000;  // the sweeps find the bodies forgotten here

}  // namespace

// Ends all sessions when the database lost its last commits. The numbers that sessions were given mean nothing any
// more. Their clients, once back, ask about every queued message, and send those again that are gone.
void Engine::heard_of_store(uint64_t generation) {
  if (generation <= st_.generation) return;
  const bool first = st_.generation == 0;
  st_.generation = generation;
  st_.store.store_changed(generation);
  if (first) return;
  ++st_.counters.store_changes;
  st_.ports.note("database_changed",
                 "the database lost its newest commits: sessions end, and clients ask which messages are gone");
  end_sessions(st_.sessions.ids());
  st_.store.store_changed(generation);
  st_.removed_mids.clear();
  st_.grants.clear();
  st_.groups.forget_all();
  st_.standings.forget_all();
  st_.directory.distrust();
  review_trust();
}

void Engine::on_store(const InsertDone& reply) {
  delivery_.inserted(reply);
  for (const auto& o : reply.outcomes) {
    if (o.code != Code::kOk) continue;
    if (Session* s = st_.sessions.by_did(o.did); s != nullptr && s->state != SessionState::kSlow) draining_.ask(*s);
  }
}

void Engine::on_store(RemoveDone&& reply) {
  heard_of_store(reply.store);
  if (reply.batch.store == st_.generation) draining_.removed(reply);
  st_.store.remove_done(std::move(reply), st_.now);
}

void Engine::on_store(Drained&& reply) {
  heard_of_store(reply.store);
  // The rows were read before the change, and arrived after it.
  if (reply.code == Code::kOk && reply.store < st_.generation) reply.code = Code::kBusy;
  draining_.took(reply);
}

void Engine::on_store(Probed&& reply) {
  heard_of_store(reply.store);
  probe_asked_at_ = 0;
  if (reply.code != Code::kOk) ++st_.counters.probes_failed;
  store_trouble_ = reply.code == Code::kOk ? std::string() : std::move(reply.why);
}

void Engine::on_store(const Swept& reply) {
  heard_of_store(reply.store);
  draining_.swept(reply);
  // Ends devices whose kick got lost on the bus, whose removal was in doubt, or which the database has lost.
  for (const uint64_t did : reply.gone) end_device(did);
}

void Engine::probe_store() {
  probe_at_ = st_.now + st_.config.probe_every;
  if (probe_asked_at_ != 0) return;
  probe_asked_at_ = st_.now;
  st_.lanes.own(Probe{});
}

std::string Engine::store_trouble(int64_t now) const {
  const bool silent = probe_asked_at_ != 0 && now - probe_asked_at_ > st_.config.probe_patience;
  return silent ? "the database does not answer" : store_trouble_;
}

void Engine::reap() {
  if (reap_at_ != 0 && !std::exchange(reaping_, true)) {
    Reap request;
    request.mids = std::exchange(st_.removed_mids, {});
    if (request.mids.size() > kMaxRemoved) request.mids.clear();
    st_.sessions.each([&](const Session& s) { request.attached.push_back(s.did); });
    st_.lanes.own(std::move(request));
  }
  if (reap_at_ != 0) files_.reap();
  reap_at_ = st_.now + st_.config.reap_every;
}

}  // namespace fastchat::worker
