// Decides whether this run of the program may continue the streams that earlier runs left on disk. A profile that was
// restored from a copy, or that runs in two places, would reuse stream numbers under which other messages went out. The
// reader would drop the second messages. Pure: the owner keeps stored() on disk.
//
// The broker raises the device's session epoch by one with each login. A profile that was closed in order at epoch E
// and receives E + 1 at its next login was used nowhere else in between, so its streams continue. In every other case
// (a copy, a profile that was not closed in order, epochs that the server lost) each conversation begins a new stream.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "common/bytes.h"

namespace fastchat::core {

class Continuity {
 public:
  struct Stored {
    uint64_t session_epoch = 0;  // of the last login; 0: no login yet
    bool open = false;           // a run that may have sealed messages was not closed in order
  };

  Continuity() = default;
  explicit Continuity(const Stored& stored) : stored_(stored), was_open_(stored.open) {}

  // Records the session epoch of a login of this run. The caller then writes stored(). When the result is true, the
  // caller removes the streams on disk in the same write.
  bool logged_in(uint64_t session_epoch) {
    const bool first = !std::exchange(decided_, true);
    if (first) goes_on_ = !stored_.open && stored_.session_epoch != 0 && stored_.session_epoch + 1 == session_epoch;
    stored_ = {session_epoch, true};
    return first && !goes_on_;
  }
  // Records that a message is about to be sealed. Returns true when stored() must be written with the message.
  bool sealing() { return !std::exchange(stored_.open, true); }
  // Returns the state to write when the run ends in order. A run that never logged in leaves `open` as it was.
  Stored closed() const { return {stored_.session_epoch, !decided_ && was_open_}; }
  const Stored& stored() const { return stored_; }

  // Returns true when the next message of a conversation may continue the stream on disk.
  bool may_follow(const Bytes& stream) const { return goes_on_ || begun_.contains(stream); }
  void began(const Bytes& stream) { begun_.insert(stream); }
  bool goes_on() const { return goes_on_; }

 private:
  Stored stored_;
  bool was_open_ = false, decided_ = false, goes_on_ = false;
  std::set<Bytes> begun_;  // streams begun in this run
};

}  // namespace fastchat::core
