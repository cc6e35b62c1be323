#include "common/merkle.h"

#include <gtest/gtest.h>

#include <map>

#include "common/hash.h"

namespace fastchat::merkle {
namespace {

using Leaves = std::vector<Bytes>;  // hashes of leaves

// The definitions of RFC 9162, section 2.1, word for word: the oracle of everything below.
Bytes naive_root(const Bytes* leaves, size_t n) {
  if (n == 0) return sha256(ByteView());
  if (n == 1) return *leaves;
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return sha256({ByteView("\1", 1), naive_root(leaves, k), naive_root(leaves + k, n - k)});
}

Path naive_inclusion(size_t m, const Bytes* leaves, size_t n) {
  if (n == 1) return {};
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  Path path = m < k ? naive_inclusion(m, leaves, k) : naive_inclusion(m - k, leaves + k, n - k);
  path.push_back(m < k ? naive_root(leaves + k, n - k) : naive_root(leaves, k));
  return path;
}

Path naive_subproof(size_t m, const Bytes* leaves, size_t n, bool known) {
  if (m == n) return known ? Path{} : Path{naive_root(leaves, n)};
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  Path path = m <= k ? naive_subproof(m, leaves, k, known) : naive_subproof(m - k, leaves + k, n - k, false);
  path.push_back(m <= k ? naive_root(leaves + k, n - k) : naive_root(leaves, k));
  return path;
}

// A log: leaves, and the stored subtrees.
struct Tree {
  Leaves leaves;
  Frontier frontier;
  std::map<Place, Bytes> nodes;
  std::vector<Bytes> roots = {empty_root()};  // by size

  void add(const Bytes& leaf) {
    for (const Node& node : frontier.append(leaf)) EXPECT_TRUE(nodes.emplace(node.place, node.hash).second);
    leaves.push_back(leaf);
    roots.push_back(frontier.root());
  }
  Path path(const std::vector<Places>& places) const {
    auto made = make_path(places, [&](Place place) -> std::optional<Bytes> {
      const auto found = nodes.find(place);
      return found == nodes.end() ? std::nullopt : std::optional(found->second);
    });
    EXPECT_TRUE(made);
    return made.value_or(Path{});
  }
};

Tree tree_of(size_t size) {
  Tree tree;
  for (size_t i = 0; i < size; ++i)
    tree.add(
        key_leaf_hash("user" + std::to_string(i), Bytes(32, static_cast<char>(i)), i % 3, static_cast<int64_t>(i)));
  return tree;
}

Bytes hex(const char* text) {
  return from_hex(text).value();
}

constexpr size_t kSizes = 130;

TEST(Merkle, RootsAreThoseOfTheDefinition) {
  const Tree tree = tree_of(kSizes);
  for (size_t n = 0; n <= kSizes; ++n) EXPECT_EQ(tree.roots[n], naive_root(tree.leaves.data(), n)) << n;
}

TEST(Merkle, StoresEachCompleteSubtreeOnceAndNoOther) {
  const Tree tree = tree_of(kSizes);
  size_t complete = 0;
  for (size_t width = 1; width <= kSizes; width *= 2) complete += kSizes / width;
  EXPECT_EQ(tree.nodes.size(), complete);
  for (const auto& [place, hash] : tree.nodes)
    EXPECT_EQ(hash, naive_root(tree.leaves.data() + (place.index << place.level), size_t{1} << place.level));
}

TEST(Merkle, InclusionProofsAreThoseOfTheDefinition) {
  const Tree tree = tree_of(kSizes);
  for (size_t n = 1; n <= kSizes; ++n) {
    for (size_t i = 0; i < n; ++i) {
      const Path path = tree.path(inclusion_places(i, n));
      ASSERT_EQ(path, naive_inclusion(i, tree.leaves.data(), n)) << i << " of " << n;
      ASSERT_TRUE(verify_inclusion(tree.leaves[i], i, n, path, tree.roots[n])) << i << " of " << n;
    }
  }
}

TEST(Merkle, ConsistencyProofsAreThoseOfTheDefinition) {
  const Tree tree = tree_of(kSizes);
  for (size_t n = 0; n <= kSizes; ++n) {
    for (size_t m = 0; m <= n; ++m) {
      const Path path = tree.path(consistency_places(m, n));
      const Path expected = m > 0 && m < n ? naive_subproof(m, tree.leaves.data(), n, true) : Path{};
      ASSERT_EQ(path, expected) << m << " to " << n;
      ASSERT_TRUE(verify_consistency(m, tree.roots[m], n, tree.roots[n], path)) << m << " to " << n;
    }
  }
}

TEST(Merkle, AProofOfConsistencyHoldsTheFrontierOfTheEarlierTree) {
  const Tree tree = tree_of(kSizes);
  Frontier grown;
  for (size_t m = 1; m < kSizes; ++m) {
    grown.append(tree.leaves[m - 1]);
    for (size_t n = m + 1; n <= kSizes; ++n) {
      const auto found = frontier_of_proof(m, tree.roots[m], n, tree.roots[n], tree.path(consistency_places(m, n)));
      ASSERT_TRUE(found) << m << " to " << n;
      ASSERT_EQ(found->size(), m);
      ASSERT_EQ(found->hashes(), grown.hashes()) << m << " to " << n;
    }
  }
}

TEST(Merkle, PlacesAreFarFromAllMemoryForHugeTrees) {
  const uint64_t size = kMaxSize - 1;
  for (const uint64_t index : {uint64_t{0}, size / 2, size - 1}) {
    EXPECT_LE(inclusion_places(index, size).size(), kMaxPath);
    EXPECT_LE(consistency_places(index + 1, size).size(), kMaxPath);
  }
}

TEST(Merkle, NoOtherProofHolds) {
  const Tree tree = tree_of(40), other = [] {
    Tree forked = tree_of(20);  // the same beginning
    for (int i = 20; i < 40; ++i) forked.add(key_leaf_hash("eve", Bytes(32, 'e'), 0, i));
    return forked;
  }();
  for (size_t n = 1; n <= 40; ++n) {
    for (size_t i = 0; i < n; ++i) {
      const Path path = tree.path(inclusion_places(i, n));
      for (size_t j = 0; j < n; ++j)
        EXPECT_EQ(verify_inclusion(tree.leaves[j], i, n, path, tree.roots[n]), i == j) << i << ' ' << j << ' ' << n;
      for (size_t k = 0; k < path.size(); ++k) {
        Path bad = path;
        bad[k][7] ^= 1;
        EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, n, bad, tree.roots[n]));
        bad = path;
        bad.erase(bad.begin() + static_cast<long>(k));
        EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, n, bad, tree.roots[n]));
        bad = path;
        bad[k].pop_back();
        EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, n, bad, tree.roots[n]));
      }
      Path longer = path;
      longer.push_back(Bytes(32, 'x'));
      EXPECT_FALSE(verify_inclusion(tree.leaves[i], i, n, longer, tree.roots[n]));
    }
    for (size_t m = 0; m <= n; ++m) {
      const Path path = tree.path(consistency_places(m, n));
      if (m > 0 && n > 20) {
        EXPECT_FALSE(verify_consistency(m, tree.roots[m], n, other.roots[n], path)) << m << ' ' << n;
      }
      for (size_t k = 0; k < path.size(); ++k) {
        Path bad = path;
        bad[k][31] ^= 1;
        EXPECT_FALSE(verify_consistency(m, tree.roots[m], n, tree.roots[n], bad)) << m << ' ' << n << ' ' << k;
        bad = path;
        bad.erase(bad.begin() + static_cast<long>(k));
        EXPECT_FALSE(verify_consistency(m, tree.roots[m], n, tree.roots[n], bad)) << m << ' ' << n << ' ' << k;
      }
      Path longer = path;
      longer.push_back(Bytes(32, 'x'));
      EXPECT_FALSE(verify_consistency(m, tree.roots[m], n, tree.roots[n], longer)) << m << ' ' << n;
    }
  }
}

TEST(Merkle, TakesAnythingThatAPeerMaySend) {
  const Tree tree = tree_of(5);
  const Path path = tree.path(inclusion_places(2, 5));
  for (const uint64_t odd : {uint64_t{0}, uint64_t{9}, UINT64_MAX, uint64_t{1} << 63}) {
    EXPECT_FALSE(verify_inclusion(tree.leaves[2], odd, 5, path, tree.roots[5]));
    EXPECT_FALSE(verify_inclusion(tree.leaves[2], 2, odd, path, tree.roots[5]));
    EXPECT_FALSE(verify_consistency(odd, tree.roots[2], 5, tree.roots[5], path));
    EXPECT_FALSE(verify_consistency(2, tree.roots[2], odd, tree.roots[5], path));
  }
  EXPECT_FALSE(verify_inclusion("short", 2, 5, path, tree.roots[5]));
  EXPECT_FALSE(verify_consistency(2, "", 5, tree.roots[5], tree.path(consistency_places(2, 5))));
  EXPECT_FALSE(verify_consistency(0, "", 5, tree.roots[5], {}));
  EXPECT_FALSE(verify_consistency(0, Bytes(32, 'x'), 0, Bytes(32, 'x'), {}));
  EXPECT_FALSE(verify_consistency(5, tree.roots[5], 4, tree.roots[4], {}));
  EXPECT_FALSE(verify_inclusion(tree.leaves[2], 2, 5, Path(65, Bytes(32, 'x')), tree.roots[5]));
  EXPECT_FALSE(frontier_of_proof(5, tree.roots[5], 5, tree.roots[5], {}));
  EXPECT_FALSE(frontier_of_proof(3, tree.roots[3], 5, tree.roots[5], {}));
  EXPECT_FALSE(Frontier::of(5, {Bytes(32, 'a')}));
  EXPECT_FALSE(Frontier::of(2, {Bytes(31, 'a')}));
  EXPECT_FALSE(Frontier::of(UINT64_MAX, Path(64, Bytes(32, 'a'))));
}

TEST(Merkle, AFrontierGoesOnFromItsHashes) {
  const Tree tree = tree_of(kSizes);
  Frontier grown;
  for (size_t n = 0; n < kSizes; ++n) {
    auto read = Frontier::of(n, grown.hashes());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->root(), tree.roots[n]);
    grown = std::move(*read);
    grown.append(tree.leaves[n]);
  }
  EXPECT_EQ(grown.root(), tree.roots[kSizes]);
}

// The published test vectors of RFC 6962's reference implementation (certificate-transparency,
// merkletree/merkle_tree_test): eight leaves.
TEST(Merkle, KnownAnswersOfCertificateTransparency) {
  const char* data[] = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  for (size_t i = 0; i < 8; ++i) {
    tree.add(leaf_hash(hex(data[i])));
    EXPECT_EQ(to_hex(tree.roots[i + 1]), roots[i]);
  }
  EXPECT_EQ(to_hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Path first = {hex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
                      hex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                      hex("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")};
  EXPECT_EQ(tree.path(inclusion_places(0, 8)), first);
  EXPECT_EQ(tree.path(consistency_places(1, 8)), first);
  const Path sixth = {hex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
                      hex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                      hex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")};
  EXPECT_EQ(tree.path(inclusion_places(5, 8)), sixth);
  EXPECT_EQ(tree.path(consistency_places(6, 8)),
            (Path{hex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"), sixth[1], sixth[2]}));
  EXPECT_EQ(tree.path(consistency_places(2, 5)), (Path{first[1], sixth[0]}));
}

TEST(Merkle, ALeafNamesEachOfItsFields) {
  const Bytes fpr(32, 'f');
  const Bytes leaf = key_leaf_hash("alice", fpr, 1, 2);
  EXPECT_EQ(leaf, sha256({ByteView("\0\0\0\0\5", 5), "alice", ByteView("\0\0\0\x20", 4), fpr,
                          ByteView("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 16)}));
  EXPECT_NE(leaf, key_leaf_hash("alicf", fpr, 1, 2));
  EXPECT_NE(leaf, key_leaf_hash("alice", "", 1, 2));
  EXPECT_NE(leaf, key_leaf_hash("alice", fpr, 0, 2));
  EXPECT_NE(leaf, key_leaf_hash("alice", fpr, 1, 3));
}

}  // namespace
}  // namespace fastchat::merkle
