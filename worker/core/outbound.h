// Sends frames to clients: coalesces them, keeps their order, and holds those that the socket does not take. Pure.
#pragma once

#include "common/rates.h"
#include "proto/client.pb.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Outbound {
 public:
  explicit Outbound(State& state) : st_(state) {}

  // Marks that s.out got something; sends at once when the frame is long enough.
  void touch(Session& s);
  // Sends a cold frame, behind everything already written to s.
  void send(Session& s, const v1::ServerFrame& frame) { send(s, frame.SerializeAsString()); }
  void send(Session& s, Bytes frame);
  void send_error(Session& s, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  // Answers BUSY, because the database does not answer.
  void send_busy(Session& s, uint64_t request);
  // Counts a refusal of a session that asks too much; ends the session when its user goes on so (refusal_burst).
  void refused(Session& s);
  // Sends an error to a peer that has no session.
  void refuse(uint64_t rid, uint64_t request, Code code, std::string_view text);
  // Sends everything that the turn produced. Appends the sessions that are over to *gone.
  void flush(std::vector<SessionId>* gone);
  // Tries blocked sessions again. Appends to *gone those whose peer is gone, or has read nothing for blocked_patience,
  // and to *free those whose socket took everything.
  void retry(std::vector<SessionId>* gone, std::vector<SessionId>* free);
  bool any_blocked() const { return !blocked_.empty(); }
  // Returns true when the peer has taken everything sent, except at most config.max_link_bytes.
  bool room(const Session& s) const { return st_.lanes.room(s.id, st_.config.max_link_bytes); }

 private:
  void push(Session& s, Bytes frame);
  void wait_for_socket(Session& s, Bytes&& frame);
  void end(Session& s);
  State& st_;
  std::vector<SessionId> blocked_;  // sessions with a backlog, or ended since
  std::vector<SessionId> gone_;
  Rates refusals_;  // of users
};

}  // namespace fastchat::worker
