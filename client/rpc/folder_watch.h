// Waits for a change in a profile's folder: a holder that ends closes its lock file, and a holder that begins puts its
// socket there. Blocks; for a command that has no loop yet.
#pragma once

#include <cstdint>
#include <string>

#include "client/rpc/socket_file.h"

namespace fastchat::rpc {

class FolderWatch {
 public:
  // Watches `directory` from now on. Without the folder, or when the system allows no watch, wait() only waits.
  explicit FolderWatch(const std::string& directory);
  // Returns after a change in the folder, at the latest after `most_ms` milliseconds.
  void wait(int64_t most_ms);

 private:
  Descriptor fd_;
};

}  // namespace fastchat::rpc
