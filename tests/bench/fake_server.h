// A broker and a worker that check no passwords and have no database. They implement enough of PROTOCOL.md to drive the
// generator's side of it. They run no thread: the test calls step() between the turns of its hub.
#pragma once

#include <map>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/curve.h"
#include "common/frames.h"
#include "common/wire.h"

namespace fastchat::bench {

class FakeServer {
 public:
  FakeServer();

  InviteLine invite() const { return invite_; }
  void step();

  // Answers each message to a user with `queued` instead of delivering it.
  bool queue_everything = false;
  bool deliver_after_queue = false;  // sends `delivered` after `queued`
  std::string away;                  // the member whose copy of a message to a group is queued
  v1::ErrorCode reject_with = v1::OK;
  v1::ErrorCode refuse_attach_with = v1::OK;
  std::vector<v1::SignUp> sign_ups;
  std::vector<v1::PutGroup> groups;
  size_t group_sends = 0;
  std::vector<std::string> known;  // names that are taken
  std::map<std::string, std::string> auth_of;
  std::string last_address;  // of the sender of the last frame
  size_t frames = 0, largest_batch = 0, pings = 0, byes = 0;
  std::vector<std::pair<Bytes, uint64_t>> identities;  // stream and seq of each send

 private:
  struct Device {
    std::string user;
    std::string rid;  // at the worker; empty while away
    uint64_t epoch = 0, tag = 0;
    std::vector<std::pair<std::string, uint64_t>> waiting;  // sender and ref of each delivery, by tag
    size_t acked = 0;
  };

  static zmq::socket_t make_router(zmq::context_t& context, const CurvePair& keys);
  void reply(zmq::socket_t& socket, const std::string& rid, const Bytes& frame);
  void step_broker(const std::string& rid, const wire::ClientIn& in);
  void step_worker(const std::string& rid, const wire::ClientIn& in);
  void attach(const std::string& rid, uint64_t request, const v1::Attach& attach);
  void put_group(const std::string& rid, uint64_t request, const v1::PutGroup& put);
  void on_send(const std::string& rid, const wire::SendView& send);
  void on_group_send(const std::string& rid, const wire::SendView& send);
  void give(Device& to, const std::string& sender, const wire::SendView& send);
  void acked(const std::string& sender, uint64_t ref);
  Device* of_user(const std::string& user);
  Device* of_rid(const std::string& rid);

  CurvePair broker_keys_ = make_curve_pair(), worker_keys_ = make_curve_pair();
  zmq::context_t context_;
  zmq::socket_t broker_, worker_;
  InviteLine invite_;
  std::string worker_endpoint_;
  uint64_t next_epoch_ = 1;
  std::map<std::string, Device> devices_;  // by device id
  struct GroupSend {
    uint64_t delivered = 0, waiting = 0, queued = 0;
  };
  std::map<std::pair<std::string, uint64_t>, GroupSend> group_sends_;  // by sender and ref
  std::map<std::string, DownstreamWriter> out_;
  wire::ClientFrameParser parser_;
};

}  // namespace fastchat::bench
