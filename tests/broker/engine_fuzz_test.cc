// Seeded mutations of every frame a broker may get, in random order with time, store answers and lost links between.
// The engine must not crash, must stay within its bounds, and must come to rest when everybody falls silent.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

using Random = std::mt19937_64;

size_t below(Random& r, size_t n) {
  return static_cast<size_t>(r() % n);
}

std::vector<Bytes> client_seeds() {
  std::vector<Bytes> out;
  auto add = [&](const v1::ClientFrame& f) { out.push_back(f.SerializeAsString()); };
  auto hello = Broker::request(1);
  hello.mutable_hello()->set_version_min(1);
  hello.mutable_hello()->set_version_max(1);
  hello.mutable_hello()->set_agent("fuzz");
  for (int i = 0; i < 2; ++i) add(hello);
  hello.mutable_hello()->set_version_max(2);
  for (int i = 0; i < 3; ++i) add(hello);
  for (const char device : {'d', 'e'}) {
    add(Broker::log_in_with_hash("alice", device));
    add(Broker::log_in_by_secret("alice", device, Broker::secret_of(device)));
    add(Broker::log_in_by_secret("alice", device, Bytes(32, 'w')));
  }
  add(Broker::new_password(Broker::auth_of("alice"), Broker::auth_of("alice")));
  for (const std::string user : {"alice", "bobby", "root"}) {
    add(Broker::sign_up_frame(user, "token"));
    for (const char device : {'d', 'e'}) {
      add(Broker::log_in_frame(user, Broker::auth_of(user), device));
      add(Broker::log_in_frame(user, Bytes(32, 'w'), device));
    }
  }
  auto f = Broker::request(9);
  f.mutable_ping();
  add(f);
  f.mutable_get_vault();
  add(f);
  f.mutable_attach()->set_device(Bytes(16, 'd'));
  add(f);
  v1::ClientFrame traffic;
  traffic.mutable_traffic()->set_ack_upto(3);
  add(traffic);
  v1::ClientFrame bye;
  bye.mutable_bye();
  add(bye);
  return out;
}

Bytes worker_frame(Random& r) {
  v1::WorkerFrame f;
  switch (below(r, 5)) {
    case 0: {
      auto* reg = f.mutable_register_();
      const auto id = 1 + below(r, 5);
      reg->set_version(below(r, 20) == 0 ? 3 : 1);
      reg->set_worker_id(id);
      reg->set_name("w" + std::to_string(id));
      reg->set_endpoint("tcp://w" + std::to_string(below(r, 8) == 0 ? 1 : id));
      reg->set_bus_endpoint("tcp://b" + std::to_string(id));
      reg->set_key(Bytes(32, 'k'));
      reg->set_realm(Bytes(16, below(r, 20) == 0 ? 'X' : 'R'));
      break;
    }
    case 1:
      f.mutable_heartbeat()->set_worker_id(below(r, 6));
      f.mutable_heartbeat()->set_sessions(static_cast<uint32_t>(r()));
      f.mutable_heartbeat()->set_draining(below(r, 4) == 0);
      break;
    case 2:
      f.mutable_granted()->set_grant_id(1'001 + below(r, 2'000));
      break;
    case 3:
      f.mutable_invalidated()->set_id(below(r, 500));
      break;
    default:
      f.mutable_leave()->set_worker_id(below(r, 6));
  }
  return f.SerializeAsString();
}

Bytes mutated(Random& r, Bytes bytes) {
  for (size_t n = below(r, 3); n > 0 && !bytes.empty(); --n) {
    const size_t at = below(r, bytes.size());
    switch (below(r, 5)) {
      case 0:
        bytes[at] = static_cast<char>(r());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(r, 8)));
        break;
      case 2:
        bytes.erase(at, 1 + below(r, 8));
        break;
      case 3:
        bytes.insert(at, Bytes(1 + below(r, 8), static_cast<char>(r())));
        break;
      default:
        bytes.append(bytes.substr(at));
    }
  }
  return bytes;
}

// Answers the frames to workers as a peer that follows the protocol would, so that the deep states are reached.
void answer_grants(Broker& b, Random& r) {
  for (const auto& [rid, frame] : b.ports.to_workers) {
    v1::WorkerFrame f;
    if (frame.has_grant() && below(r, 2) == 0) {
      f.mutable_granted()->set_grant_id(frame.grant().grant_id());
    } else if (frame.has_invalidate() && frame.invalidate().id() != 0 && below(r, 2) == 0) {
      f.mutable_invalidated()->set_id(frame.invalidate().id());
    } else {
      continue;
    }
    const auto bytes = f.SerializeAsString();
    b.engine.on_worker_frame(b.now, rid, bytes);
    break;
  }
  if (b.ports.to_workers.size() > 200) b.ports.to_workers.clear();
}

void step(Broker& b, Random& r, const std::vector<Bytes>& seeds) {
  b.address = "192.0.2." + std::to_string(below(r, 2));
  switch (below(r, 8)) {
    case 0:
    case 1:
    case 2:
      b.client_bytes(1 + below(r, 8), mutated(r, seeds[below(r, seeds.size())]));
      break;
    case 3:
    case 4:
      b.engine.on_worker_frame(b.now, 1 + below(r, 6), mutated(r, worker_frame(r)));
      break;
    case 5:
      if (b.ports.requests.empty()) break;
      if (below(r, 6) == 0) {
        b.fail_one();
      } else {
        b.serve_one();
      }
      break;
    case 6:
      if (below(r, 4) == 0) b.engine.on_client_gone(b.now, 1 + below(r, 8));
      if (below(r, 500) == 0) b.engine.on_overslept(b.now);
      if (below(r, 20) == 0) b.ports.unreachable = {1 + below(r, 6)};
      b.now += static_cast<int64_t>(below(r, kSecond));
      b.engine.tick(b.now);
      break;
    default:
      answer_grants(b, r);
  }
}

TEST(EngineFuzz, NothingThatArrivesBreaksIt) {
  google::protobuf::LogSilencer quiet;  // suppresses protobuf's report of every string that is not UTF-8
  const auto seeds = client_seeds();
  std::map<Event, int> seen;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random r(seed);
    Broker b(seed % 3 == 0 ? v1::INVITE : v1::OPEN,
             seed % 2 == 0 ? broker::Policy::kRoundRobin : broker::Policy::kLeastSessions);
    b.account("alice");
    for (int i = 0; i < 10'000; ++i) step(b, r, seeds);
    EXPECT_LE(b.engine.links(), 8u);
    EXPECT_LE(b.engine.roster().size(), 5u);
    b.serve_store();
    b.pass(61 * kSecond);
    b.serve_store();
    EXPECT_TRUE(b.engine.quiet());
    EXPECT_EQ(0u, b.engine.links());
    EXPECT_EQ(0u, b.engine.roster().size());
    for (const auto& [event, count] : b.ports.events) seen[event] += count;
  }
  // The walk reached every event that can happen.
  for (const Event event : {Event::kMalformed, Event::kLoggedIn, Event::kLoggedInBySecret, Event::kNewDevice,
                            Event::kPasswordNeeded, Event::kBadCredentials, Event::kAssigned, Event::kNoWorker,
                            Event::kStoreBusy, Event::kWorkerUp, Event::kWorkerDead, Event::kWorkerLeft,
                            Event::kThrottled, Event::kWorkerBadFrame, Event::kWorkerRefused, Event::kOverslept}) {
    EXPECT_GT(seen[event], 0) << "event " << static_cast<int>(event);
  }
}

}  // namespace
}  // namespace fastchat::test
