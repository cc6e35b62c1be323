// Frames to clients: coalescing, order, and the socket that does not take them. Pure.
#pragma once

#include "proto/client.pb.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Outbound {
 public:
  explicit Outbound(State& state) : st_(state) {}

  // Marks that s.out got something; sends at once when the frame is long enough.
  void touch(Session& s);
  // A cold frame, behind everything already written to s.
  void send(Session& s, const v1::ServerFrame& frame) { send(s, frame.SerializeAsString()); }
  void send(Session& s, Bytes frame);
  void send_error(Session& s, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  // The database does not answer.
  void send_busy(Session& s, uint64_t request);
  // A frame to a peer that has no session.
  void refuse(uint64_t rid, uint64_t request, Code code, std::string_view text);
  // Sends what the turn produced. Sessions whose peer is gone are appended to *gone.
  void flush(std::vector<SessionId>* gone);
  // Tries blocked sessions again.
  void retry(std::vector<SessionId>* gone);
  bool any_blocked() const { return blocked_ > 0; }
  void forget(const Session& s) { blocked_ -= s.backlog.empty() ? 0 : 1; }

 private:
  void push(Session& s, Bytes frame);
  State& st_;
  size_t blocked_ = 0;
  std::vector<SessionId> gone_;
};

}  // namespace fastchat::worker
