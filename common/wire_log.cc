#include "common/wire_log.h"

#include <algorithm>
#include <cstdint>

#include "common/names.h"
#include "common/wire.h"

namespace fastchat::wire {
namespace {

// The database has no larger numbers.
bool is_place(uint64_t n) {
  return n <= INT64_MAX;
}

bool is_head(const v1::LogHead& m) {
  return is_place(m.size()) && m.root().size() == kLogHash && m.ms() >= 0 && m.signature().size() == kLogSignature;
}

bool is_path(const v1::LogPath& m) {
  return static_cast<size_t>(m.hashes_size()) <= kMaxLogPath &&
         std::all_of(m.hashes().begin(), m.hashes().end(), [](const auto& hash) { return hash.size() == kLogHash; });
}

bool is_leaf(const v1::LogLeaf& m) {
  return valid_user_name(m.user()) && (m.fpr().empty() || m.fpr().size() == kLogHash) && is_place(m.counter()) &&
         m.ms() >= 0;
}

}  // namespace

bool fits(const v1::GetLogHead& m) {
  return static_cast<size_t>(m.from_size()) <= kMaxLogSizes && std::all_of(m.from().begin(), m.from().end(), is_place);
}

bool fits(const v1::GetLogProofs& m) {
  if (m.users_size() < 1 || static_cast<size_t>(m.users_size()) > kMaxLogProofs) return false;
  for (int i = 0; i < m.users_size(); ++i) {
    if (!valid_user_name(m.users(i)) || (i > 0 && m.users(i - 1) >= m.users(i))) return false;
  }
  return true;
}

bool fits(const v1::GetLogLeaves& m) {
  return is_place(m.from());
}

bool fits(const v1::LogGrowth& m) {
  return is_head(m.head()) && static_cast<size_t>(m.paths_size()) <= kMaxLogSizes &&
         std::all_of(m.paths().begin(), m.paths().end(), is_path);
}

bool fits(const v1::LogProofs& m) {
  if (!is_head(m.head()) || static_cast<size_t>(m.proofs_size()) > kMaxLogProofs) return false;
  for (int i = 0; i < m.proofs_size(); ++i) {
    const v1::LogProof& proof = m.proofs(i);
    if (!is_leaf(proof.leaf()) || !is_path(proof.path()) || proof.index() >= m.head().size()) return false;
    if (i > 0 && m.proofs(i - 1).leaf().user() >= proof.leaf().user()) return false;
  }
  return true;
}

bool fits(const v1::LogLeaves& m) {
  return is_head(m.head()) && static_cast<size_t>(m.leaves_size()) <= kMaxLogLeaves &&
         static_cast<uint64_t>(m.leaves_size()) <= m.head().size() &&
         std::all_of(m.leaves().begin(), m.leaves().end(), is_leaf);
}

}  // namespace fastchat::wire
