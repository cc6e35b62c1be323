#include "broker/core/roster.h"

#include <algorithm>
#include <limits>

namespace fastchat::broker {

Result<Roster::Registered> Roster::add(int64_t now_us, Rid rid, const v1::Register& reg) {
  const Worker* old = find(reg.worker_id());
  if (old == nullptr && workers_.size() >= kMaxWorkers) return err(Code::kBusy, "there are too many workers");
  Registered result;
  result.changed = old == nullptr || old->bus_endpoint != reg.bus_endpoint() || old->name != reg.name();
  for (const auto& [key, worker] : workers_) {
    if (worker.id == reg.worker_id()) continue;
    if (worker.endpoint == reg.endpoint() || worker.rid == rid) result.replaced.push_back(worker.id);
  }
  for (const uint64_t id : result.replaced) erase(id);
  result.changed = result.changed || !result.replaced.empty();

  Worker worker{reg.worker_id(),
                rid,
                reg.name(),
                reg.endpoint(),
                reg.key(),
                reg.bus_endpoint(),
                now_us,
                old ? old->sessions : 0,
                old != nullptr && old->draining,
                old == nullptr || old->ready,
                reg.version()};
  if (old != nullptr) erase(worker.id);
  const Key key{worker.name, worker.id};
  keys_[worker.id] = key;
  rids_[rid] = worker.id;
  workers_[key] = std::move(worker);
  return result;
}

bool Roster::heartbeat(int64_t now_us, Rid rid, const v1::Heartbeat& beat) {
  const auto it = keys_.find(beat.worker_id());
  if (it == keys_.end()) return false;
  Worker& worker = workers_.at(it->second);
  if (worker.rid != rid) return false;
  worker.heard_us = now_us;
  worker.sessions = beat.sessions();
  worker.draining = beat.draining();
  worker.ready = !beat.not_ready();
  return true;
}

bool Roster::leave(Rid rid, uint64_t worker_id) {
  const Worker* worker = find(worker_id);
  if (worker == nullptr || worker->rid != rid) return false;
  erase(worker_id);
  return true;
}

std::vector<Worker> Roster::expire(int64_t now_us) {
  std::vector<Worker> dead;
  for (const auto& [key, worker] : workers_) {
    if (now_us - worker.heard_us >= kDeadAfterUs) dead.push_back(worker);
  }
  for (const Worker& worker : dead) erase(worker.id);
  return dead;
}

int64_t Roster::next_expiry_us() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const auto& [key, worker] : workers_) next = std::min(next, worker.heard_us + kDeadAfterUs);
  return next;
}

const Worker* Roster::pick(const std::set<uint64_t>& tried) {
  // Goes once around, starting behind the worker picked last: under least-sessions this order breaks ties.
  const uint32_t even = share(), crowded = even + std::max<uint32_t>(2, even / 16);
  // Ranks a worker: the lowest rank is picked, and workers of equal rank keep their turn.
  const auto rank = [&](const Worker& worker) -> std::pair<int, uint32_t> {
    if (policy_ == Policy::kLeastSessions) return {worker.ready ? 0 : 1, worker.sessions};
    return {worker.ready ? 0 : 1, worker.sessions > crowded ? 1 : 0};
  };
  Worker* best = nullptr;
  auto it = workers_.upper_bound(last_picked_);
  for (size_t i = 0; i < workers_.size(); ++i, ++it) {
    if (it == workers_.end()) it = workers_.begin();
    Worker& worker = it->second;
    if (worker.draining || tried.contains(worker.id)) continue;
    if (best == nullptr || rank(worker) < rank(*best)) best = &worker;
  }
  if (best == nullptr) return nullptr;
  last_picked_ = {best->name, best->id};
  ++best->sessions;
  return best;
}

uint32_t Roster::share() const {
  uint64_t workers = 0, sessions = 0;
  for (const auto& [key, worker] : workers_) {
    if (worker.draining || !worker.ready) continue;
    ++workers;
    sessions += worker.sessions;
  }
  return workers == 0 ? 0 : static_cast<uint32_t>((sessions + workers - 1) / workers);
}

bool Roster::any(const std::set<uint64_t>& tried) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const auto& entry) { return !entry.second.draining && !tried.contains(entry.second.id); });
}

const Worker* Roster::find(uint64_t worker_id) const {
  const auto it = keys_.find(worker_id);
  return it == keys_.end() ? nullptr : &workers_.at(it->second);
}

const Worker* Roster::by_rid(Rid rid) const {
  const auto it = rids_.find(rid);
  return it == rids_.end() ? nullptr : find(it->second);
}

std::vector<const Worker*> Roster::live() const {
  std::vector<const Worker*> all;
  all.reserve(workers_.size());
  for (const auto& [key, worker] : workers_) all.push_back(&worker);
  return all;
}

void Roster::clear() {
  workers_.clear();
  keys_.clear();
  rids_.clear();
}

void Roster::erase(uint64_t worker_id) {
  const auto it = keys_.find(worker_id);
  if (it == keys_.end()) return;
  const auto worker = workers_.find(it->second);
  rids_.erase(worker->second.rid);
  workers_.erase(worker);
  keys_.erase(it);
}

}  // namespace fastchat::broker
