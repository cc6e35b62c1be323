#include "tests/bench/fake_server.h"

#include <algorithm>

#include "common/check.h"

namespace fastchat::bench {

FakeServer::FakeServer() : broker_(make_router(context_, broker_keys_)), worker_(make_router(context_, worker_keys_)) {
  const std::string endpoint = broker_.get(zmq::sockopt::last_endpoint);
  worker_endpoint_ = worker_.get(zmq::sockopt::last_endpoint);
  const auto port = static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  invite_ = {"127.0.0.1", port, broker_keys_.public_key, Bytes(16, '\x11')};
}

zmq::socket_t FakeServer::make_router(zmq::context_t& context, const CurvePair& keys) {
  zmq::socket_t router(context, zmq::socket_type::router);
  router.set(zmq::sockopt::curve_server, true);
  router.set(zmq::sockopt::curve_secretkey, zmq::buffer(keys.secret_key));
  router.set(zmq::sockopt::linger, 0);
  router.bind("tcp://127.0.0.1:*");
  return router;
}

void FakeServer::reply(zmq::socket_t& socket, const std::string& rid, const Bytes& frame) {
  socket.send(zmq::buffer(rid), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(frame), zmq::send_flags::none);
}

void FakeServer::step() {
  for (zmq::socket_t* socket : {&broker_, &worker_}) {
    zmq::message_t id, payload;
    while (socket->recv(id, zmq::recv_flags::dontwait)) {
      FC_CHECK(socket->recv(payload, zmq::recv_flags::none));
      last_address = payload.gets("Peer-Address");
      const auto in = parser_.parse(payload.to_string_view());
      FC_CHECK(in.ok());
      socket == &broker_ ? step_broker(id.to_string(), **in) : step_worker(id.to_string(), **in);
    }
  }
  for (auto& [rid, out] : out_) {
    if (!out.empty()) reply(worker_, rid, out.take());
  }
}

void FakeServer::step_broker(const std::string& rid, const wire::ClientIn& in) {
  v1::ServerFrame frame;
  frame.set_request(in.request);
  const v1::ClientFrame& cold = in.cold;
  if (cold.has_hello()) {
    frame.mutable_hello()->set_version(1);
    frame.mutable_hello()->set_realm(invite_.realm);
  } else if (cold.has_sign_up()) {
    sign_ups.push_back(cold.sign_up());
    const bool taken = std::count(known.begin(), known.end(), cold.sign_up().user()) != 0;
    if (taken) frame.mutable_error()->set_code(v1::NAME_TAKEN);
    if (!taken) frame.mutable_signed_up();
  } else if (cold.has_log_in()) {
    auth_of[cold.log_in().user()] = cold.log_in().auth();
    Device& device = devices_[cold.log_in().device()];
    device.user = cold.log_in().user();
    device.epoch = next_epoch_++;
    frame.mutable_logged_in()->set_identity_blob("sealed");
    frame.mutable_logged_in()->set_vault("sealed");
    frame.mutable_logged_in()->set_vault_version(1);
    reply(broker_, rid, frame.SerializeAsString());
    frame.mutable_assignment()->set_endpoint(worker_endpoint_);
    frame.mutable_assignment()->set_key(worker_keys_.public_key);
    frame.mutable_assignment()->set_session_epoch(device.epoch);
  }
  reply(broker_, rid, frame.SerializeAsString());
}

FakeServer::Device* FakeServer::of_user(const std::string& user) {
  for (auto& [id, device] : devices_) {
    if (device.user == user) return &device;
  }
  return nullptr;
}

FakeServer::Device* FakeServer::of_rid(const std::string& rid) {
  for (auto& [id, device] : devices_) {
    if (device.rid == rid) return &device;
  }
  return nullptr;
}

void FakeServer::attach(const std::string& rid, uint64_t request, const v1::Attach& attach) {
  v1::ServerFrame frame;
  frame.set_request(request);
  Device& device = devices_[attach.device()];
  if (refuse_attach_with != v1::OK || device.epoch != attach.session_epoch()) {
    frame.mutable_error()->set_code(refuse_attach_with != v1::OK ? refuse_attach_with : v1::NOT_LOGGED_IN);
    return reply(worker_, rid, frame.SerializeAsString());
  }
  device.rid = rid;
  frame.mutable_attached()->set_version(1);
  reply(worker_, rid, frame.SerializeAsString());
  frame.set_request(0);
  frame.mutable_drained();
  reply(worker_, rid, frame.SerializeAsString());
}

// Answers group_stored also when the server already has the group with this state, as a real server does.
void FakeServer::put_group(const std::string& rid, uint64_t request, const v1::PutGroup& put) {
  groups.push_back(put);
  v1::ServerFrame frame;
  for (const auto& name : put.members()) {
    frame.mutable_group_changed()->set_group_id(put.group_id());
    frame.mutable_group_changed()->set_epoch(put.epoch());
    if (Device* device = of_user(name); device != nullptr) reply(worker_, device->rid, frame.SerializeAsString());
  }
  frame.set_request(request);
  frame.mutable_group_stored();
  reply(worker_, rid, frame.SerializeAsString());
}

void FakeServer::give(Device& to, const std::string& sender, const wire::SendView& send) {
  to.waiting.emplace_back(sender, send.ref);
  DownstreamWriter& deliveries = out_[to.rid];
  deliveries.delivery(++to.tag, send.envelope);
  if (deliveries.bytes() > wire::kMaxServerFrame / 2) reply(worker_, to.rid, deliveries.take());
}

void FakeServer::on_group_send(const std::string& rid, const wire::SendView& send) {
  ++group_sends;
  const auto group = std::find_if(groups.begin(), groups.end(), [&](const v1::PutGroup& g) {
    return g.group_id() == send.group && g.epoch() == send.epoch;
  });
  if (group == groups.end()) return out_[rid].rejected(send.ref, v1::UNKNOWN_GROUP, 0);
  GroupSend& sent = group_sends_[{rid, send.ref}];
  for (const auto& name : group->members()) {
    Device* to = of_user(name);
    if (to == nullptr || to->rid == rid) continue;
    ++(name == away ? sent.queued : sent.waiting);
    if (name != away) give(*to, rid, send);
  }
}

void FakeServer::acked(const std::string& sender, uint64_t ref) {
  const auto it = group_sends_.find({sender, ref});
  if (it == group_sends_.end()) return out_[sender].delivered(ref);
  ++it->second.delivered;
  if (--it->second.waiting == 0) out_[sender].group(ref, it->second.delivered, it->second.queued);
}

void FakeServer::on_send(const std::string& rid, const wire::SendView& send) {
  identities.emplace_back(send.stream, send.seq);
  if (!send.group.empty()) return on_group_send(rid, send);
  DownstreamWriter& receipts = out_[rid];
  Device* to = of_user(std::string(send.to));
  if (reject_with != v1::OK || to == nullptr) {
    receipts.rejected(send.ref, to == nullptr ? v1::UNKNOWN_USER : reject_with, 0);
  } else if (queue_everything) {
    receipts.queued(send.ref);
    if (deliver_after_queue) receipts.delivered(send.ref);
  } else {
    give(*to, rid, send);
  }
}

void FakeServer::step_worker(const std::string& rid, const wire::ClientIn& in) {
  if (in.is_traffic) {
    ++frames;
    largest_batch = std::max(largest_batch, in.traffic.sends.size());
    Device* from = of_rid(rid);
    FC_CHECK(from != nullptr);
    for (const auto& send : in.traffic.sends) on_send(rid, send);
    for (; from->acked < in.traffic.ack_upto; ++from->acked) {
      const auto& [sender, ref] = from->waiting.at(from->acked);
      acked(sender, ref);
    }
    return;
  }
  if (in.cold.has_attach()) attach(rid, in.request, in.cold.attach());
  if (in.cold.has_put_group()) put_group(rid, in.request, in.cold.put_group());
  if (in.cold.has_ping()) {
    ++pings;
    v1::ServerFrame pong;
    pong.set_request(in.request);
    pong.mutable_pong();
    reply(worker_, rid, pong.SerializeAsString());
  }
  if (in.cold.has_bye()) ++byes;
}

}  // namespace fastchat::bench
