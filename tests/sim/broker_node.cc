#include "tests/sim/broker_node.h"

#include <utility>

#include "common/check.h"
#include "tests/sim/frames_text.h"

namespace fastchat::sim {

BrokerNode::BrokerNode(World& world, Knobs& knobs, Network& net, const Database& database, test::MemoryDb& db,
                       Oracle& oracle, int number)
    : Process(world, knobs, "broker" + std::to_string(number)),
      net_(net),
      db_(db),
      oracle_(oracle),
      store_(db, 3, KeyLogRules::signer()) {
  FC_CHECK(store_.claim_log().ok());
  for (const auto lane : {broker::Lane::kFind, broker::Lane::kWrite, broker::Lane::kAdopt}) {
    for (size_t i = 0; i < broker::shape_of(lane).threads; ++i) {
      stores_.push_back({lane, std::make_unique<StoreLane>(world, knobs, database, *this), 0});
    }
  }
  net_.listen(client_address(number), *this, *this);
  net_.listen(control_address(number), *this, *this);
}

void BrokerNode::on_start() {
  broker::EngineConfig config;
  config.realm = Bytes(16, 'r');
  config.agent = "sim";
  config.strangers = static_cast<v1::Strangers>(knobs_.strangers);
  config.log_key = KeyLogRules::signer().public_key();
  config.sign_ups_an_hour = 1'000;  // all users share one address here, and requests without an answer are sent again
  // With a database that forgets devices, the shared address is listed, as docs/operations.md advises after a restore:
  // each secret of such a device counts as a failure of the address.
  if (knobs_.goes_back()) config.many_behind = *AddressSet::parse("10.0.0.1");
  engine_ = std::make_unique<broker::Engine>(std::move(config), static_cast<broker::Ports&>(*this));
}

void BrokerNode::on_kill() {
  net_.process_died(*this);
  for (auto& thread : stores_) {
    thread.store->process_died();
    thread.asked = 0;
  }
  conns_.clear();
  engine_.reset();
}

int64_t BrokerNode::on_turn_end(int64_t now) {
  if (engine_->next_tick_us() <= now) engine_->tick(now);
  return engine_->next_tick_us();
}

bool BrokerNode::on_accept(const ConnPtr& conn) {
  conns_[conn->rid] = conn;
  return true;
}

void BrokerNode::on_frame(const ConnPtr& conn, const Bytes& frame) {
  if (conn->kind == LinkKind::kControl) {
    world_.trace(
        [&] { return name() + " < worker " + std::to_string(conn->rid) + ": " + text_of<v1::WorkerFrame>(frame); });
    return engine_->on_worker_frame(turn_now_, conn->rid, frame);
  }
  world_.trace(
      [&] { return name() + " < client " + std::to_string(conn->rid) + ": " + text_of<v1::ClientFrame>(frame); });
  if (knobs_.sabotage == Sabotage::kReadmits) readmit(frame);
  engine_->on_client_frame(turn_now_, conn->rid, conn->key, "10.0.0.1", frame);
}

void BrokerNode::readmit(const Bytes& frame) {
  v1::ClientFrame f;
  if (!f.ParseFromString(frame) || f.log_in().auth().empty()) return;
  const auto uid = db_.uid_by_name.find(f.log_in().user());
  if (uid != db_.uid_by_name.end()) db_.ended.erase({uid->second, f.log_in().device()});
}

// Runs the request as a program that does not see the log.
broker::StoreReply BrokerNode::leave_out(const broker::StoreRequest& request) {
  const Bytes key = std::exchange(db_.log.key, {});
  test::MemoryBrokerStore without_log(db_);
  auto reply = broker::execute(without_log, request);
  db_.log.key = key;
  return reply;
}

void BrokerNode::keep(const Passwords::Before& before, broker::StoreReply& reply) {
  if (knobs_.sabotage == Sabotage::kKeepsIdentity) db_.users.at(before.uid).identity_blob = before.identity;
  if (knobs_.sabotage == Sabotage::kForgetsRekeys) {
    db_.users.at(before.uid).rekeys.clear();
    db_.users.at(before.uid).first_public_key.clear();
  }
  if (knobs_.sabotage == Sabotage::kKeepsPassword) db_.users.at(before.uid).verifier = before.verifier;
  for (const auto& was : before.others) {
    auto& is = db_.devices.at(was.did);
    if (knobs_.sabotage == Sabotage::kKeepsSecrets) is.secret_hash = was.secret_hash;
    if (knobs_.sabotage != Sabotage::kKeepsSessions) continue;
    is.session_epoch = was.session_epoch;
    is.valid_from = was.valid_from;
    if (reply.body.ok()) std::get<broker::PasswordStored>(*reply.body).others.clear();
  }
}

void BrokerNode::on_down(const ConnPtr& conn, core::LinkLoss) {
  if (conn->kind == LinkKind::kClient) engine_->on_client_gone(turn_now_, conn->rid);
  conns_.erase(conn->rid);
}

void BrokerNode::send_client(broker::Rid rid, Bytes&& frame) {
  const auto it = conns_.find(rid);
  if (it != conns_.end()) (void)net_.send(it->second, Side::kListener, std::move(frame), knobs_.client_hwm);
}

void BrokerNode::close_client(broker::Rid) {}

broker::SendResult BrokerNode::send_worker(broker::Rid rid, Bytes&& frame) {
  const auto it = conns_.find(rid);
  if (it == conns_.end()) return broker::SendResult::kUnreachable;
  world_.trace([&] { return name() + " > worker " + std::to_string(rid) + ": " + text_of<v1::BrokerFrame>(frame); });
  switch (net_.send(it->second, Side::kListener, std::move(frame), knobs_.control_hwm)) {
    case Wire::kSent:
      return broker::SendResult::kSent;
    case Wire::kFull:
      return broker::SendResult::kFull;
    case Wire::kGone:
      break;
  }
  return broker::SendResult::kUnreachable;
}

void BrokerNode::store(broker::StoreRequest&& request) {
  struct State {
    broker::StoreRequest request;
    broker::StoreReply reply;
  };
  auto state = std::make_shared<State>(State{std::move(request), {}});
  const auto execute = [this, state] {
    db_.now_ms = world_.now() / kMs + 1;
    const auto before = oracle_.passwords.look(state->request);
    state->reply =
        knobs_.sabotage == Sabotage::kLeavesOut ? leave_out(state->request) : broker::execute(store_, state->request);
    oracle_.passwords.judge(state->request, state->reply, before);
    oracle_.key_log.judge(state->request, state->reply);
    if (before) keep(*before, state->reply);
  };
  const auto refuse = [state] {
    state->reply = broker::StoreReply{state->request.id, err(Code::kBusy, "the database does not answer")};
  };
  StoreThread* idle = nullptr;
  for (StoreThread& thread : stores_) {
    if (thread.lane == broker::lane_of(state->request) && thread.asked == 0) idle = &thread;
  }
  if (idle == nullptr) throw Violation("lanes", name() + " asks for more than the lane has threads");
  ++idle->asked;
  idle->store->submit({execute, refuse, [this, state, idle] {
                         --idle->asked;
                         engine_->on_store_reply(turn_now_, std::move(state->reply));
                       }});
}

void BrokerNode::event(broker::Event event, std::string_view detail) {
  world_.trace(
      [&] { return name() + " event " + std::to_string(static_cast<int>(event)) + " " + std::string(detail); });
}

}  // namespace fastchat::sim
