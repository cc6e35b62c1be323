#include "client/runtime/loop_machine.h"

#include <utility>

#include "client/runtime/socket_transport.h"
#include "client/runtime/thread_background.h"
#include "common/clock.h"

namespace fastchat::client {

int64_t LoopMachine::monotonic_us() const {
  return Clock::monotonic_us();
}

int64_t LoopMachine::wall_ms() const {
  return Clock::wall_ms();
}

Machine::TimerId LoopMachine::at(int64_t when_us, std::function<void()> call) {
  return loop_.at(when_us, [call = std::move(call)](int64_t) { call(); });
}

void LoopMachine::on_turn_end(std::function<void()> call) {
  loop_.on_turn_end([call = std::move(call)](int64_t) { call(); });
}

std::unique_ptr<Transport> LoopMachine::make_transport(LinkEvents& events) {
  return std::make_unique<SocketTransport>(loop_, events);
}

std::unique_ptr<Background> LoopMachine::make_background(const std::string& name) {
  return std::make_unique<ThreadBackground>(loop_, name);
}

}  // namespace fastchat::client
