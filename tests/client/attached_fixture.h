// A profile with a session at a worker that the test plays. asks() returns the client's requests; feed() answers them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/runtime/server.h"
#include "tests/client/core_harness.h"
#include "tests/client/profile_fixture.h"

namespace fastchat::client {

class AttachedFixture : public ProfileFixture {
 protected:
  // The engine's ports as a session has them: answers go to the Server.
  class Ports : public core::World {
   public:
    explicit Ports(Server& server) : server_(server) {}
    void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override {
      replied.push_back(request);
      server_.reply(request, answer);
    }
    // Forwards the engine's ports about messages to `rooms` once it is set.
    std::optional<Bytes> load_envelope(uint64_t ref) override {
      return rooms == nullptr ? World::load_envelope(ref) : rooms->load_envelope(ref);
    }
    void receipt(const core::Receipt& r) override { rooms == nullptr ? World::receipt(r) : rooms->receipt(r); }
    void open_envelope(uint64_t id, ByteView envelope, v1::DeliveryKind kind) override {
      if (rooms != nullptr) rooms->open_envelope(id, envelope, kind);
    }
    std::optional<Bytes> find_mark(const core::MessageKey& key) override {
      return rooms == nullptr ? World::find_mark(key) : rooms->find_mark(key);
    }
    core::StreamMark load_stream(const Bytes& from, const Bytes& stream) override {
      return rooms == nullptr ? World::load_stream(from, stream) : rooms->load_stream(from, stream);
    }
    void write(core::PendingWrite&& w) override {
      rooms == nullptr ? World::write(std::move(w)) : rooms->write(std::move(w));
    }
    void discard(uint64_t arrival) override { rooms == nullptr ? World::discard(arrival) : rooms->discard(arrival); }
    void show(const Bytes& from, const Bytes& stream, const core::DisplayStep& s) override {
      rooms == nullptr ? World::show(from, stream, s) : rooms->show(from, stream, s);
    }
    core::Ports* rooms = nullptr;
    std::vector<uint64_t> replied;

   private:
    Server& server_;
  };

  AttachedFixture() { log_in(); }
  ~AttachedFixture() override { store_.reset(); }

  template <class F>
  void feed(uint64_t request, F&& fill) {
    v1::ServerFrame frame;
    frame.set_request(request);
    fill(frame);
    server_.engine().on_frame(turn_.now_ms(), frame.SerializeAsString());
  }
  // Attaches a session to a worker of this protocol version (0: worker_version_); the queue is not drained yet.
  void attach(uint32_t version = 0) {
    server_.open(core::World::config(), ports_);
    core::Engine& engine = server_.engine();
    engine.start(turn_.now_ms(), core::World::credentials());
    engine.on_link_up(turn_.now_ms());
    feed(core::Link::kHelloId, [](auto& f) {
      f.mutable_hello()->set_version(1);
      f.mutable_hello()->set_realm(core::pad("realm", 16));
      f.mutable_hello()->set_registration(v1::OPEN);
    });
    feed(core::Link::kLogInId, [](auto& f) {
      f.mutable_logged_in()->set_identity_blob("blob");
      f.mutable_logged_in()->set_vault("vault");
      f.mutable_logged_in()->set_vault_version(7);
    });
    feed(core::Link::kLogInId, [](auto& f) {
      f.mutable_assignment()->set_endpoint("tcp://worker:9");
      f.mutable_assignment()->set_key(core::pad("wk", 32));
      f.mutable_assignment()->set_session_epoch(5);
      f.mutable_assignment()->set_worker("w1");
    });
    engine.on_link_up(turn_.now_ms());
    feed(core::Link::kAttachId, [this, version](auto& f) {
      f.mutable_attached()->set_version(version == 0 ? worker_version_ : version);
      f.mutable_attached()->set_worker("w1");
      f.mutable_attached()->set_window(16);
      f.mutable_attached()->set_vault_version(7);
    });
    engine.tick(turn_.now_ms());
    ASSERT_TRUE(server_.attached());
    ports_.sent = {};
  }
  void live() {
    attach();
    feed(0, [](auto& f) { f.mutable_drained(); });
    ASSERT_TRUE(server_.live());
  }
  // Runs a turn and returns the client's requests in it.
  std::vector<v1::ClientFrame> asks() {
    turn_.run();
    server_.engine().tick(turn_.now_ms());
    return std::exchange(ports_.sent, {}).cold;
  }
  static Bytes spki(size_t key) { return tests::test_key(key).public_key().spki(); }

  // The real machine, with a clocks that the test may put forward.
  class LaterMachine : public LoopMachine {
   public:
    using LoopMachine::LoopMachine;
    int64_t monotonic_us() const override { return LoopMachine::monotonic_us() + later_us; }
    int64_t wall_ms() const override { return LoopMachine::wall_ms() + wall_later_ms; }
    int64_t later_us = 0, wall_later_ms = 0;
  };

  uint32_t worker_version_ = 1;  // of the worker that attach() finds
  Loop loop_;
  LaterMachine machine_{loop_};
  Turn turn_{machine_, *store_, [](const Error&) {}};
  Server server_{machine_, turn_};
  Ports ports_{server_};
};

}  // namespace fastchat::client
