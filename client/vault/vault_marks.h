// The replay marks in the vault: the higher mark of each stream, of this device and of the others. Lives on the
// session's thread.
#pragma once

#include "client/e2e/vault.h"
#include "client/store/stream_table.h"

namespace fastchat::client {

class VaultMarks {
 public:
  // The most marks of a vault, those of this device first.
  static constexpr size_t kMost = 4'096;

  explicit VaultMarks(store::StreamTable& streams) : streams_(streams) {}

  struct Joined {
    google::protobuf::RepeatedPtrField<v1::content::ReplayMark> all;
    bool moved = false;  // a mark of this device is beyond the vault's mark
  };
  // Joins this device's marks with those of a vault.
  Result<Joined> join(const e2e::VaultContent& vault) const;
  bool moved(const e2e::VaultContent& vault) const;
  // Takes the marks of the first vault that this device sees.
  Result<> take(const e2e::VaultContent& vault);
  // Raises the marks of `to` to those of `from`.
  static void raise(const e2e::VaultContent& from, e2e::VaultContent& to);

 private:
  store::StreamTable& streams_;
};

}  // namespace fastchat::client
