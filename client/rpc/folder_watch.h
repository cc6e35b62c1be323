// Waits for something to happen in a profile's folder: a holder that ends closes its lock, one that begins puts its
// socket there. Blocks; for a command that has no loop yet.
#pragma once

#include <cstdint>
#include <string>

#include "client/rpc/socket_file.h"

namespace fastchat::rpc {

class FolderWatch {
 public:
  // Watches from now on; without a folder, or where the system allows no watch, wait() only waits.
  explicit FolderWatch(const std::string& directory);
  // Until something happened there, at most `most_ms`.
  void wait(int64_t most_ms);

 private:
  Descriptor fd_;
};

}  // namespace fastchat::rpc
