// A broker engine under the control of a test. Sent frames are kept and parsed, the store is MemoryDb, time is an
// integer. The test decides when the store answers.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/engine.h"
#include "common/hash.h"
#include "tests/broker/seconds.h"
#include "tests/support/memory_broker_store.h"

namespace fastchat::test {

using broker::Event;
using broker::Rid;

class FakePorts : public broker::Ports {
 public:
  void send_client(Rid rid, Bytes&& frame) override {
    v1::ServerFrame parsed;
    ASSERT_TRUE(parsed.ParseFromString(frame));
    to_clients.emplace_back(rid, std::move(parsed));
    client_bytes.push_back(std::move(frame));
  }
  uint64_t unsent(Rid) override { return waiting; }
  void close_client(Rid rid) override { closed.push_back(rid); }
  broker::SendResult send_worker(Rid rid, Bytes&& frame) override {
    if (unreachable.contains(rid)) return broker::SendResult::kUnreachable;
    const auto parsed = wire::parse_broker_frame(frame);
    EXPECT_TRUE(parsed.ok());
    if (parsed.ok()) to_workers.emplace_back(rid, *parsed);
    return broker::SendResult::kSent;
  }
  void store(broker::StoreRequest&& request) override { requests.push_back(std::move(request)); }
  uint64_t random_u64() override { return random += 2; }
  void event(Event event, std::string_view) override { ++events[event]; }

  std::vector<std::pair<Rid, v1::ServerFrame>> to_clients;
  std::vector<Bytes> client_bytes;
  std::vector<Rid> closed;
  std::vector<std::pair<Rid, v1::BrokerFrame>> to_workers;
  std::set<Rid> unreachable;
  std::deque<broker::StoreRequest> requests;
  std::map<Event, int> events;
  uint64_t random = 1'000;
  uint64_t waiting = 0;  // bytes that no client took
};

// An engine with a database, and short names for the actions of clients and workers.
class Broker {
 public:
  explicit Broker(v1::Registration registration = v1::OPEN, broker::Policy policy = broker::Policy::kRoundRobin)
      : Broker(broker::EngineConfig{Bytes(16, 'R'), "test broker", registration, policy}) {}
  // Sends refusals at once, unless `as_it_is`, which keeps the delay of `config`.
  explicit Broker(broker::EngineConfig config, bool as_it_is = false)
      : engine(with_delay(std::move(config), as_it_is), ports) {
    // The broker has run for long enough to let new devices in.
    engine.tick(now - 10 * kSecond);
  }

  static broker::EngineConfig with_delay(broker::EngineConfig config, bool as_it_is) {
    if (!as_it_is) config.refusal_delay_us = 0;
    return config;
  }

  // Advances the time by `us`. Does due work on the way; live workers beat twice a second.
  void pass(int64_t us) {
    const int64_t until = now + us;
    while (now < until) {
      now = std::min(until, now + kSecond / 2);
      for (const uint64_t id : beating) beat(id);
      engine.tick(now);
    }
  }

  // ---- clients
  void client(Rid rid, const v1::ClientFrame& frame) { client_bytes(rid, frame.SerializeAsString()); }
  void client_bytes(Rid rid, ByteView bytes) {
    engine.on_client_frame(now, rid, Bytes(32, static_cast<char>('A' + rid % 26)), address, bytes);
  }
  static v1::ClientFrame request(uint64_t id) {
    v1::ClientFrame f;
    f.set_request(id);
    return f;
  }
  void hello(Rid rid, uint32_t least = 1, uint32_t most = 1) {
    auto f = request(1);
    f.mutable_hello()->set_version_min(least);
    f.mutable_hello()->set_version_max(most);
    client(rid, f);
  }
  static v1::ClientFrame sign_up_frame(const std::string& user, const std::string& invite = "") {
    auto f = request(2);
    f.mutable_sign_up()->set_user(user);
    f.mutable_sign_up()->set_public_key("spki");
    f.mutable_sign_up()->set_identity_blob("blob of " + user);
    f.mutable_sign_up()->set_vault("vault");
    f.mutable_sign_up()->set_verifier(sha256({std::string_view("FastChat/1/verifier\0", 20), auth_of(user)}));
    f.mutable_sign_up()->set_invite(invite);
    return f;
  }
  static Bytes auth_of(const std::string& user) { return sha256(user); }
  static v1::ClientFrame log_in_frame(const std::string& user, const Bytes& auth, char device = 'd', uint64_t id = 3) {
    auto f = request(id);
    f.mutable_log_in()->set_user(user);
    if (!auth.empty()) f.mutable_log_in()->set_auth(auth);
    f.mutable_log_in()->set_device(Bytes(16, device));
    f.mutable_log_in()->set_device_name("laptop");
    return f;
  }
  // Signs `user` up over a link of its own.
  void account(const std::string& user) {
    hello(9'000);
    client(9'000, sign_up_frame(user));
    serve_store();
    client(9'000, [] {
      v1::ClientFrame f;
      f.mutable_bye();
      return f;
    }());
    ports.to_clients.clear();
    ports.client_bytes.clear();
    ports.closed.clear();
  }
  void log_in(Rid rid, const std::string& user, char device = 'd') {
    client(rid, log_in_frame(user, auth_of(user), device));
    serve_store();
  }
  // Completes a login of the device in the store, up to a session: the device is known from now on.
  void settle(const std::string& user, char device) {
    MemoryBrokerStore direct(db);
    const auto row = direct.login_row(user, Bytes(16, device));
    const auto entered = direct.log_in_device({row->uid, Bytes(16, device), "laptop", row->verifier});
    ASSERT_EQ(Code::kOk, entered->code);
    while (direct.adopt_queue(row->uid, entered->did)->more) {
    }
  }

  // ---- version 2
  static Bytes secret_of(char device) { return Bytes(32, static_cast<char>(device + 1)); }
  static Bytes hash_of(const Bytes& secret) { return sha256({std::string_view("FastChat/1/device\0", 18), secret}); }
  static Bytes verifier_of(const Bytes& auth) { return sha256({std::string_view("FastChat/1/verifier\0", 20), auth}); }
  static v1::ClientFrame log_in_with_hash(const std::string& user, char device) {
    auto f = log_in_frame(user, auth_of(user), device);
    f.mutable_log_in()->set_secret_hash(hash_of(secret_of(device)));
    return f;
  }
  static v1::ClientFrame log_in_by_secret(const std::string& user, char device, const Bytes& secret) {
    auto f = log_in_frame(user, "", device);
    f.mutable_log_in()->set_secret(secret);
    return f;
  }
  static v1::ClientFrame new_password(const Bytes& old_auth, const Bytes& auth, uint64_t vault_version = 2) {
    auto f = request(5);
    auto* change = f.mutable_change_password();
    change->set_auth(old_auth);
    change->set_verifier(verifier_of(auth));
    change->set_identity_blob("blob under " + auth);
    change->set_vault("vault under a new key");
    change->set_vault_version(vault_version);
    return f;
  }
  // ---- version 3
  // Changes the key and keeps the password. The changes `first` to `last` lead to the new key.
  static v1::ClientFrame new_key(const std::string& user, int first, int last, uint64_t vault_version = 2) {
    auto f = new_password(auth_of(user), auth_of(user), vault_version);
    auto* change = f.mutable_change_password();
    change->set_identity_blob("blob with key " + std::to_string(last));
    change->set_public_key("key " + std::to_string(last));
    for (int i = first; i <= last; ++i) change->add_rekeys("change " + std::to_string(i));
    change->set_rekey(static_cast<uint64_t>(last));
    return f;
  }
  static v1::ClientFrame delete_account(const Bytes& auth) {
    auto f = request(6);
    f.mutable_delete_account()->set_auth(auth);
    return f;
  }
  // Greets in `version` if the link is new, sends `frame`, and serves the store. Returns the first answer, or an empty
  // frame. A second answer may follow: an assignment, or the error that there is no worker.
  v1::ServerFrame ask(Rid rid, const v1::ClientFrame& frame, uint32_t version = 2) {
    if (!engine.has_link(rid)) hello(rid, 1, version);
    const size_t before = to(rid).size();
    client(rid, frame);
    serve_store();
    const auto all = to(rid);
    return all.size() > before ? all[before] : v1::ServerFrame();
  }

  // Answers the store requests of the engine, and those that the answers cause.
  void serve_store() {
    while (!ports.requests.empty()) serve_one();
  }
  void serve_one() {
    const auto request = std::move(ports.requests.front());
    ports.requests.pop_front();
    engine.on_store_reply(now, execute(store, request));
  }
  void fail_one() {
    const auto request = std::move(ports.requests.front());
    ports.requests.pop_front();
    engine.on_store_reply(now, {request.id, err(Code::kBusy, "away")});
  }

  // ---- workers; worker `id` sits behind the control link of the same number
  void worker(Rid rid, const v1::WorkerFrame& frame) { engine.on_worker_frame(now, rid, frame.SerializeAsString()); }
  void join(uint64_t id) { join(id, id); }
  void join(uint64_t id, Rid rid, const Bytes& realm = Bytes(16, 'R'), uint32_t version = 1) {
    v1::WorkerFrame f;
    auto* r = f.mutable_register_();
    r->set_version(version);
    r->set_worker_id(id);
    r->set_name("w" + std::to_string(id));
    r->set_endpoint("tcp://127.0.0.1:" + std::to_string(8000 + id));
    r->set_key(Bytes(32, static_cast<char>('k' + id)));
    r->set_bus_endpoint("tcp://127.0.0.1:" + std::to_string(8100 + id));
    r->set_realm(realm);
    worker(rid, f);
    beating.insert(id);
    rid_of[id] = rid;
  }
  void beat(uint64_t id, uint32_t sessions = 0, bool draining = false) {
    v1::WorkerFrame f;
    f.mutable_heartbeat()->set_worker_id(id);
    f.mutable_heartbeat()->set_sessions(sessions);
    f.mutable_heartbeat()->set_draining(draining);
    worker(rid_of[id], f);
  }
  void silence(uint64_t id) { beating.erase(id); }
  void granted(uint64_t id, uint64_t grant_id) {
    v1::WorkerFrame f;
    f.mutable_granted()->set_grant_id(grant_id);
    worker(rid_of[id], f);
  }
  void invalidated(uint64_t id, uint64_t invalidate_id) {
    v1::WorkerFrame f;
    f.mutable_invalidated()->set_id(invalidate_id);
    worker(rid_of[id], f);
  }

  // ---- output
  std::vector<v1::ServerFrame> to(Rid rid) const {
    std::vector<v1::ServerFrame> out;
    for (const auto& [to, frame] : ports.to_clients) {
      if (to == rid) out.push_back(frame);
    }
    return out;
  }
  v1::ServerFrame last(Rid rid) const {
    const auto all = to(rid);
    return all.empty() ? v1::ServerFrame() : all.back();
  }
  v1::ErrorCode last_error(Rid rid) const { return last(rid).error().code(); }
  // grants() returns the workers that were asked for a grant, in order; last_grant() returns the last request.
  std::vector<uint64_t> grants() const {
    std::vector<uint64_t> out;
    for (const auto& [rid, frame] : ports.to_workers) {
      if (frame.has_grant()) out.push_back(rid);
    }
    return out;
  }
  v1::Grant last_grant() const {
    v1::Grant grant;
    for (const auto& [rid, frame] : ports.to_workers) {
      if (frame.has_grant()) grant = frame.grant();
    }
    return grant;
  }
  // Returns (worker's link, id) of every Invalidate.
  std::vector<std::pair<Rid, uint64_t>> invalidates() const {
    std::vector<std::pair<Rid, uint64_t>> out;
    for (const auto& [rid, frame] : ports.to_workers) {
      if (frame.has_invalidate()) out.emplace_back(rid, frame.invalidate().id());
    }
    return out;
  }

  int64_t now = 1'000 * kSecond;
  std::string address = "192.0.2.1";
  MemoryDb db;
  MemoryBrokerStore store{db};
  FakePorts ports;
  broker::Engine engine;
  std::set<uint64_t> beating;
  std::map<uint64_t, Rid> rid_of;
};

}  // namespace fastchat::test
