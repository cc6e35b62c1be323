// The Merkle tree of the log of keys: hashes, roots and proofs of RFC 9162, section 2.1. Pure; stores no tree.
//
//   merkle::Frontier tree;
//   for (const merkle::Node& node : tree.append(merkle::key_leaf_hash("alice", fpr, 0, ms))) store(node);
//   auto path = merkle::make_path(merkle::inclusion_places(index, tree.size()), [&](merkle::Place p) { return find(p);
//   }); merkle::verify_inclusion(leaf_hash, index, size, *path, root);
//
// A complete subtree has 2^level leaves and begins at leaf index * 2^level. A log stores the hash of each complete
// subtree once; every root and every proof is made of those. All hashes have 32 bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/bytes.h"

namespace fastchat::merkle {

inline constexpr size_t kHashSize = 32;
inline constexpr size_t kMaxPath = 64;  // a path has at most one hash for each bit of a size, and one more
inline constexpr uint64_t kMaxSize = uint64_t{1} << 62;  // a log is refused beyond; 2^62 leaves never happen

using Path = std::vector<Bytes>;

// Returns H(0x00 | data).
Bytes leaf_hash(ByteView data);
// Returns H(0x00 | L(user) | L(fpr) | u64 counter | u64 ms), the hash of a leaf of the log of keys. `fpr` is empty for
// a deleted account; `ms` is not negative.
Bytes key_leaf_hash(ByteView user, ByteView fpr, uint64_t counter, int64_t ms);
// Returns H(0x01 | left | right).
Bytes node_hash(ByteView left, ByteView right);
// Returns the root of a tree without leaves, H("").
Bytes empty_root();

// The place of a complete subtree.
struct Place {
  int level = 0;
  uint64_t index = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};
struct Node {
  Place place;
  Bytes hash;
};

// The complete subtrees of a tree, the largest first: the state from which a tree grows.
class Frontier {
 public:
  Frontier() = default;  // no leaves
  // Returns the frontier of a tree of `size` leaves; nullopt unless `hashes` has one hash of 32 bytes for each one bit
  // of `size`, which is at most kMaxSize.
  static std::optional<Frontier> of(uint64_t size, std::vector<Bytes> hashes);

  // Adds a leaf by its hash. Returns the subtrees that are now complete: the leaf itself, then upwards.
  std::vector<Node> append(ByteView leaf);
  Bytes root() const;
  uint64_t size() const { return size_; }
  const std::vector<Bytes>& hashes() const { return hashes_; }

 private:
  uint64_t size_ = 0;
  std::vector<Bytes> hashes_;
};

// The complete subtrees, from left to right, that make one hash of a path.
using Places = std::vector<Place>;

// Returns the hashes of the proof that leaf `index` is in the tree of `size` leaves: index < size <= kMaxSize.
std::vector<Places> inclusion_places(uint64_t index, uint64_t size);
// Returns the hashes of the proof that the tree of `size` leaves continues the tree of `from` leaves:
// from <= size <= kMaxSize. There are none when from is 0 or `size`.
std::vector<Places> consistency_places(uint64_t from, uint64_t size);
// Returns a path: each hash combined from its subtrees. `find` returns the hash of a complete subtree; nullopt when
// `find` does.
std::optional<Path> make_path(const std::vector<Places>& places,
                              const std::function<std::optional<Bytes>(Place)>& find);

// Returns true when `path` proves that the leaf with the hash `leaf` has `index` in the tree of `size` leaves with
// `root`. Takes anything that a peer may send.
bool verify_inclusion(ByteView leaf, uint64_t index, uint64_t size, const Path& path, ByteView root);

// Returns true when `path` proves that the tree of `size` leaves with `root` continues the tree of `from` leaves with
// `from_root`. Takes anything that a peer may send.
bool verify_consistency(uint64_t from, ByteView from_root, uint64_t size, ByteView root, const Path& path);

// Returns the frontier of the tree of `from` leaves, 0 < from < size, out of a path that verify_consistency accepts: a
// consistency proof contains that frontier. So a reader goes on from a head without having read the leaves before.
// nullopt when the path does not verify.
std::optional<Frontier> frontier_of_proof(uint64_t from, ByteView from_root, uint64_t size, ByteView root,
                                          const Path& path);

}  // namespace fastchat::merkle
