// The streams of this device's messages: whether the one on disk goes on. A profile that was put back from a copy
// begins new ones (client/core/continuity.h). Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>

#include "client/core/continuity.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class OutStreams final : public TurnPart {
 public:
  OutStreams(Turn& turn, store::Store& store) : turn_(turn), store_(store) {}

  // Reads the run of this profile, in place of what was in memory. `new_device`: the profile is made by logging in, so
  // others may have written to the account before. kLocalDisk.
  Result<> load(bool new_device);
  // A worker gave this device a session of this epoch.
  void on_session_epoch(uint64_t epoch);
  // Puts the stream of the next message in place of `stream` where that does not go on. False when the turn failed.
  bool follow(store::OutStream& stream);
  // Until then (ms, monotonic; 0: it does not) this device counts as new: messages from before were for others.
  int64_t new_device_until() const;
  // The program ends in order: writes and commits, if there was a run, so that the streams go on with the next one.
  void close();

  void rolled_back(const Error& error) override;

 private:
  bool keep_run();

  Turn& turn_;
  store::Store& store_;
  core::Continuity continuity_;
  int64_t since_ms_ = 0;  // Unix; when this device became one of its user's; 0: not known
  bool run_used_ = false, run_dirty_ = false, forget_streams_ = false, refs_skipped_ = false;
};

}  // namespace fastchat::client
