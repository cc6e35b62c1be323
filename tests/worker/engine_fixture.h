// A worker's engine with a record of its frames to clients, brokers and the bus, and of its requests to the store. Time
// is an integer that the test moves.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/frames.h"
#include "common/wire.h"
#include "worker/core/engine.h"

namespace fastchat::test {

class RecordingPorts : public worker::Ports {
 public:
  worker::Sent to_client(uint64_t rid, Bytes& frame) override {
    if (gone.contains(rid)) return worker::Sent::kGone;
    if (full.contains(rid)) return worker::Sent::kFull;
    clients[rid].push_back(std::move(frame));
    return worker::Sent::kSent;
  }
  uint64_t unsent(uint64_t rid) override {
    const auto it = waiting.find(rid);
    return it == waiting.end() ? 0 : it->second;
  }
  bool takes_writes() const override { return writes; }
  void close_client(uint64_t rid) override { closed.push_back(rid); }
  void end_flooder(uint64_t rid) override { flooders.push_back(rid); }
  void to_broker(size_t, Bytes frame) override { broker.push_back(std::move(frame)); }
  void to_bus(Bytes frame) override { bus.push_back(std::move(frame)); }
  void connect_peer(const std::string& endpoint) override { connected.push_back(endpoint); }
  void disconnect_peer(const std::string& endpoint) override { disconnected.push_back(endpoint); }
  void store(worker::StoreRequest request) override { requests.push_back(std::move(request)); }
  void files(worker::FileRequest request) override { file_requests.push_back(std::move(request)); }
  void note(std::string_view, std::string_view) override {}

  std::map<uint64_t, std::deque<Bytes>> clients;
  std::set<uint64_t> full, gone;
  std::map<uint64_t, uint64_t> waiting;  // bytes not yet taken, by client
  bool writes = true;
  std::vector<uint64_t> closed, flooders;
  std::vector<Bytes> broker, bus;
  std::vector<std::string> connected, disconnected;
  std::deque<worker::StoreRequest> requests;
  std::deque<worker::FileRequest> file_requests;
};

class WorkerEngineTest : public testing::Test {
 protected:
  static constexpr uint64_t kSelf = 11, kPeer = 22;
  static constexpr uint64_t kAlice = 1, kBob = 2;             // uids
  static constexpr uint64_t kA1 = 101, kB1 = 201, kB2 = 202;  // dids
  static constexpr uint64_t kMailboxA = 190, kMailboxB = 290;

  WorkerEngineTest() { restart(); }

  void restart(worker::EngineConfig c = {}) {
    c.worker_id = kSelf;
    c.name = "w1";
    c.endpoint = "tcp://127.0.0.1:1";
    c.curve_key = Bytes(32, 'k');
    c.bus_endpoint = "tcp://127.0.0.1:2";
    c.realm = Bytes(16, 'r');
    ports = std::make_unique<RecordingPorts>();
    engine = std::make_unique<worker::Engine>(c, *ports);
    v1::BrokerFrame welcome;
    welcome.mutable_welcome()->set_broker_id(1);
    welcome.mutable_welcome()->set_sent_us(static_cast<uint64_t>(now));
    from_broker(welcome);
  }

  // ---- events
  void turn() {
    engine->tick(now);
    engine->flush(now);
  }
  void later(int64_t us) {
    now += us;
    v1::BrokerFrame beat;
    beat.mutable_beat()->set_sent_us(static_cast<uint64_t>(now));
    beat.mutable_beat()->set_share(share);
    from_broker(beat);
    turn();
  }
  void from_broker(const v1::BrokerFrame& f) { engine->on_broker_frame(now, 0, f.SerializeAsString()); }
  void grant(uint64_t uid, const std::string& user, uint64_t did, uint64_t epoch = 1) {
    v1::BrokerFrame f;
    auto* g = f.mutable_grant();
    g->set_grant_id(7);
    g->set_client_key(key_of(did));
    g->set_uid(uid);
    g->set_user(user);
    g->set_did(did);
    g->set_device(Bytes(16, 'd'));
    g->set_session_epoch(epoch);
    from_broker(f);
  }
  static Bytes key_of(uint64_t did) { return Bytes(32, static_cast<char>(did)); }
  static std::string user_id(uint64_t did) { return to_base64url(key_of(did)); }
  void attach(uint64_t rid, uint64_t did, uint64_t epoch = 1, uint32_t version = 1) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_attach()->set_version_min(1);
    f.mutable_attach()->set_version_max(version);
    f.mutable_attach()->set_device(Bytes(16, 'd'));
    f.mutable_attach()->set_session_epoch(epoch);
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
    turn();
  }
  // Attaches a session and answers with an empty queue, so the session is live.
  void live(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did, uint64_t epoch = 1,
            uint32_t version = 1) {
    grant(uid, user, did, epoch);
    attach(rid, did, epoch, version);
    answer_drain({});
    ports->clients[rid].clear();
  }
  void answer_drain(std::vector<worker::QueuedMessage> rows, bool more = false) {
    const auto d = expect<worker::Drain>();
    engine->on_store_reply(now, worker::Drained{d.session, Code::kOk, std::move(rows), more, {}});
    turn();
  }
  void send(uint64_t rid, uint64_t did, uint64_t ref, const std::string& to, const Bytes& envelope = "sealed") {
    UpstreamWriter w;
    w.send(ref, {.user = to}, Bytes(16, 's'), ref, envelope);
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }
  // Sends a request of a session.
  void ask(uint64_t rid, uint64_t did, uint64_t request, v1::ClientFrame f) {
    f.set_request(request);
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
  }
  template <class T>
  size_t count() const {
    size_t n = 0;
    for (const auto& r : ports->requests) n += std::holds_alternative<T>(r) ? 1 : 0;
    return n;
  }
  void ack(uint64_t rid, uint64_t did, uint64_t upto) {
    UpstreamWriter w;
    w.ack_upto(upto);
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }
  // Answers the look-up of the directory that is under way.
  void answer_lookup(std::vector<uint64_t> bobs = {kB1}, Code code = Code::kOk) {
    while (const auto* r = find<worker::Lookup>()) {
      worker::LookedUp reply{r->asked_at, code, r->names, {}};
      take<worker::Lookup>();
      for (const auto& name : reply.names) {
        if (name == "alice") reply.users.push_back({"alice", kAlice, "ka", kMailboxA, {kA1}});
        if (name == "bob") reply.users.push_back({"bob", kBob, "kb", kMailboxB, bobs});
      }
      if (code != Code::kOk) reply.users.clear();
      engine->on_store_reply(now, std::move(reply));
      turn();
    }
  }
  worker::InsertBatch answer_insert(Code code = Code::kOk) {
    auto batch = expect<worker::InsertBatch>();
    worker::InsertDone done;
    for (const auto& row : batch.rows) {
      for (const uint64_t did : row.dids) done.outcomes.push_back({row.pid, did, code});
    }
    engine->on_store_reply(now, std::move(done));
    turn();
    return batch;
  }

  // ---- peers
  // `version`: as in a broker's frame; 0: absent.
  void add_peer(uint32_t version = 0) {
    v1::BrokerFrame f;
    auto* p = f.mutable_peers()->add_peers();
    p->set_worker_id(kPeer);
    p->set_name("w2");
    p->set_bus_endpoint("tcp://127.0.0.1:3");
    p->set_version(version);
    from_broker(f);
    beat_of_peer(0);
  }
  void from_peer(v1::BusFrame f) {
    f.set_from(kPeer);
    engine->on_bus_frame(now, wire::topic(0) + f.SerializeAsString());
    turn();
  }
  void beat_of_peer(uint64_t number) {
    v1::BusFrame f;
    f.mutable_beat()->set_number(number);
    f.mutable_beat()->add_hears(kSelf);
    from_peer(f);
  }
  void snapshot_of_peer(uint64_t number, std::vector<uint64_t> dids) {
    v1::BusFrame f;
    f.mutable_snapshot()->set_number(number);
    for (const uint64_t did : dids) f.mutable_snapshot()->add_ups()->set_did(did);
    from_peer(f);
  }
  void traffic_of_peer(BusTrafficWriter& w) {
    engine->on_bus_frame(now, w.take(kSelf, kPeer));
    turn();
  }
  // Returns the traffic sent to the peer (or to all, 0) since the last call, parsed.
  v1::BusTraffic bus_traffic(uint64_t to) {
    v1::BusTraffic all;
    for (const auto& frame : ports->bus) {
      v1::BusFrame f;
      if (get_u64(frame.data()) == to && f.ParseFromString(frame.substr(8)) && f.has_traffic())
        all.MergeFrom(f.traffic());
    }
    return all;
  }

  // ---- output
  template <class T>
  const T* find() const {
    for (const auto& r : ports->requests) {
      if (const T* t = std::get_if<T>(&r)) return t;
    }
    return nullptr;
  }
  template <class T>
  T take() {
    for (auto it = ports->requests.begin(); it != ports->requests.end(); ++it) {
      if (T* t = std::get_if<T>(&*it)) {
        T out = std::move(*t);
        ports->requests.erase(it);
        return out;
      }
    }
    ADD_FAILURE() << "the store was not asked";
    return {};
  }
  template <class T>
  T expect() {
    return take<T>();
  }
  // Returns everything sent to a client since the last call.
  std::vector<v1::ServerFrame> received(uint64_t rid) {
    std::vector<v1::ServerFrame> out;
    for (const auto& bytes : ports->clients[rid]) {
      out.emplace_back();
      EXPECT_TRUE(out.back().ParseFromString(bytes));
    }
    ports->clients[rid].clear();
    return out;
  }
  v1::Downstream traffic(uint64_t rid) {
    v1::Downstream all;
    for (const auto& f : received(rid)) all.MergeFrom(f.traffic());
    return all;
  }
  std::vector<v1::ErrorCode> errors(uint64_t rid) {
    std::vector<v1::ErrorCode> out;
    for (const auto& f : received(rid)) {
      if (f.has_error()) out.push_back(f.error().code());
    }
    return out;
  }

  int64_t now = 1'000'000;
  uint32_t share = 0;  // the share in the broker's beats; 0: not known
  std::unique_ptr<RecordingPorts> ports;
  std::unique_ptr<worker::Engine> engine;
};

}  // namespace fastchat::test
