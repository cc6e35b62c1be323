#include "broker/core/engine.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace fastchat::broker {

Engine::Engine(EngineConfig config, Ports& ports)
    : config_(std::move(config)),
      ports_(ports),
      broker_id_(ports.random_u64()),
      roster_(config_.policy),
      refusals_(config_.refusal_delay_us),
      lanes_(ports),
      assignments_(roster_, ports, lanes_) {
  FC_CHECK(config_.realm.size() == wire::kRealm && config_.agent.size() <= wire::kMaxLabel);
}

void Engine::on_worker_frame(int64_t now_us, Rid rid, ByteView frame) {
  assignments_.runs(now_us);
  auto in = wire::parse_worker_frame(frame);
  if (!in) return ports_.event(Event::kWorkerBadFrame, in.error().text);
  const Worker* worker = roster_.by_rid(rid);
  switch (in->body_case()) {
    case v1::WorkerFrame::kRegister:
      on_register(now_us, rid, in->register_());
      break;
    case v1::WorkerFrame::kHeartbeat:
      on_heartbeat(now_us, rid, in->heartbeat());
      break;
    case v1::WorkerFrame::kGranted:
      if (worker != nullptr) assignments_.on_granted(worker->id, in->granted().grant_id());
      break;
    case v1::WorkerFrame::kInvalidated:
      if (worker != nullptr) assignments_.on_invalidated(now_us, worker->id, in->invalidated().id());
      break;
    case v1::WorkerFrame::kLeave: {
      const std::string name = worker == nullptr ? std::string() : worker->name;
      if (!roster_.leave(rid, in->leave().worker_id())) break;
      ports_.event(Event::kWorkerLeft, name);
      assignments_.on_worker_gone(now_us, in->leave().worker_id());
      send_peers(rid);
      break;
    }
    case v1::WorkerFrame::BODY_NOT_SET:
      break;
  }
  deliver_outcomes();
}

void Engine::on_register(int64_t now_us, Rid rid, const v1::Register& reg) {
  if (wire::common_version(reg.version(), reg.version()) == 0) {
    return ports_.event(Event::kWorkerRefused, reg.name() + " speaks another version of the protocol");
  }
  if (reg.realm() != config_.realm) {
    return ports_.event(Event::kWorkerRefused, reg.name() + " belongs to another realm");
  }
  const bool was_known = roster_.find(reg.worker_id()) != nullptr;
  const auto added = roster_.add(now_us, rid, reg);
  if (!added) return ports_.event(Event::kWorkerRefused, added.error().text);
  if (!was_known) ports_.event(Event::kWorkerUp, reg.name());

  v1::BrokerFrame frame;
  frame.mutable_welcome()->set_broker_id(broker_id_);
  frame.mutable_welcome()->set_sent_us(reg.sent_us());
  fill_peers(reg.version(), frame.mutable_welcome()->mutable_peers());
  ports_.send_worker(rid, frame.SerializeAsString());
  for (const uint64_t id : added->replaced) assignments_.on_worker_gone(now_us, id);
  assignments_.on_worker_registered(reg.worker_id());
  if (added->changed) send_peers(rid);
}

void Engine::on_heartbeat(int64_t now_us, Rid rid, const v1::Heartbeat& beat) {
  v1::BrokerFrame frame;
  if (roster_.heartbeat(now_us, rid, beat)) {
    frame.mutable_beat()->set_sent_us(beat.sent_us());
    if (roster_.find(beat.worker_id())->version >= 2) frame.mutable_beat()->set_share(roster_.share());
  } else {
    frame.mutable_who_are_you();
  }
  ports_.send_worker(rid, frame.SerializeAsString());
}

void Engine::fill_peers(uint32_t version, google::protobuf::RepeatedPtrField<v1::Peer>* peers) const {
  for (const Worker* worker : roster_.live()) {
    auto* peer = peers->Add();
    peer->set_worker_id(worker->id);
    peer->set_name(worker->name);
    peer->set_bus_endpoint(worker->bus_endpoint);
    if (version >= 2) peer->set_version(worker->version);
  }
}

// Sends the list of peers to every live worker except the one behind `except`, which has just received the list.
void Engine::send_peers(Rid except) {
  v1::BrokerFrame first, second;
  fill_peers(1, first.mutable_peers()->mutable_peers());
  fill_peers(2, second.mutable_peers()->mutable_peers());
  const Bytes of_first = first.SerializeAsString(), of_second = second.SerializeAsString();
  for (const Worker* worker : roster_.live()) {
    if (worker->rid != except) ports_.send_worker(worker->rid, Bytes(worker->version >= 2 ? of_second : of_first));
  }
}

void Engine::tick(int64_t now_us) {
  assignments_.runs(now_us);
  const auto dead = roster_.expire(now_us);
  for (const Worker& worker : dead) {
    ports_.event(Event::kWorkerDead, worker.name);
    assignments_.on_worker_gone(now_us, worker.id);
  }
  // Excludes no worker. A worker taken for dead registers again when its link carries frames again, and gets the list
  // then.
  if (!dead.empty()) send_peers(0);
  assignments_.tick(now_us);
  deliver_outcomes();
  say_refusals(now_us);
  throttle_.expire(now_us);
  logins_.expire(now_us);
  sign_ups_.expire(now_us);
  for (const Rid rid : links_.expire(now_us)) {
    ports_.event(Event::kLinkIdle, {});
    ports_.close_client(rid);
  }
}

int64_t Engine::next_tick_us() const {
  return std::min(
      {roster_.next_expiry_us(), assignments_.next_due_us(), links_.next_expiry_us(), refusals_.next_due_us()});
}

void Engine::on_overslept(int64_t now_us) {
  ports_.event(Event::kOverslept, {});
  assignments_.began(now_us);
  for (const Rid rid : links_.rids()) ports_.close_client(rid);
  links_.clear();
  refusals_.clear();
  assignments_.clear();
  roster_.clear();
}

void Engine::begin_shutdown(int64_t) {
  if (mode_ == Mode::kShuttingDown) return;
  mode_ = Mode::kShuttingDown;
  say_refusals(INT64_MAX);
  for (const Rid rid : links_.rids()) {
    const LinkState state = links_.find(rid)->state;
    if (state == LinkState::kReady) answer_error(rid, 0, Code::kShuttingDown, "the broker is shutting down");
  }
}

}  // namespace fastchat::broker
