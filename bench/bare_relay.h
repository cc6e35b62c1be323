// The yardstick: a relay that runs only libzmq and CURVE, in a process of its own. A ROUTER with one I/O thread
// receives frames of records, sorts the records by addressee and sends those of one turn, at most `batch` records in a
// frame. No accounts, no checks, no storage: any cost of a server beyond this is the server's own. With `zap`, libzmq
// asks a handler about every handshake, as in a server that admits some keys and not others. The pipe to the handler
// stays with the connection.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "common/bytes.h"

namespace fastchat::bench {

class BareRelay {
 public:
  // Forks. Call before the process has threads or sockets. Returns when the relay is bound.
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
