// The keys that users, this user among them, had before they changed the key. A key that a user changed a short time
// ago still counts for messages and states of groups that it signed: these may wait in this device's queue, or on
// another worker. Lives on the session's thread; writes join the store's transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/identity.h"
#include "client/store/pin_table.h"

namespace fastchat::client {

class FormerKeys {
 public:
  // The time (ms) for which a former key counts, from when this device learned of the change.
  static constexpr int64_t kCountsMs = 86'400'000;

  explicit FormerKeys(store::PinTable& table) : table_(table) {}

  // Reads the keys from disk, in place of those in memory. Fails with kLocalDisk.
  Result<> load(ByteView realm);
  // Returns the key when it still counts, null otherwise.
  const e2e::PeerKey* find(std::string_view user, ByteView fpr) const;
  // Returns true when `user` had this key, however long ago.
  bool had(std::string_view user, ByteView fpr) const;
  std::vector<Bytes> fprs(std::string_view user) const;
  // Adds a key that counts until `until_ms` (Unix; 0: not any more). A later time than the stored one replaces it.
  Result<> add(const e2e::PeerKey& key, int64_t until_ms);
  // Adds a key of which this device learns now that it was changed.
  Result<> retire(const e2e::PeerKey& key) { return add(key, now_ms_ + kCountsMs); }
  // Sets the time (Unix ms) that decides which keys still count.
  void set_time(int64_t now_ms) { now_ms_ = now_ms; }

 private:
  struct Former {
    e2e::PeerKey key;
    int64_t until_ms = 0;
  };
  const Former* get(std::string_view user, ByteView fpr) const;

  store::PinTable& table_;
  std::map<std::string, std::vector<Former>, std::less<>> by_user_;
  int64_t now_ms_ = 0;
};

}  // namespace fastchat::client
