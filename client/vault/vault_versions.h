// The versions of the vault in a session: the version that the server has, the newest version that the server named,
// and an older version that this terminal's content replaces. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace fastchat::client {

class VaultVersions {
 public:
  // Notes a version that the server named.
  void offer(uint64_t version) { offered_ = std::max(offered_, version); }
  // Notes that the server may have a newer version than it showed, so that the vault is fetched once more. One that
  // lacks parts is replaced anyway.
  void doubt() {
    if (whole_) offer(server_ + 1);
  }
  // Notes that the server is asked for its vault. Versions that the server named before do not count any more, because
  // the server may have been restored. Versions that it names from now on count, whatever version the answer has.
  // Returns the newest version named before; 0: none.
  uint64_t ask() { return std::exchange(offered_, 0); }
  // Notes the version of the vault that the server showed. `whole`: with all of its parts.
  void show(uint64_t version, bool whole) {
    server_ = version;
    whole_ = whole;
    passed_ = false;
  }
  // Notes that the server named this version, but cannot give its parts: it is fetched elsewhere.
  void pass_by(uint64_t version) {
    show(0, false);
    passed_ = true;
    offer(version);
  }
  // Notes that the shown version is at least as new as this terminal's version.
  void take_shown() { older_ = 0; }
  // Notes that the shown version is older than this terminal's content, so that the content is stored again.
  void replace_shown() { older_ = offered_ = server_; }
  // Notes that the server stored this version. Returns the older version that it replaces; 0: none.
  uint64_t store(uint64_t version) {
    server_ = version;
    whole_ = true;
    offer(version);
    return std::exchange(older_, 0);
  }

  // Returns true when the server named a version that it has not shown yet.
  bool newer() const { return offered_ > server_; }
  // Returns true when the newest version that the server named is here, with all of its parts.
  bool newest() const { return !newer() && whole_; }
  // Returns true when the server's vault is older than this terminal's content, or lacks parts.
  bool replaces() const { return older_ != 0 || !whole_; }
  bool passed() const { return passed_; }
  // Returns the version to store next.
  uint64_t next() const { return server_ + 1; }

 private:
  uint64_t server_ = 0;   // of the server's vault
  uint64_t older_ = 0;    // the version that this terminal's content replaces; 0: none
  uint64_t offered_ = 0;  // the newest version that the server named
  bool whole_ = true;     // all parts of the server's vault are here
  bool passed_ = false;   // the server's vault waits for a server that gives its parts
};

}  // namespace fastchat::client
