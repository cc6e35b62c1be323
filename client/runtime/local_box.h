// Sealing for this device's disk. Each sealed field has a place (table, column and row). A box sealed for one place
// opens in no other, so nobody who writes to the disk can swap rows. LocalPlace lists every place there is. The names
// of the places are on people's disks, so none ever changes.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "client/e2e/secret.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::client {

class LocalPlace {
 public:
  // `hash`: of the message's envelope, 32 bytes. `kind`: of a store::Message or a store::Annotation.
  static LocalPlace message_body(ByteView hash, int kind);
  static LocalPlace annotation_body(ByteView hash, int kind);
  static LocalPlace setting(std::string_view name);
  static LocalPlace search_page(int64_t page);
  // `group`: 32 bytes.
  static LocalPlace epoch_key(ByteView group, uint64_t epoch);
  static LocalPlace key_share(ByteView group, uint64_t epoch);
  static LocalPlace group_change(int64_t row);
  static LocalPlace upload(ByteView file_id);
  // `id`: the first 16 bytes of the message's hash.
  static LocalPlace file_info(ByteView id);
  static LocalPlace file_path(ByteView id);
  static LocalPlace device_secret();
  static LocalPlace new_vault_key();
  static LocalPlace new_key();

  ByteView bytes() const { return bytes_; }

 private:
  explicit LocalPlace(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;
};

// Seals and opens with the local key, which outlives the box. Lives on the session's thread.
class LocalBox {
 public:
  explicit LocalBox(const e2e::Secret& key) : key_(&key) {}

  Bytes seal(const LocalPlace& place, ByteView plaintext) const;
  // Opens a box. Fails with kLocalCrypto when it was not sealed with this key for this place.
  Result<e2e::Secret> open(const LocalPlace& place, ByteView box) const;

 private:
  const e2e::Secret* key_;
};

}  // namespace fastchat::client
