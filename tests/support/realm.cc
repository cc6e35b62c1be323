#include "tests/support/realm.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <zmq.hpp>

#include "common/check.h"
#include "common/client_listener.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/socket.h"
#include "common/zap.h"

namespace fastchat::test {
namespace {

constexpr int kBudget = 256;

// The socket that clients connect to. `frame` is called for every message, `gone` for every connection that ended.
class ClientEnd {
 public:
  using Frame = std::function<void(int64_t now_us, const RouterMessage& message)>;
  using Gone = std::function<void(int64_t now_us, uint64_t rid)>;

  ClientEnd(Loop& loop, ZapHandler::Policy policy, Frame frame, Gone gone) : loop_(loop), frame_(std::move(frame)) {
    auto zap = ZapHandler::open(ctx_);
    FC_CHECK(zap.ok());
    zap_ = std::move(*zap);
    zap_->set_policy("clients", std::move(policy));
    zap_->run_on(loop);
    auto listener = open_client_listener(ctx_, pair_, "tcp://127.0.0.1:*", {1'000, 1'000});
    FC_CHECK(listener.ok());
    router_ = std::move(listener->router);
    guard_ = std::move(listener->guard);
    endpoint_ = listener->endpoint;
    loop_.add_socket(router_, [this] { return receive(); });
    guard_->listen(loop_, [this, gone = std::move(gone)](uint64_t rid) { gone(loop_.now_us(), rid); });
  }
  ~ClientEnd() { close(); }

  // Ends every connection at once, as the end of a process does. The guard and the ZAP handler stay until the ClientEnd
  // is destroyed.
  void close() {
    if (!open_) return;
    open_ = false;
    loop_.remove_socket(router_);
    router_.set(zmq::sockopt::linger, 0);
    router_.close();
  }

  SendResult send(uint64_t rid, Bytes& frame) { return send_router(router_, rid, std::move(frame)); }
  void end(uint64_t rid) { guard_->end(rid); }
  void flush(int64_t now_us) { guard_->flush(now_us); }
  const std::string& endpoint() const { return endpoint_; }
  const Bytes& key() const { return pair_.public_key; }

 private:
  bool receive() {
    for (int i = 0; i < kBudget; ++i) {
      const Recv got = recv_router(router_, incoming_, dropped_);
      if (got == Recv::kNothing) {
        guard_->read_all();
        return false;
      }
      if (got == Recv::kDropped) continue;
      guard_->saw(incoming_.rid, incoming_.fd, incoming_.payload.size());
      frame_(loop_.now_us(), incoming_);
    }
    return true;
  }

  Loop& loop_;
  const Frame frame_;
  const CurvePair pair_ = make_curve_pair();
  zmq::context_t ctx_;
  std::unique_ptr<ZapHandler> zap_;
  zmq::socket_t router_;
  std::unique_ptr<Guard> guard_;
  std::string endpoint_;
  bool open_ = true;
  RouterMessage incoming_;
  RecvCounters dropped_;
};

}  // namespace

class Realm::Broker final : private broker::Ports {
 public:
  explicit Broker(Realm& realm)
      : realm_(realm),
        store_(realm.db_, 3, broker::LogSigner(realm.realm_, realm.log_key_)),
        engine_(config(realm), static_cast<broker::Ports&>(*this)),
        client_end_(
            realm.loop_, ZapHandler::admit_all(),
            [this](int64_t now, const RouterMessage& m) {
              const auto key = from_base64url(m.user_id);
              if (key) engine_.on_client_frame(now, m.rid, *key, m.peer_address(), m.bytes());
            },
            [this](int64_t now, uint64_t rid) { engine_.on_client_gone(now, rid); }) {
    FC_CHECK(store_.claim_log().ok());
  }

  broker::Engine& engine() { return engine_; }
  ClientEnd& client_end() { return client_end_; }

 private:
  static broker::EngineConfig config(const Realm& realm) {
    broker::EngineConfig config;
    config.realm = realm.realm_;
    config.agent = "test";
    config.strangers = v1::TAKE;  // everybody writes to everybody
    config.log_key = realm.log_key_.public_key;
    return config;
  }

  void send_client(broker::Rid rid, Bytes&& frame) override { (void)client_end_.send(rid, frame); }
  void close_client(broker::Rid) override {}
  broker::SendResult send_worker(broker::Rid rid, Bytes&& frame) override;
  void store(broker::StoreRequest&& request) override {
    realm_.post(nullptr, [this, request = std::move(request)](int64_t now) {
      engine_.on_store_reply(now, broker::execute(store_, request));
    });
  }
  uint64_t random_u64() override { return fastchat::random_u64() | 1; }
  void event(broker::Event, std::string_view) override {}

  Realm& realm_;
  MemoryBrokerStore store_;
  broker::Engine engine_;
  ClientEnd client_end_;
};

class Realm::Worker final : private worker::Ports {
 public:
  // `link` numbers the worker's connection to the broker and its bus endpoint; no other worker uses the number.
  Worker(Realm& realm, size_t number, uint64_t link)
      : realm_(realm),
        link_(link),
        store_(realm.db_),
        client_end_(
            realm.loop_,
            [this](ByteView key, std::string_view) -> std::optional<std::string> {
              std::string user_id = to_base64url(key);
              if (!engine_ || !engine_->admits(Clock::monotonic_us(), user_id)) return std::nullopt;
              return user_id;
            },
            [this](int64_t now, const RouterMessage& m) { engine_->on_client_frame(now, m.rid, m.user_id, m.bytes()); },
            [this](int64_t now, uint64_t rid) {
              if (engine_) engine_->on_client_gone(now, rid);
            }) {
    worker::EngineConfig config;
    config.worker_id = id_;
    config.name = "worker" + std::to_string(number);
    config.endpoint = client_end_.endpoint();
    config.curve_key = client_end_.key();
    config.bus_endpoint = bus();
    config.realm = realm.realm_;
    engine_ = std::make_unique<worker::Engine>(std::move(config), static_cast<worker::Ports&>(*this));
  }

  worker::Engine& engine() { return *engine_; }
  void die() {
    client_end_.close();
    engine_.reset();
  }
  ClientEnd& client_end() { return client_end_; }
  uint64_t link() const { return link_; }
  std::string bus() const { return "tcp://bus" + std::to_string(link_); }
  // Takes a frame that `from` published, as a SUB socket does.
  void hear(int64_t now, const std::string& from, const Bytes& frame) {
    const uint64_t topic = get_u64(frame.data());
    if (peers_.contains(from) && (topic == 0 || topic == id_)) engine_->on_bus_frame(now, frame);
  }

 private:
  worker::Sent to_client(uint64_t rid, Bytes& frame) override {
    switch (client_end_.send(rid, frame)) {
      case SendResult::kSent:
        return worker::Sent::kSent;
      case SendResult::kFull:
        return worker::Sent::kFull;
      case SendResult::kGone:
        break;
    }
    return worker::Sent::kGone;
  }
  uint64_t unsent(uint64_t) override { return 0; }
  void close_client(uint64_t rid) override { client_end_.end(rid); }
  void to_broker(size_t, Bytes frame) override {
    realm_.post(this, [this, frame = std::move(frame)](int64_t now) {
      realm_.broker_->engine().on_worker_frame(now, link_, frame);
    });
  }
  void to_bus(Bytes frame) override {
    realm_.post(this, [this, frame = std::move(frame)](int64_t now) {
      for (const auto& other : realm_.workers_) {
        if (other.get() != this) other->hear(now, bus(), frame);
      }
    });
  }
  void connect_peer(const std::string& bus_endpoint) override { peers_.insert(bus_endpoint); }
  void disconnect_peer(const std::string& bus_endpoint) override { peers_.erase(bus_endpoint); }
  void store(worker::StoreRequest request) override {
    realm_.post(
        this, [this, request = std::move(request)](int64_t now) { engine_->on_store_reply(now, store_.run(request)); });
  }
  void files(worker::FileRequest) override {}
  bool takes_writes() const override { return true; }
  void note(std::string_view, std::string_view) override {}

  Realm& realm_;
  const uint64_t link_;
  const uint64_t id_ = fastchat::random_u64() | 1;
  std::set<std::string> peers_;
  MemoryWorkerStore store_;
  std::unique_ptr<worker::Engine> engine_;
  ClientEnd client_end_;
};

broker::SendResult Realm::Broker::send_worker(broker::Rid rid, Bytes&& frame) {
  Worker* to = realm_.worker_at(rid);
  if (to == nullptr) return broker::SendResult::kUnreachable;
  realm_.post(to, [to, frame = std::move(frame)](int64_t now) { to->engine().on_broker_frame(now, 0, frame); });
  return broker::SendResult::kSent;
}

Realm::Realm(size_t workers) {
  broker_ = std::make_unique<Broker>(*this);
  for (size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>(*this, i, next_link_++));
  loop_.on_turn_end([this](int64_t) { turn_end(); });
}

Realm::~Realm() = default;

Realm::Worker* Realm::worker_at(uint64_t link) {
  for (const auto& worker : workers_) {
    if (worker && worker->link() == link) return worker.get();
  }
  return nullptr;
}

void Realm::kill_worker(size_t index) {
  std::erase_if(events_, [&](const Event& event) { return event.of == workers_[index].get(); });
  workers_[index]->die();
  dead_.push_back(std::move(workers_[index]));
  workers_[index] = std::make_unique<Worker>(*this, index, next_link_++);
}

InviteLine Realm::invite() const {
  const std::string& endpoint = broker_->client_end().endpoint();
  const auto port = std::stoul(endpoint.substr(endpoint.rfind(':') + 1));
  return {"127.0.0.1", static_cast<uint16_t>(port), broker_->client_end().key(), realm_, {}};
}

size_t Realm::sessions() const {
  size_t out = 0;
  for (const auto& worker : workers_) out += worker->engine().sessions();
  return out;
}

void Realm::turn() {
  loop_.run_once(1'000);
}

void Realm::turn_end() {
  int64_t next = Loop::kNever;
  const int64_t now = Clock::monotonic_us();
  db_.now_ms = Clock::wall_ms();
  do {
    while (!events_.empty()) {
      const Event event = std::move(events_.front());
      events_.pop_front();
      event.call(now);
    }
    next = Loop::kNever;
    for (const auto& worker : workers_) {
      next = std::min(next, worker->engine().tick(now));
      worker->engine().flush(now);
      worker->client_end().flush(now);
    }
    if (broker_->engine().next_tick_us() <= now) broker_->engine().tick(now);
    next = std::min(next, broker_->engine().next_tick_us());
    broker_->client_end().flush(now);
  } while (!events_.empty());
  loop_.cancel(wake_);
  wake_ = next == Loop::kNever ? 0 : loop_.at(next, [](int64_t) {});
}

}  // namespace fastchat::test
