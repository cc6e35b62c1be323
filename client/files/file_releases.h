// Reports to the server that this device no longer needs a file: an upload that is given up, or a download that is in
// its place. Counts the requests without an answer. Lives on the session's thread.
#pragma once

#include <functional>
#include <utility>

#include "client/runtime/server.h"
#include "common/bytes.h"

namespace fastchat::client {

class FileReleases {
 public:
  explicit FileReleases(Server& server) : server_(server) {}

  // Records whether requests to the server are possible. Returns true when they become possible now.
  bool attach(bool attached) { return std::exchange(attached_, attached) != attached && attached; }
  // Sends the request, or nothing while no request is possible. Calls `released` when the server agrees.
  void release(const Bytes& file_id, std::function<void()> released);
  // Returns true when every request is answered.
  bool settled() const { return asked_ == 0; }

 private:
  Server& server_;
  bool attached_ = false;
  int asked_ = 0;
};

}  // namespace fastchat::client
