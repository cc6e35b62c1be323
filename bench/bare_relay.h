// The yardstick: a relay that does nothing but libzmq and CURVE, in a process of its own. A ROUTER with one I/O thread
// takes frames of records, sorts them by addressee and sends what one turn gathered, `batch` records in a frame at
// most. No accounts, no checks, no memory of anything: what a server costs beyond this is the server's own. With `zap`,
// libzmq asks a handler about every handshake, as it must in a server that admits some keys and not others; the pipe
// that it does that through stays with the connection.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "common/bytes.h"

namespace fastchat::bench {

class BareRelay {
 public:
  // Forks; call it before the process has threads or sockets. Returns when the relay is bound.
  BareRelay(size_t users, size_t batch, bool zap = false);
  ~BareRelay();  // ends the child
  BareRelay(const BareRelay&) = delete;
  BareRelay& operator=(const BareRelay&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& endpoint() const { return endpoint_; }
  const Bytes& key() const { return key_; }

 private:
  pid_t pid_ = -1;
  std::string endpoint_;
  Bytes key_;
};

}  // namespace fastchat::bench
