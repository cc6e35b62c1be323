#include "common/merkle.h"

#include <algorithm>
#include <bit>

#include "common/check.h"
#include "common/hash.h"

namespace fastchat::merkle {
namespace {

constexpr ByteView kLeafPrefix("\0", 1);
constexpr ByteView kNodePrefix("\1", 1);

// Returns the largest power of two that is smaller than `n`, n > 1.
uint64_t split_of(uint64_t n) {
  return uint64_t{1} << (std::bit_width(n - 1) - 1);
}

// Returns the complete subtrees of the leaves begin to begin + count, where `begin` is a multiple of a power of two
// that is not smaller than `count`.
Places places_of(uint64_t begin, uint64_t count) {
  Places out;
  while (count > 0) {
    const int level = 63 - std::countl_zero(count);
    out.push_back({level, begin >> level});
    begin += uint64_t{1} << level;
    count -= uint64_t{1} << level;
  }
  return out;
}

// Returns the root over complete subtrees, given from left to right.
Bytes combine(const std::vector<Bytes>& hashes) {
  FC_CHECK(!hashes.empty());
  Bytes root = hashes.back();
  for (size_t i = hashes.size() - 1; i-- > 0;) root = node_hash(hashes[i], root);
  return root;
}

bool well_formed(const Path& path) {
  return path.size() <= kMaxPath &&
         std::all_of(path.begin(), path.end(), [](const Bytes& h) { return h.size() == kHashSize; });
}

// The walk of RFC 9162, sections 2.1.3.2 and 2.1.4.2, from the node `fn` of a tree whose last node is `sn`. `left` is
// called for a hash left of the path, `right` for one right of the path. Returns false when the path does not end at
// the root.
template <class Left, class Right>
bool climb(uint64_t fn, uint64_t sn, Path::const_iterator begin, Path::const_iterator end, Left left, Right right) {
  for (auto hash = begin; hash != end; ++hash) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      left(*hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      right(*hash);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0;
}

// The hashes of a consistency proof that make the earlier root, from right to left; nullopt when it does not verify.
std::optional<std::vector<Bytes>> earlier_of(uint64_t from, ByteView from_root, uint64_t size, ByteView root,
                                             const Path& path) {
  const bool whole =
      std::has_single_bit(from);  // the earlier tree is one complete subtree, and the proof leaves it out
  if (!well_formed(path) || (!whole && path.empty())) return std::nullopt;
  std::vector<Bytes> earlier = {whole ? Bytes(from_root) : path.front()};
  Bytes early = earlier.front(), late = early;
  const int shift = std::countr_one(from - 1);
  const bool ends = climb((from - 1) >> shift, (size - 1) >> shift, path.begin() + (whole ? 0 : 1), path.end(),
                          [&](const Bytes& hash) {
                            earlier.push_back(hash);
                            early = node_hash(hash, early);
                            late = node_hash(hash, late);
                          },
                          [&](const Bytes& hash) { late = node_hash(late, hash); });
  if (!ends || early != from_root || late != root) return std::nullopt;
  return earlier;
}

}  // namespace

Bytes leaf_hash(ByteView data) {
  return sha256({kLeafPrefix, data});
}

Bytes key_leaf_hash(ByteView user, ByteView fpr, uint64_t counter, int64_t ms) {
  Bytes data;
  for (ByteView part : {user, fpr}) {
    put_u32(data, static_cast<uint32_t>(part.size()));
    data.append(part);
  }
  put_u64(data, counter);
  put_u64(data, static_cast<uint64_t>(ms));
  return leaf_hash(data);
}

Bytes node_hash(ByteView left, ByteView right) {
  return sha256({kNodePrefix, left, right});
}

Bytes empty_root() {
  return sha256(ByteView());
}

std::optional<Frontier> Frontier::of(uint64_t size, std::vector<Bytes> hashes) {
  if (size > kMaxSize || hashes.size() != static_cast<size_t>(std::popcount(size)) || !well_formed(hashes))
    return std::nullopt;
  Frontier out;
  out.size_ = size;
  out.hashes_ = std::move(hashes);
  return out;
}

std::vector<Node> Frontier::append(ByteView leaf) {
  FC_CHECK(leaf.size() == kHashSize && size_ < kMaxSize);
  std::vector<Node> complete = {{{0, size_}, Bytes(leaf)}};
  for (int level = 0; (size_ >> level & 1) != 0; ++level) {
    complete.push_back({{level + 1, size_ >> (level + 1)}, node_hash(hashes_.back(), complete.back().hash)});
    hashes_.pop_back();
  }
  hashes_.push_back(complete.back().hash);
  ++size_;
  return complete;
}

Bytes Frontier::root() const {
  return size_ == 0 ? empty_root() : combine(hashes_);
}

std::vector<Places> inclusion_places(uint64_t index, uint64_t size) {
  FC_CHECK(index < size && size <= kMaxSize);
  std::vector<Places> out;
  for (uint64_t begin = 0; size > 1;) {
    const uint64_t left = split_of(size);
    if (index - begin < left) {
      out.push_back(places_of(begin + left, size - left));
      size = left;
    } else {
      out.push_back(places_of(begin, left));
      begin += left;
      size -= left;
    }
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Places> consistency_places(uint64_t from, uint64_t size) {
  FC_CHECK(from <= size && size <= kMaxSize);
  if (from == 0 || from == size) return {};
  std::vector<Places> out;
  uint64_t begin = 0;  // SUBPROOF of the leaves begin to begin + size, of which `from` are in the earlier tree
  while (from != size) {
    const uint64_t left = split_of(size);
    if (from <= left) {
      out.push_back(places_of(begin + left, size - left));
      size = left;
    } else {
      out.push_back(places_of(begin, left));
      begin += left;
      size -= left;
      from -= left;
    }
  }
  if (begin != 0) out.push_back(places_of(begin, size));
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<Path> make_path(const std::vector<Places>& places,
                              const std::function<std::optional<Bytes>(Place)>& find) {
  Path path;
  for (const Places& of_one : places) {
    std::vector<Bytes> hashes;
    for (const Place& place : of_one) {
      auto hash = find(place);
      if (!hash) return std::nullopt;
      hashes.push_back(std::move(*hash));
    }
    path.push_back(combine(hashes));
  }
  return path;
}

bool verify_inclusion(ByteView leaf, uint64_t index, uint64_t size, const Path& path, ByteView root) {
  if (index >= size || size > kMaxSize || leaf.size() != kHashSize || !well_formed(path)) return false;
  Bytes hash(leaf);
  const bool ends = climb(
      index, size - 1, path.begin(), path.end(), [&](const Bytes& left) { hash = node_hash(left, hash); },
      [&](const Bytes& right) { hash = node_hash(hash, right); });
  return ends && hash == root;
}

bool verify_consistency(uint64_t from, ByteView from_root, uint64_t size, ByteView root, const Path& path) {
  if (from > size || size > kMaxSize || from_root.size() != kHashSize || root.size() != kHashSize) return false;
  if (from == size) return path.empty() && from_root == root && (size != 0 || root == empty_root());
  if (from == 0) return path.empty() && from_root == empty_root();
  return earlier_of(from, from_root, size, root, path).has_value();
}

std::optional<Frontier> frontier_of_proof(uint64_t from, ByteView from_root, uint64_t size, ByteView root,
                                          const Path& path) {
  if (from == 0 || from >= size || size > kMaxSize) return std::nullopt;
  auto earlier = earlier_of(from, from_root, size, root, path);
  if (!earlier) return std::nullopt;
  std::reverse(earlier->begin(), earlier->end());
  return Frontier::of(from, std::move(*earlier));
}

}  // namespace fastchat::merkle
