// The streams of this device's own messages: continues the stream on disk or begins a new one. A profile that was
// restored from a copy begins new streams (client/core/continuity.h). Lives on the session's thread; writes join the
// turn.
#pragma once

#include <cstdint>

#include "client/core/continuity.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class OutStreams final : public TurnPart {
 public:
  OutStreams(Turn& turn, store::Store& store) : turn_(turn), store_(store) {}

  // Reads the run of this profile, in place of the run in memory. `new_device`: the profile was made by a login, so
  // others may have written to the account before. Fails with kLocalDisk.
  Result<> load(bool new_device);
  // Reports the epoch of a session that a worker gave this device.
  void on_session_epoch(uint64_t epoch);
  // Replaces `stream` by the stream of the next message when `stream` does not go on. Returns false when the turn
  // failed.
  bool follow(store::OutStream& stream);
  // Returns the time until this device counts as new (ms, monotonic; 0: not new). Messages from before were for others.
  int64_t new_device_until() const;
  // Ends the run in order, if there was one: writes and commits, so that the streams go on with the next run.
  void close();

  void rolled_back(const Error& error) override;

 private:
  bool keep_run();

  Turn& turn_;
  store::Store& store_;
  core::Continuity continuity_;
  int64_t since_ms_ = 0;  // Unix; time when this device became one of its user's devices; 0: not known
  bool run_used_ = false, run_dirty_ = false, forget_streams_ = false, refs_skipped_ = false;
};

}  // namespace fastchat::client
