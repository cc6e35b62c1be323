// The server as a session sees it: the engine, the link that carries its frames, and the open requests. The engine
// exists once a profile is known or is being made. Lives on the session's thread.
//
//   server.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) { ... });   // answered from the loop
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "client/core/engine.h"
#include "client/runtime/answer.h"
#include "client/runtime/machine.h"
#include "client/runtime/transport.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class Server final : public LinkEvents, public TurnPart {
 public:
  Server(Machine& machine, Turn& turn) : turn_(turn), transport_(machine.make_transport(*this)) {}

  // Makes the engine, in place of an earlier one. `ports` outlives the engine.
  void open(core::Config config, core::Ports& ports) {
    engine_ = std::make_unique<core::Engine>(std::move(config), ports);
  }
  void forget() { engine_.reset(); }
  bool opened() const { return engine_ != nullptr; }
  // Returns the engine of an opened server.
  core::Engine& engine() const { return *engine_; }
  Transport& transport() { return *transport_; }

  bool attached() const { return state() == core::LinkState::kDraining || live(); }
  // Returns the version of the protocol that the worker chose; 0 while none is attached.
  uint32_t worker_version() const { return attached() ? engine_->worker_version() : 0; }
  bool live() const { return state() == core::LinkState::kLive; }
  // True when no connection is open or attempted: after the end, or before the start.
  bool ended() const { return state() == core::LinkState::kEnded; }

  // Sends a request of PROTOCOL.md section 4. `timeout_ms` 0: the usual timeout.
  void ask(v1::ClientFrame&& frame, Answer answer, int64_t timeout_ms = 0);
  // Do the same in two steps, for a complete frame that is written elsewhere meanwhile.
  uint64_t reserve_request() { return engine_->reserve_request(); }
  void ask(uint64_t request, Bytes&& frame, Answer answer, int64_t timeout_ms);
  // Asks the broker for parts of the vault, when the link waits for them (Engine::await_parts).
  void ask_for_parts(std::vector<Bytes> hashes, Answer answer);
  // Implements the engine's Ports::reply(). Writes that the answer makes join the turn.
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer);

  // Handles the events of the link.
  void work() override {
    if (opened()) transport_->pump();
  }

  void on_link_up() override;
  void on_link_down(core::LinkLoss loss) override;
  void on_link_frame(ByteView frame) override;

 private:
  core::LinkState state() const { return engine_ ? engine_->state() : core::LinkState::kEnded; }
  bool may_ask(const Answer& answer);

  Turn& turn_;
  const std::unique_ptr<Transport> transport_;
  std::unique_ptr<core::Engine> engine_;
  std::map<uint64_t, Answer> asked_;
};

}  // namespace fastchat::client
