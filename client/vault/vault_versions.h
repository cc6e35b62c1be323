// The versions of the vault in a session: the version that the server has, the newest version that the server named,
// and an older version that this terminal's content replaces. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace fastchat::client {

class VaultVersions {
 public:
  // The server named this version.
  void offer(uint64_t version) { offered_ = std::max(offered_, version); }
  // The server is asked for its vault: versions that it named before do not count any more (it may have been restored),
  // those that it names from now on do, whichever version the answer is. Returns the newest of those before; 0: none.
  uint64_t ask() { return std::exchange(offered_, 0); }
  // The server showed its vault, which is this version.
  void show(uint64_t version) { server_ = version; }
  // The shown version is as new as this terminal's.
  void take_shown() { older_ = 0; }
  // The shown version is older than this terminal's content, which is to be stored again.
  void replace_shown() { older_ = offered_ = server_; }
  // The server stored this version. Returns the older version that it replaces; 0: none.
  uint64_t store(uint64_t version) {
    server_ = version;
    offer(version);
    return std::exchange(older_, 0);
  }

  // The server named a version that it has not shown yet.
  bool newer() const { return offered_ > server_; }
  // The version to be stored next.
  uint64_t next() const { return server_ + 1; }

 private:
  uint64_t server_ = 0;   // the server's
  uint64_t older_ = 0;    // replaced by this terminal's content; 0: none
  uint64_t offered_ = 0;  // named by the server
};

}  // namespace fastchat::client
