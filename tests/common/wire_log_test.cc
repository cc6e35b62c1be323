// The parser on the log of keys: sizes, names and places of requests, and the shape of heads, paths and leaves.
#include <gtest/gtest.h>

#include "common/wire.h"
#include "tests/common/frame_codes.h"

namespace fastchat {
namespace {

Code ask_head(size_t sizes, uint64_t size = 1) {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_get_log_head();
  for (size_t i = 0; i < sizes; ++i) f.mutable_get_log_head()->add_from(size);
  return parse(f);
}

Code ask_proofs(const std::vector<std::string>& users) {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_get_log_proofs();
  for (const auto& user : users) f.mutable_get_log_proofs()->add_users(user);
  return parse(f);
}

Code ask_leaves(uint64_t from) {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_get_log_leaves()->set_from(from);
  return parse(f);
}

v1::LogHead head(uint64_t size) {
  v1::LogHead h;
  h.set_size(size);
  h.set_root(Bytes(32, 'r'));
  h.set_ms(7);
  h.set_signature(Bytes(64, 's'));
  return h;
}

v1::LogLeaf leaf(const std::string& user) {
  v1::LogLeaf l;
  l.set_user(user);
  l.set_fpr(Bytes(32, 'f'));
  l.set_ms(7);
  return l;
}

v1::ServerFrame proofs(const std::vector<std::string>& users, uint64_t size = 9) {
  v1::ServerFrame f;
  f.set_request(1);
  *f.mutable_log_proofs()->mutable_head() = head(size);
  for (const auto& user : users) {
    auto* proof = f.mutable_log_proofs()->add_proofs();
    *proof->mutable_leaf() = leaf(user);
    proof->set_index(8);
    proof->mutable_path()->add_hashes(Bytes(32, 'h'));
  }
  return f;
}

std::vector<std::string> names(size_t n) {
  std::vector<std::string> out;
  for (size_t i = 0; i < n; ++i) out.push_back("user" + std::to_string(1000 + i));
  return out;
}

TEST(WireLog, AHeadIsAskedWithAtMostSixteenSizes) {
  EXPECT_EQ(ask_head(0), Code::kOk);
  EXPECT_EQ(ask_head(16), Code::kOk);
  EXPECT_EQ(ask_head(17), Code::kMalformed);
  EXPECT_EQ(ask_head(1, 0), Code::kOk) << "the empty tree";
  EXPECT_EQ(ask_head(1, INT64_MAX), Code::kOk);
  EXPECT_EQ(ask_head(1, uint64_t{INT64_MAX} + 1), Code::kMalformed);
}

TEST(WireLog, ProofsAreAskedForNamesInOrder) {
  EXPECT_EQ(ask_proofs({}), Code::kMalformed);
  EXPECT_EQ(ask_proofs({"ann", "bob"}), Code::kOk);
  EXPECT_EQ(ask_proofs({"bob", "ann"}), Code::kMalformed);
  EXPECT_EQ(ask_proofs({"ann", "ann"}), Code::kMalformed);
  EXPECT_EQ(ask_proofs({"no name"}), Code::kMalformed);
  EXPECT_EQ(ask_proofs(names(64)), Code::kOk);
  EXPECT_EQ(ask_proofs(names(65)), Code::kMalformed);
}

TEST(WireLog, LeavesAreAskedFromAnIndexOfTheDatabase) {
  EXPECT_EQ(ask_leaves(0), Code::kOk);
  EXPECT_EQ(ask_leaves(INT64_MAX), Code::kOk);
  EXPECT_EQ(ask_leaves(UINT64_MAX), Code::kMalformed);
}

TEST(WireLog, AHeadHasARootASignatureAndATime) {
  const auto growth = [](const v1::LogHead& h) {
    v1::ServerFrame f;
    f.set_request(1);
    *f.mutable_log_growth()->mutable_head() = h;
    return parse(f);
  };
  EXPECT_EQ(growth(head(0)), Code::kOk);
  EXPECT_EQ(growth(v1::LogHead()), Code::kMalformed);
  auto bad = head(1);
  bad.set_root(Bytes(31, 'r'));
  EXPECT_EQ(growth(bad), Code::kMalformed);
  bad = head(1);
  bad.set_signature(Bytes(65, 's'));
  EXPECT_EQ(growth(bad), Code::kMalformed);
  bad = head(1);
  bad.set_ms(-1);
  EXPECT_EQ(growth(bad), Code::kMalformed);
  EXPECT_EQ(growth(head(UINT64_MAX)), Code::kMalformed);
}

TEST(WireLog, PathsHaveABound) {
  v1::ServerFrame f;
  f.set_request(1);
  auto* m = f.mutable_log_growth();
  *m->mutable_head() = head(9);
  for (int i = 0; i < 16; ++i) m->add_paths();
  for (int i = 0; i < 64; ++i) m->mutable_paths(3)->add_hashes(Bytes(32, 'h'));
  EXPECT_EQ(parse(f), Code::kOk);
  m->mutable_paths(3)->add_hashes(Bytes(32, 'h'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  m->mutable_paths(3)->clear_hashes();
  m->mutable_paths(3)->add_hashes(Bytes(33, 'h'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  m->mutable_paths(3)->clear_hashes();
  m->add_paths();
  EXPECT_EQ(parse(f), Code::kMalformed) << "17 paths";
}

TEST(WireLog, ProofsAreOfNamesInOrderAndPlacesInTheTree) {
  EXPECT_EQ(parse(proofs({})), Code::kOk) << "nobody of those asked for has a leaf";
  EXPECT_EQ(parse(proofs({"ann", "bob"})), Code::kOk);
  EXPECT_EQ(parse(proofs({"bob", "ann"})), Code::kMalformed);
  EXPECT_EQ(parse(proofs({"ann", "ann"})), Code::kMalformed);
  EXPECT_EQ(parse(proofs({"ann"}, 8)), Code::kMalformed) << "behind the tree";
  EXPECT_EQ(parse(proofs(names(64))), Code::kOk);
  EXPECT_EQ(parse(proofs(names(65))), Code::kMalformed);
  auto gone = proofs({"ann"});
  gone.mutable_log_proofs()->mutable_proofs(0)->mutable_leaf()->clear_fpr();
  EXPECT_EQ(parse(gone), Code::kOk) << "a deleted account";
  gone.mutable_log_proofs()->mutable_proofs(0)->mutable_leaf()->set_fpr("short");
  EXPECT_EQ(parse(gone), Code::kMalformed);
}

TEST(WireLog, APageOfLeavesHasABoundAndFitsAFrame) {
  v1::ServerFrame f;
  f.set_request(UINT64_MAX);
  auto* m = f.mutable_log_leaves();
  *m->mutable_head() = head(INT64_MAX);
  auto longest = leaf(std::string(32, 'n'));
  longest.set_counter(INT64_MAX);
  longest.set_ms(INT64_MAX);
  for (size_t i = 0; i < wire::kMaxLogLeaves; ++i) *m->add_leaves() = longest;
  EXPECT_EQ(parse(f), Code::kOk);
  EXPECT_LT(f.ByteSizeLong(), wire::kMaxServerFrame / 2);
  *m->add_leaves() = longest;
  EXPECT_EQ(parse(f), Code::kMalformed);
  m->clear_leaves();
  *m->add_leaves() = leaf("ann");
  EXPECT_EQ(parse(f), Code::kOk);
  *m->mutable_head() = head(0);
  EXPECT_EQ(parse(f), Code::kMalformed) << "more leaves than the tree has";
  *m->mutable_head() = head(1);
  *m->mutable_leaves(0) = leaf("");
  EXPECT_EQ(parse(f), Code::kMalformed);
}

TEST(WireLog, ABrokerNamesAKeyOrNone) {
  const auto hello = [](size_t size) {
    v1::ServerFrame f;
    f.set_request(1);
    f.mutable_hello()->set_version(5);
    f.mutable_hello()->set_realm(Bytes(16, 'r'));
    f.mutable_hello()->set_log_key(Bytes(size, 'k'));
    return parse(f);
  };
  EXPECT_EQ(hello(0), Code::kOk);
  EXPECT_EQ(hello(32), Code::kOk);
  EXPECT_EQ(hello(31), Code::kMalformed);
}

}  // namespace
}  // namespace fastchat
