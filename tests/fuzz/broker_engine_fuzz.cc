// The broker's engine: the input is a sequence of frames of clients and workers with plausible fields, store answers,
// lost links and time. Every frame to a client is one that a client accepts, and every frame to a worker one that a
// worker accepts. No client gets a worker without the right password, a link is answered only while it is open, tables
// stay in their bounds, and when all fall silent nothing is left.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace test;

class Walk {
 public:
  explicit Walk(ByteView input)
      : source_(input),
        b_(source_.chance(4) ? v1::INVITE : v1::OPEN,
           source_.chance() ? broker::Policy::kRoundRobin : broker::Policy::kLeastSessions) {
    b_.account("alice");
  }

  void run() {
    for (int i = 0; i < 400 && !source_.done(); ++i) {
      step();
      check();
    }
    b_.serve_store();
    b_.pass(61 * kSecond);
    b_.serve_store();
    FC_CHECK(b_.engine.quiet() && b_.engine.links() == 0 && b_.engine.roster().size() == 0);
  }

 private:
  static constexpr const char* kUsers[] = {"alice", "bobby", "root", "no", "Carol"};

  void step() {
    b_.address = std::to_string(source_.below(4));
    const broker::Rid rid = 1 + source_.below(6);
    switch (source_.below(14)) {
      case 0:
      case 1:
      case 2:
        return from_client(rid, client_frame(rid));
      case 3:
        return from_client(rid, Bytes(source_.bytes(80)));
      case 4:
        return b_.hello(rid, static_cast<uint32_t>(source_.below(4)), static_cast<uint32_t>(source_.below(4)));
      case 5:
      case 6:
        return from_worker(1 + source_.below(5), worker_frame().SerializeAsString());
      case 7:
        return from_worker(1 + source_.below(5), Bytes(source_.bytes(60)));
      case 8:
      case 9:
        if (b_.ports.requests.empty()) return;
        return source_.chance(6) ? b_.fail_one() : b_.serve_one();
      case 10:
        right_.erase(rid);
        return b_.engine.on_client_gone(b_.now, rid);
      case 11:
        if (source_.chance(16)) b_.engine.on_overslept(b_.now);
        b_.ports.unreachable.clear();
        if (source_.chance(4)) b_.ports.unreachable = {1 + source_.below(5)};
        b_.now += static_cast<int64_t>(source_.below(65'536)) * 100;
        return b_.engine.tick(b_.now);
      case 12:
        b_.now += static_cast<int64_t>(source_.below(256)) * 1'000;
        return b_.engine.tick(b_.now);
      default:
        return answer_grant();
    }
  }

  void from_client(broker::Rid rid, const Bytes& frame) { b_.client_bytes(rid, damaged(frame)); }
  void from_worker(broker::Rid rid, const Bytes& frame) { b_.engine.on_worker_frame(b_.now, rid, damaged(frame)); }
  Bytes damaged(Bytes frame) {
    if (!frame.empty() && source_.chance(16))
      frame[source_.below(frame.size())] ^= static_cast<char>(1 + source_.byte());
    return frame;
  }

  Bytes client_frame(broker::Rid rid) {
    const std::string user = kUsers[source_.below(5)];
    switch (source_.below(6)) {
      case 0:
        return Broker::sign_up_frame(user, "token").SerializeAsString();
      case 1:
      case 2: {
        const bool right = !source_.chance(3);
        if (right) right_.insert(rid);
        const Bytes auth = right ? Broker::auth_of(user) : Bytes(32, 'w');
        return Broker::log_in_frame(user, auth, static_cast<char>('d' + source_.below(3))).SerializeAsString();
      }
      case 3: {
        v1::ClientFrame f;
        f.mutable_bye();
        return f.SerializeAsString();
      }
      case 4: {
        auto f = Broker::request(source_.number());
        f.mutable_ping();
        return f.SerializeAsString();
      }
      default: {
        auto f = Broker::request(9);
        f.mutable_attach()->set_device(Bytes(16, 'd'));
        return f.SerializeAsString();
      }
    }
  }

  v1::WorkerFrame worker_frame() {
    v1::WorkerFrame f;
    const uint64_t id = 1 + source_.below(4);
    switch (source_.below(6)) {
      case 0:
      case 1: {
        auto* r = f.mutable_register_();
        r->set_version(source_.chance(16) ? 9 : 1);
        r->set_worker_id(id);
        r->set_name("w" + std::to_string(id));
        r->set_endpoint("tcp://w" + std::to_string(source_.chance(8) ? 1 : id));
        r->set_bus_endpoint("tcp://b" + std::to_string(id));
        r->set_key(Bytes(32, 'k'));
        r->set_realm(Bytes(16, source_.chance(16) ? 'X' : 'R'));
        return f;
      }
      case 2:
        f.mutable_granted()->set_grant_id(source_.number());
        return f;
      case 3:
        f.mutable_invalidated()->set_id(source_.number());
        return f;
      case 4:
        f.mutable_leave()->set_worker_id(id);
        return f;
      default:
        f.mutable_heartbeat()->set_worker_id(id);
        f.mutable_heartbeat()->set_sessions(static_cast<uint32_t>(source_.number()));
        f.mutable_heartbeat()->set_draining(source_.chance(4));
        return f;
    }
  }

  // Answers as an honest worker does.
  void answer_grant() {
    if (b_.ports.to_workers.empty()) return;
    const auto [rid, frame] = b_.ports.to_workers[source_.below(b_.ports.to_workers.size())];
    v1::WorkerFrame f;
    if (frame.has_grant()) f.mutable_granted()->set_grant_id(frame.grant().grant_id());
    if (frame.has_invalidate()) f.mutable_invalidated()->set_id(frame.invalidate().id());
    if (f.body_case() != v1::WorkerFrame::BODY_NOT_SET) b_.engine.on_worker_frame(b_.now, rid, f.SerializeAsString());
  }

  void check() {
    for (const auto& bytes : b_.ports.client_bytes) FC_CHECK(wire::ServerFrameParser().parse(bytes).ok());
    for (const auto& [rid, frame] : b_.ports.to_clients) {
      if (frame.has_assignment() || frame.has_logged_in()) FC_CHECK(right_.contains(rid));
    }
    b_.ports.client_bytes.clear();
    b_.ports.to_clients.clear();
    if (b_.ports.to_workers.size() > 60) b_.ports.to_workers.clear();
    FC_CHECK(b_.engine.links() <= 7 && b_.engine.roster().size() <= 4);
  }

  Source source_;
  Broker b_;
  std::set<broker::Rid> right_;  // links on which the right password was shown
};

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(broker_engine) {
  const google::protobuf::LogSilencer quiet;
  testing::GTEST_FLAG(throw_on_failure) = true;  // FakePorts' own checks end the program, too
  Walk(input).run();
}
