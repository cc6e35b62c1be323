#include "broker/core/assignments.h"

#include <algorithm>
#include <limits>

#include "common/check.h"

namespace fastchat::broker {

void Assignments::begin(int64_t now_us, const Waiter& client, v1::Grant grant, bool is_new, bool adopts) {
  const uint64_t id = ++last_id_;
  FC_CHECK(by_client_.emplace(client, id).second);
  Flow& flow = flows_[id];
  flow.id = id;
  flow.client = client;
  flow.grant = std::move(grant);
  flow.until_us = now_us + kClientWaitUs;
  invalidate_all(flow.grant, is_new ? id : 0);
  if (!is_new) return adopts ? adopt(flow) : grant_next(now_us, flow);
  for (const Worker* worker : roster_.live()) flow.waiting.insert(worker->id);
  set_due(flow, now_us + kRepeatUs);
  all_know(now_us, flow);
}

void Assignments::on_client_gone(const Waiter& client) {
  const auto it = by_client_.find(client);
  if (it != by_client_.end()) erase(flows_.at(it->second));
}

void Assignments::on_invalidated(int64_t now_us, uint64_t worker_id, uint64_t id) {
  const auto it = flows_.find(id);
  if (it == flows_.end() || now_us >= it->second.until_us) return;
  Flow& flow = it->second;
  if (flow.waiting.erase(worker_id) == 1) all_know(now_us, flow);
}

void Assignments::on_granted(uint64_t worker_id, uint64_t grant_id) {
  const auto it = by_grant_.find(grant_id);
  if (it == by_grant_.end()) return;
  Flow& flow = flows_.at(it->second);
  const Worker* worker = roster_.find(worker_id);
  if (flow.worker_id == worker_id && worker != nullptr) end(flow, Code::kOk, worker);
}

void Assignments::on_worker_registered(uint64_t worker_id) {
  const Worker* worker = roster_.find(worker_id);
  if (worker == nullptr) return;
  for (const auto& [id, flow] : flows_) {
    if (flow.waiting.contains(worker_id)) send_invalidate(flow.grant, id, *worker);
    if (flow.stage == Stage::kGranting && flow.worker_id == worker_id) send_grant(flow, *worker);
  }
}

void Assignments::on_worker_gone(int64_t now_us, uint64_t worker_id) {
  std::vector<uint64_t> ids;
  for (const auto& [id, flow] : flows_) ids.push_back(id);
  for (const uint64_t id : ids) {
    Flow& flow = flows_.at(id);
    if (flow.stage == Stage::kGranting && flow.worker_id == worker_id) {
      grant_next(now_us, flow);
    } else {
      on_invalidated(now_us, worker_id, id);
    }
  }
}

void Assignments::on_adopted(int64_t now_us, uint64_t store_id, bool ok, bool more) {
  const auto it = flows_.find(store_id & ~kAdoptBit);
  if (it == flows_.end() || it->second.stage != Stage::kAdopting) return;
  if (!ok) return end(it->second, Code::kBusy, nullptr);
  if (more) return adopt(it->second);
  grant_next(now_us, it->second);
}

void Assignments::tick(int64_t now_us) {
  while (!due_.empty() && due_.begin()->first <= now_us) on_due(now_us, flows_.at(due_.begin()->second));
}

int64_t Assignments::next_due_us() const {
  return due_.empty() ? std::numeric_limits<int64_t>::max() : due_.begin()->first;
}

void Assignments::clear() {
  flows_.clear();
  by_client_.clear();
  by_grant_.clear();
  due_.clear();
  outcomes_.clear();
}

// Ends the flow or moves its due time on.
void Assignments::on_due(int64_t now_us, Flow& flow) {
  if (now_us >= flow.until_us) {
    return end(flow, flow.stage == Stage::kAdopting ? Code::kBusy : Code::kNoWorker, nullptr);
  }
  if (flow.stage == Stage::kInvalidating) {
    // An Invalidate is idempotent, and the first one may have met a full queue.
    for (const uint64_t worker_id : flow.waiting) {
      if (const Worker* worker = roster_.find(worker_id)) send_invalidate(flow.grant, flow.id, *worker);
    }
    set_due(flow, now_us + kRepeatUs);
    return all_know(now_us, flow);
  }
  if (flow.stage == Stage::kAdopting || !roster_.any(flow.tried)) return set_due(flow, flow.until_us);
  ports_.event(Event::kGrantRetried, flow.grant.user());
  grant_next(now_us, flow);
}

// Sends two Invalidates. Epoch 2^64-1 ends the existing sessions and grants, whatever their epoch, without a message to
// the client. The worker remembers the second epoch, so that a grant on its way does not bring the device back.
void Assignments::end_device(uint64_t uid, uint64_t did, uint64_t good_from) {
  send_all(uid, did, UINT64_MAX);
  send_all(uid, did, good_from == 0 ? UINT64_MAX - 1 : good_from);
}

void Assignments::send_all(uint64_t uid, uint64_t did, uint64_t session_epoch) {
  v1::Grant grant;
  grant.set_uid(uid);
  grant.set_did(did);
  grant.set_session_epoch(session_epoch);
  invalidate_all(grant, 0);
}

void Assignments::invalidate_all(const v1::Grant& grant, uint64_t id) {
  for (const Worker* worker : roster_.live()) send_invalidate(grant, id, *worker);
}

void Assignments::send_invalidate(const v1::Grant& grant, uint64_t id, const Worker& worker) {
  v1::BrokerFrame frame;
  auto* body = frame.mutable_invalidate();
  body->set_id(id);
  body->set_uid(grant.uid());
  body->set_did(grant.did());
  body->set_session_epoch(grant.session_epoch());
  ports_.send_worker(worker.rid, frame.SerializeAsString());
}

SendResult Assignments::send_grant(const Flow& flow, const Worker& worker) {
  v1::BrokerFrame frame;
  *frame.mutable_grant() = flow.grant;
  return ports_.send_worker(worker.rid, frame.SerializeAsString());
}

void Assignments::all_know(int64_t now_us, Flow& flow) {
  if (flow.stage != Stage::kInvalidating || !flow.waiting.empty()) return;
  if (now_us >= settled_us_) return adopt(flow);
  set_due(flow, settled_us_);
}

void Assignments::adopt(Flow& flow) {
  flow.stage = Stage::kAdopting;
  set_due(flow, flow.until_us);
  const auto uid = static_cast<int64_t>(flow.grant.uid()), did = static_cast<int64_t>(flow.grant.did());
  const bool taken =
      lanes_.ask(std::to_string(uid), kMaxAdopting, StoreRequest{flow.id | kAdoptBit, AdoptQueue{uid, did}});
  if (!taken) end(flow, Code::kBusy, nullptr);
}

// Sends the grant to the next worker that was not asked yet. The first worker gets half of the time that is left, so
// that a second one can answer.
void Assignments::grant_next(int64_t now_us, Flow& flow) {
  flow.stage = Stage::kGranting;
  const bool first = flow.tried.empty();
  while (const Worker* worker = roster_.pick(flow.tried)) {
    by_grant_.erase(flow.grant.grant_id());
    flow.tried.insert(worker->id);
    flow.worker_id = worker->id;
    flow.grant.set_grant_id(ports_.random_u64() | 1);  // never 0
    if (send_grant(flow, *worker) != SendResult::kSent) continue;
    by_grant_[flow.grant.grant_id()] = flow.id;
    const int64_t left = std::max<int64_t>(flow.until_us - now_us, 1);
    return set_due(flow, now_us + (first ? (left + 1) / 2 : left));
  }
  end(flow, Code::kNoWorker, nullptr);
}

void Assignments::set_due(Flow& flow, int64_t due_us) {
  due_.erase({flow.due_us, flow.id});
  flow.due_us = std::min(due_us, flow.until_us);
  due_.emplace(flow.due_us, flow.id);
}

void Assignments::end(Flow& flow, Code code, const Worker* worker) {
  Outcome outcome{flow.client, code, {}, {}, {}, flow.grant.session_epoch()};
  if (worker != nullptr) {
    outcome.endpoint = worker->endpoint;
    outcome.key = worker->key;
    outcome.worker = worker->name;
  }
  outcomes_.push_back(std::move(outcome));
  erase(flow);
}

void Assignments::erase(Flow& flow) {
  by_client_.erase(flow.client);
  if (const auto it = by_grant_.find(flow.grant.grant_id()); it != by_grant_.end() && it->second == flow.id) {
    by_grant_.erase(it);
  }
  due_.erase({flow.due_us, flow.id});
  flows_.erase(flow.id);
}

}  // namespace fastchat::broker
