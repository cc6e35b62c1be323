// The store's requests and replies about vaults (store.h). Plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "worker/core/device_requests.h"

namespace fastchat::worker {

struct PutVault {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, version = 0;
  Bytes blob;
  std::vector<Bytes> parts{};  // hashes of all parts, without repetition
  uint64_t most = UINT64_MAX;  // bytes of blob and parts
};
struct VaultPut {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, version = 0;
  Code code = Code::kOk;  // kOk, kConflict, kMissingPart, kStorageFull, kBusy
};

// Stores parts of a vault. Parts that no vault names are kept for an hour, and at most `most` bytes of them: the oldest
// go first.
struct PutVaultParts {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  std::vector<Bytes> parts{};
  uint64_t most = UINT64_MAX;
};
struct VaultPartsPut {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;  // kOk, kStorageFull, kBusy
};

struct GetVault {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
};
struct VaultRow {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  uint64_t version = 0;
  Bytes blob;
};

struct GetVaultParts {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  std::vector<Bytes> hashes{};
};
struct VaultPartRows {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  size_t looked = 0;           // hashes that were looked up, from the first on
  std::vector<Bytes> parts{};  // those of them that are here, in the order asked
};

}  // namespace fastchat::worker
