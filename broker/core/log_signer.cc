#include "broker/core/log_signer.h"

#include <utility>

#include "common/fingerprint.h"

namespace fastchat::broker {

Bytes LogSigner::fingerprint(const LoggedKey& key) const {
  return key.public_key.empty() ? Bytes() : key_fingerprint(realm_, key.user, key.public_key);
}

LogHead LogSigner::begin() const {
  return sign_log_head(key_, realm_, 0, merkle::empty_root(), 0);
}

std::optional<LogGrowth> LogSigner::grow(const LogState& state, int64_t now_ms,
                                         const std::vector<LoggedKey>& keys) const {
  std::vector<Bytes> hashes;
  for (size_t at = 0; at < state.frontier.size(); at += merkle::kHashSize) {
    hashes.push_back(state.frontier.substr(at, merkle::kHashSize));
  }
  auto tree = merkle::Frontier::of(state.size, std::move(hashes));
  if (!tree) return std::nullopt;
  LogGrowth out;
  const int64_t ms = std::max(state.ms, now_ms);
  for (const LoggedKey& key : keys) {
    LogLeaf leaf{tree->size(), key.user, fingerprint(key), key.counter, ms};
    auto nodes = tree->append(merkle::key_leaf_hash(leaf.user, leaf.fpr, leaf.counter, leaf.ms));
    std::move(nodes.begin(), nodes.end(), std::back_inserter(out.nodes));
    out.leaves.push_back(std::move(leaf));
  }
  for (const Bytes& hash : tree->hashes()) out.frontier += hash;
  out.head = sign_log_head(key_, realm_, tree->size(), tree->root(), ms);
  return out;
}

}  // namespace fastchat::broker
