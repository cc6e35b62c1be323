// The machine that a session runs on: its clocks, its timers, the link to the server, threads for slow work. A session
// reaches the world through its Machine, its local store and the files that it sends and fetches. LoopMachine is the
// real machine; the simulator (tests/sim) has another, with virtual time. Lives on the session's thread and longer than
// the session.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "client/runtime/background.h"
#include "client/runtime/transport.h"

namespace fastchat::client {

class Machine {
 public:
  using TimerId = uint64_t;  // never 0, never reused

  virtual ~Machine() = default;

  // Returns the clock of timers and timeouts, in microseconds from any origin.
  virtual int64_t monotonic_us() const = 0;
  // Returns milliseconds since 1970.
  virtual int64_t wall_ms() const = 0;

  // Calls `call` once at a monotonic time in microseconds, or as soon after as possible.
  virtual TimerId at(int64_t when_us, std::function<void()> call) = 0;
  virtual void cancel(TimerId id) = 0;  // ignores unknown and past ids
  // Calls `call` at the end of each turn of the loop.
  virtual void on_turn_end(std::function<void()> call) = 0;

  // `events` outlives the transport.
  virtual std::unique_ptr<Transport> make_transport(LinkEvents& events) = 0;
  virtual std::unique_ptr<Background> make_background(const std::string& name) = 0;
};

}  // namespace fastchat::client
