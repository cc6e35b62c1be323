// Counts the bytes sent to the peers of a ROUTER that their hosts have not acknowledged: the bytes that libzmq and the
// kernel hold for the peers here. A high-water mark counts frames of any size; the meter counts bytes. Lives on the
// router's thread.
//
// libzmq's own bytes (handshake, answers to heartbeats) are acknowledged as well, but not counted as sent. So an
// estimate may be a little too low. An estimate is never too high by more than the bytes sent since the kernel was
// asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "common/tcp.h"

namespace fastchat {

class LinkMeter {
 public:
  using Acknowledged = int64_t (*)(int fd);
  explicit LinkMeter(Acknowledged acknowledged = bytes_acknowledged) : acknowledged_(acknowledged) {}

  // Reports the first message of a connection: `rid` owns fd from now on.
  void saw(uint64_t rid, int fd);
  // Reports a frame that was handed to libzmq.
  void sent(uint64_t rid, size_t bytes);
  // Returns the unacknowledged bytes of a peer; 0 for an unknown peer. Asks the kernel only when much was sent since.
  uint64_t unsent(uint64_t rid);
  void gone(uint64_t rid);
  size_t size() const { return links_.size(); }

 private:
  struct Link {
    int fd = -1;
    int64_t sent = 0, acknowledged = 0;
  };
  Acknowledged acknowledged_;
  std::unordered_map<uint64_t, Link> links_;
  std::unordered_map<int, uint64_t> rid_of_;
};

}  // namespace fastchat
