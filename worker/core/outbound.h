// Frames to clients: coalescing, order, and the socket that does not take them. Pure.
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
  // A cold frame, behind everything already written to s.
  void send(Session& s, const v1::ServerFrame& frame) { send(s, frame.SerializeAsString()); }
  void send(Session& s, Bytes frame);
  void send_error(Session& s, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  // The database does not answer.
  void send_busy(Session& s, uint64_t request);
  // The session was refused something because it asks too much: it is over when its user goes on so.
  void refused(Session& s);
  // A frame to a peer that has no session.
  void refuse(uint64_t rid, uint64_t request, Code code, std::string_view text);
  // Sends what the turn produced. Sessions whose peer is gone are appended to *gone.
  void flush(std::vector<SessionId>* gone);
  // Tries blocked sessions again; those whose peer is gone, or has read nothing for long, are appended to *gone, those
  // whose socket took everything to *free.
  void retry(std::vector<SessionId>* gone, std::vector<SessionId>* free);
  bool any_blocked() const { return !blocked_.empty(); }
  // Has the peer taken what was sent to it, but for config.max_link_bytes?
  bool room(const Session& s) const { return st_.lanes.room(s.id, st_.config.max_link_bytes); }

 private:
  void push(Session& s, Bytes frame);
  void wait_for_socket(Session& s, Bytes&& frame);
  void end(Session& s);
  State& st_;
  std::vector<SessionId> blocked_;  // with a backlog, or ended since
  std::vector<SessionId> gone_;
  Rates refusals_;  // of users
};

}  // namespace fastchat::worker
