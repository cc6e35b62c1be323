// Requests to the worker (PROTOCOL.md section 4, requests): numbering, one answer each, a deadline. Pure; part of the
// Engine. A request fails with kLocalUnreachable when the link that carried it ends, and with kLocalTimeout when no
// answer comes in time. A request made without a session waits for a session under the same deadline. Nothing is
// retried automatically.
#pragma once

#include <map>

#include "client/core/config.h"
#include "client/core/link.h"
#include "client/core/ports.h"

namespace fastchat::core {

class Requests {
 public:
  Requests(const Config& config, Ports& ports) : config_(config), ports_(ports) {}

  // Takes the frame's body, sets its request number and returns it. The next flush() sends the frame.
  uint64_t add(int64_t now, v1::ClientFrame&& frame, int64_t timeout_ms = 0);  // 0: answer_timeout_ms
  // Reserves a number for a frame about a file that its owner serialises whole. add() takes the frame later, or never.
  uint64_t reserve() { return next_++; }
  void add(int64_t now, uint64_t reserved, Bytes&& frame, int64_t timeout_ms);
  // Sends waiting requests as far as the limit of open ones allows. Call only while attached. Returns true when a
  // request was sent.
  bool flush();
  // Returns true when `request` was open here. The owner then has the answer (Ports::reply).
  bool on_reply(uint64_t request, v1::ServerFrame& frame);
  void detached();
  void advance(int64_t now);
  int64_t next_wake() const;
  // Returns true while a request that was sent has no answer. A request about a file does not count: the transfer asks
  // again after a lost link.
  bool busy() const { return units_ > 0; }

 private:
  struct Open {
    int64_t deadline = 0;
    Bytes unsent;        // the frame; empty once sent
    uint32_t units = 0;  // share of kMaxUnits; 0: about a file
  };
  static constexpr uint32_t kMaxUnits = 30;
  static constexpr size_t kUnit = 64 << 10;
  void put(int64_t now, uint64_t request, Bytes&& frame, int64_t timeout_ms, bool file);
  void answered(const Open& open);
  void fail(uint64_t request, Code code, const char* text);

  const Config& config_;
  Ports& ports_;
  uint64_t next_ = Link::kFirstFree;
  std::map<uint64_t, Open> open_;
  size_t unsent_ = 0;
  uint32_t units_ = 0;  // of the requests sent and not yet answered
};

}  // namespace fastchat::core
