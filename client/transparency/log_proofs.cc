#include "client/transparency/log_proofs.h"

namespace fastchat::client {
namespace {

constexpr size_t kRootBytesNamed = 8;

}  // namespace

const char* const kTwoListsAdvice =
    "Either the server was restored from a backup, or somebody shows different people different keys: ask the operator";

LogHead log_head_of(const v1::LogHead& head) {
  return {head.size(), head.root(), head.ms(), head.signature()};
}

merkle::Path log_path_of(const v1::LogPath& path) {
  return {path.hashes().begin(), path.hashes().end()};
}

Bytes log_leaf_hash(const v1::LogLeaf& leaf) {
  return merkle::key_leaf_hash(leaf.user(), leaf.fpr(), leaf.counter(), leaf.ms());
}

LogFit log_continues(const LogHead& earlier, const LogHead& later, const merkle::Path& path) {
  if (later.size < earlier.size) return LogFit::kSmaller;
  const bool empty = earlier.size == 0 || earlier.size == later.size;
  const bool holds =
      merkle::verify_consistency(earlier.size, earlier.root, later.size, later.root, empty ? merkle::Path{} : path);
  return holds ? LogFit::kFits : LogFit::kForked;
}

std::string describe_log_head(const LogHead& head) {
  return std::to_string(head.size) + (head.size == 1 ? " key" : " keys") + ", root " +
         to_hex(ByteView(head.root).substr(0, kRootBytesNamed));
}

}  // namespace fastchat::client
