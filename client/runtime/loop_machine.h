// The real machine: the system's clocks, the caller's Loop, sockets and threads.
#pragma once

#include "client/runtime/machine.h"
#include "common/loop.h"

namespace fastchat::client {

class LoopMachine : public Machine {
 public:
  explicit LoopMachine(Loop& loop) : loop_(loop) {}

  int64_t monotonic_us() const override;
  int64_t wall_ms() const override;
  TimerId at(int64_t when_us, std::function<void()> call) override;
  void cancel(TimerId id) override { loop_.cancel(id); }
  void on_turn_end(std::function<void()> call) override;
  std::unique_ptr<Transport> make_transport(LinkEvents& events) override;
  std::unique_ptr<Background> make_background(const std::string& name) override;

 private:
  Loop& loop_;
};

}  // namespace fastchat::client
