// Questions to the worker (PROTOCOL.md section 4, requests): numbering, one answer each, a deadline. Pure; lives in the
// Engine. A request that was sent on a link that ended fails with kLocalUnreachable, one without an answer in time with
// kLocalTimeout; one made while no session is there waits for it under the same deadline. Nothing is repeated by
// itself.
#pragma once

#include <map>

#include "client/core/config.h"
#include "client/core/link.h"
#include "client/core/ports.h"

namespace fastchat::core {

class Requests {
 public:
  Requests(const Config& config, Ports& ports) : config_(config), ports_(ports) {}

  // Takes the frame's body; its request number is set here and returned. Sent by the next flush().
  uint64_t add(int64_t now, v1::ClientFrame&& frame, int64_t timeout_ms = 0);  // 0: answer_timeout_ms
  // A number for a frame about a file that its owner writes whole; add() takes it then, or never.
  uint64_t reserve() { return next_++; }
  void add(int64_t now, uint64_t reserved, Bytes&& frame, int64_t timeout_ms);
  // Sends what waits and may be open by now. Only while attached; returns true when something was sent.
  bool flush();
  // True when `request` was open here: the owner has been told.
  bool on_reply(uint64_t request, v1::ServerFrame& frame);
  void detached();
  void advance(int64_t now);
  int64_t next_wake() const;

 private:
  struct Open {
    int64_t deadline = 0;
    Bytes unsent;        // the frame, until it was sent
    uint32_t units = 0;  // of kMaxUnits; 0: about a file
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
  uint32_t units_ = 0;  // of those that were sent
};

}  // namespace fastchat::core
