#include "common/wire_vaults.h"

#include <algorithm>
#include <functional>

#include "common/wire.h"

namespace fastchat::wire {
namespace {

template <class Hashes>
bool are_hashes(const Hashes& hashes, size_t most) {
  return static_cast<size_t>(hashes.size()) <= most &&
         std::all_of(hashes.begin(), hashes.end(), [](const Bytes& hash) { return hash.size() == kPartHash; });
}

template <class Parts>
bool are_parts(const Parts& parts, size_t most) {
  return static_cast<size_t>(parts.size()) <= most && std::all_of(parts.begin(), parts.end(), [](const Bytes& part) {
           return !part.empty() && part.size() <= kMaxVaultPart;
         });
}

}  // namespace

// The hashes strictly ascend, so that none is named twice.
bool fits(const v1::PutVault& m) {
  const auto& parts = m.parts();
  return !m.blob().empty() && m.blob().size() <= kMaxVault && m.version() >= 2 && m.version() <= INT64_MAX &&
         are_hashes(parts, kMaxVaultParts) &&
         std::adjacent_find(parts.begin(), parts.end(), std::greater_equal<>()) == parts.end();
}

bool fits(const v1::PutVaultParts& m) {
  return m.parts_size() >= 1 && are_parts(m.parts(), kMaxPartsPerPut);
}

bool fits(const v1::GetVaultParts& m) {
  return m.hashes_size() >= 1 && are_hashes(m.hashes(), kMaxPartsPerGet);
}

bool fits(const v1::VaultParts& m) {
  return m.looked() >= 1 && m.looked() <= kMaxPartsPerGet && are_parts(m.parts(), m.looked());
}

}  // namespace fastchat::wire
