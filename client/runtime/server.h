// The server as a session sees it: the engine, the link that carries its frames, and the questions that are open. There
// is an engine once a profile is known or is being made. Lives on the session's thread.
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

  // `ports` outlives the engine. In place of an engine that was there.
  void open(core::Config config, core::Ports& ports) {
    engine_ = std::make_unique<core::Engine>(std::move(config), ports);
  }
  void forget() { engine_.reset(); }
  bool opened() const { return engine_ != nullptr; }
  // Of an opened server.
  core::Engine& engine() const { return *engine_; }
  Transport& transport() { return *transport_; }

  bool attached() const { return state() == core::LinkState::kDraining || live(); }
  bool live() const { return state() == core::LinkState::kLive; }
  // Nothing is tried any more, or was yet.
  bool ended() const { return state() == core::LinkState::kEnded; }

  // A request of PROTOCOL.md section 4. `timeout_ms`: 0 is the usual one.
  void ask(v1::ClientFrame&& frame, Answer answer, int64_t timeout_ms = 0);
  // The same in two steps, for a whole frame that is written elsewhere meanwhile.
  uint64_t reserve_request() { return engine_->reserve_request(); }
  void ask(uint64_t request, Bytes&& frame, Answer answer, int64_t timeout_ms);
  // The engine's Ports::reply(). What is written in answer joins the turn.
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer);

  // Takes in what the link brought.
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
