// Whether this run of the program may go on with the streams that earlier runs left on disk. A profile that was put
// back from a copy, or that runs in two places, would use numbers of a stream again under which other messages went
// out: their reader drops the second ones. Pure: the owner keeps what stored() says on disk.
//
// The broker raises the device's session epoch by one with each login. A profile that was closed in order at epoch E
// and is given E + 1 by its next login was used nowhere else in between; then streams go on. In every other case (a
// copy, a profile that was not closed in order, epochs that the server lost) each conversation begins a new stream.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "common/bytes.h"

namespace fastchat::core {

class Continuity {
 public:
  struct Stored {
    uint64_t session_epoch = 0;  // of the last login; 0: there was none
    bool open = false;           // a run that may have sealed messages was not closed in order
  };

  Continuity() = default;
  explicit Continuity(const Stored& stored) : stored_(stored), was_open_(stored.open) {}

  // A login of this run got this epoch. stored() is then to be written, and when this answers true, the streams on
  // disk are to be forgotten in the same write.
  bool logged_in(uint64_t session_epoch) {
    const bool first = !std::exchange(decided_, true);
    if (first) goes_on_ = !stored_.open && stored_.session_epoch != 0 && stored_.session_epoch + 1 == session_epoch;
    stored_ = {session_epoch, true};
    return first && !goes_on_;
  }
  // Before a message is sealed. True: stored() is to be written with it.
  bool sealing() { return !std::exchange(stored_.open, true); }
  // The state to write when the run ends in order. A run that never logged in settles nothing.
  Stored closed() const { return {stored_.session_epoch, !decided_ && was_open_}; }
  const Stored& stored() const { return stored_; }

  // May the next message of a conversation follow in the stream that its disk holds?
  bool may_follow(const Bytes& stream) const { return goes_on_ || begun_.contains(stream); }
  void began(const Bytes& stream) { begun_.insert(stream); }
  bool goes_on() const { return goes_on_; }

 private:
  Stored stored_;
  bool was_open_ = false, decided_ = false, goes_on_ = false;
  std::set<Bytes> begun_;  // in this run
};

}  // namespace fastchat::core
