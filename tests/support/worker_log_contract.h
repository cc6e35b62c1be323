// The contract of every worker::Store about the log of keys, as one GoogleTest suite. Include this header in one source
// file of a test program, because it defines the tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/store.h"
#include "common/wire.h"
#include "tests/common/frame_codes.h"
#include "tests/support/key_log.h"
#include "worker/core/store.h"

namespace fastchat::test {

// A broker's store with the log's key, and a worker's store, on one empty database.
class LogReadsUnderTest {
 public:
  virtual ~LogReadsUnderTest() = default;
  virtual broker::Store& broker() = 0;
  virtual worker::Store& reader() = 0;
  // Makes users "user-1" to "user-N", without leaves.
  virtual void add_users(int n) = 0;
  // Takes the hash of a complete subtree away.
  virtual void damage(merkle::Place place) = 0;
};

using LogReadsMaker = std::function<std::unique_ptr<LogReadsUnderTest>()>;

class WorkerLogContract : public testing::TestWithParam<LogReadsMaker> {
 protected:
  void SetUp() override { under_ = GetParam()(); }

  void begin() {
    ASSERT_TRUE(under_->broker().claim_log().ok());
    ASSERT_TRUE(under_->broker().catch_up_log().ok());
  }
  void sign_up(const std::string& name) {
    EXPECT_TRUE(under_->broker().sign_up({name, "spki", "blob", "vault", Bytes(32, 'a'), {}}).ok());
  }
  worker::LogRead ask(worker::StoreRequest request) {
    auto out = std::get<worker::LogRead>(under_->reader().run(std::move(request)));
    EXPECT_EQ(out.session, 7u);
    EXPECT_EQ(out.request, 8u);
    if (out.code == Code::kOk) {
      v1::ServerFrame frame = out.answer;
      frame.set_request(8);
      EXPECT_EQ(parse(frame), Code::kOk) << "the client's parser takes the answer";
    }
    return out;
  }
  static LogHead head_of(const v1::LogHead& h) {
    LogHead head{h.size(), h.root(), h.ms(), h.signature()};
    EXPECT_TRUE(verify_log_head(log_signer().public_key(), kLogRealm, head));
    return head;
  }
  LogHead head() { return head_of(ask(worker::ReadLogHead{7, 8, {}}).answer.log_growth().head()); }
  static merkle::Path path_of(const v1::LogPath& p) { return {p.hashes().begin(), p.hashes().end()}; }
  // Fails unless every leaf of a page, and the proof of the newest leaf of each of `users`, verify.
  void expect_proven(const std::vector<std::string>& users) {
    const auto read = ask(worker::ReadLogProofs{7, 8, users});
    ASSERT_EQ(read.code, Code::kOk);
    const LogHead head = head_of(read.answer.log_proofs().head());
    for (const auto& p : read.answer.log_proofs().proofs()) {
      const auto& leaf = p.leaf();
      EXPECT_TRUE(merkle::verify_inclusion(merkle::key_leaf_hash(leaf.user(), leaf.fpr(), leaf.counter(), leaf.ms()),
                                           p.index(), head.size, path_of(p.path()), head.root))
          << leaf.user();
    }
  }

  std::unique_ptr<LogReadsUnderTest> under_;
};

TEST_P(WorkerLogContract, WithoutALogNothingIsRead) {
  EXPECT_EQ(ask(worker::ReadLogHead{7, 8, {0}}).code, Code::kNotAllowed);
  EXPECT_EQ(ask(worker::ReadLogProofs{7, 8, {"alice"}}).code, Code::kNotAllowed);
  EXPECT_EQ(ask(worker::ReadLogLeaves{7, 8, 0}).code, Code::kNotAllowed);
}

TEST_P(WorkerLogContract, AnEmptyLogHasASignedHeadAndNothingElse) {
  begin();
  const auto growth = ask(worker::ReadLogHead{7, 8, {0, 1}});
  EXPECT_EQ(head_of(growth.answer.log_growth().head()).size, 0u);
  EXPECT_EQ(growth.answer.log_growth().paths_size(), 2);
  EXPECT_EQ(ask(worker::ReadLogProofs{7, 8, {"alice"}}).answer.log_proofs().proofs_size(), 0);
  EXPECT_EQ(ask(worker::ReadLogLeaves{7, 8, 0}).answer.log_leaves().leaves_size(), 0);
}

TEST_P(WorkerLogContract, EveryHeadContinuesEveryEarlierOne) {
  begin();
  std::vector<LogHead> heads{head()};
  for (int i = 0; i < 40; ++i) {
    sign_up("user-" + std::to_string(i));
    for (size_t first = 0; first <= heads.size(); first += wire::kMaxLogSizes) {
      worker::ReadLogHead request{7, 8, {}};
      for (size_t m = first; m < std::min(first + wire::kMaxLogSizes, heads.size() + 1); ++m) request.from.push_back(m);
      const auto read = ask(request);
      const auto& growth = read.answer.log_growth();
      const LogHead now = head_of(growth.head());
      ASSERT_EQ(now.size, heads.size());
      ASSERT_EQ(static_cast<size_t>(growth.paths_size()), request.from.size());
      for (size_t k = 0; k < request.from.size(); ++k) {
        const LogHead& before = request.from[k] == heads.size() ? now : heads[request.from[k]];
        EXPECT_TRUE(merkle::verify_consistency(before.size, before.root, now.size, now.root,
                                               path_of(growth.paths(static_cast<int>(k)))))
            << before.size << " to " << now.size;
      }
    }
    heads.push_back(head());
  }
}

TEST_P(WorkerLogContract, ASizeBehindTheHeadHasAnEmptyPath) {
  begin();
  sign_up("alice");
  sign_up("bob");
  const auto read = ask(worker::ReadLogHead{7, 8, {0, 2, 3, INT64_MAX, 1}});
  const auto& paths = read.answer.log_growth().paths();
  ASSERT_EQ(paths.size(), 5);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(paths[i].hashes_size(), 0) << i;
  EXPECT_EQ(paths[4].hashes_size(), 1);
}

TEST_P(WorkerLogContract, EachUserIsProvenByTheNewestLeafInBytewiseOrder) {
  begin();
  const std::vector<std::string> names{"a-z", "a0z", "a_z", "aaz", "az-", "az_"};  // another order in most languages
  for (const auto& name : names) sign_up(name);
  const auto read = ask(worker::ReadLogProofs{7, 8, {"a-z", "a0z", "a_a", "a_z", "aaz", "az-", "az_", "zoe"}});
  std::vector<std::string> found;
  for (const auto& proof : read.answer.log_proofs().proofs()) {
    found.push_back(proof.leaf().user());
    EXPECT_EQ(proof.leaf().fpr(), log_signer().fingerprint({proof.leaf().user(), "spki", 0}));
  }
  EXPECT_EQ(found, names) << "nobody has the names a_a and zoe";
  expect_proven(names);
  const int64_t uid = under_->broker().login_row("aaz", Bytes(16, 'd'))->uid;
  ASSERT_EQ(under_->broker().log_in_device({uid, Bytes(16, 'd'), "", Bytes(32, 'a')})->code, Code::kOk);
  broker::NewPassword change{uid, Bytes(16, 'd'), Bytes(32, 'a'), Bytes(32, 'a'), "other", "vault", 2};
  change.key = {"another key", {"change"}, 1};
  ASSERT_EQ(under_->broker().change_password(change)->code, Code::kOk);
  const auto after = ask(worker::ReadLogProofs{7, 8, {"aaz"}});
  ASSERT_EQ(after.answer.log_proofs().proofs_size(), 1);
  EXPECT_EQ(after.answer.log_proofs().proofs(0).index(), 6u);
  EXPECT_EQ(after.answer.log_proofs().proofs(0).leaf().counter(), 1u);
  ASSERT_EQ(under_->broker().delete_user({uid, Bytes(16, 'd'), Bytes(32, 'a')})->code, Code::kOk);
  const auto gone = ask(worker::ReadLogProofs{7, 8, {"aaz"}});
  EXPECT_EQ(gone.answer.log_proofs().proofs(0).leaf().fpr(), "");
  EXPECT_EQ(gone.answer.log_proofs().proofs(0).leaf().counter(), 2u);
  expect_proven(names);
}

TEST_P(WorkerLogContract, AllLeavesComeInPagesAndMakeTheRoot) {
  constexpr int kUsers = static_cast<int>(wire::kMaxLogLeaves) + 100;
  under_->add_users(kUsers);
  begin();
  merkle::Frontier tree;
  for (const size_t expected : {wire::kMaxLogLeaves, size_t{100}, size_t{0}}) {
    const auto read = ask(worker::ReadLogLeaves{7, 8, tree.size()});
    ASSERT_EQ(read.code, Code::kOk);
    const auto& page = read.answer.log_leaves();
    EXPECT_EQ(page.head().size(), static_cast<uint64_t>(kUsers));
    ASSERT_EQ(static_cast<size_t>(page.leaves_size()), expected);
    EXPECT_LT(read.answer.ByteSizeLong(), wire::kMaxServerFrame / 2);
    for (const auto& l : page.leaves()) tree.append(merkle::key_leaf_hash(l.user(), l.fpr(), l.counter(), l.ms()));
  }
  EXPECT_EQ(tree.root(), head().root);
  EXPECT_EQ(ask(worker::ReadLogLeaves{7, 8, INT64_MAX}).answer.log_leaves().leaves_size(), 0);
  std::vector<std::string> most;
  for (int i = 0; i < 64; ++i) most.push_back("user-" + std::to_string(1'000 + i));
  expect_proven(most);
}

TEST_P(WorkerLogContract, ATreeWithAPartMissingIsNoAnswer) {
  begin();
  for (const auto* name : {"alice", "bob", "carol", "dora"}) sign_up(name);
  under_->damage({1, 1});
  EXPECT_EQ(ask(worker::ReadLogProofs{7, 8, {"alice"}}).code, Code::kInternal);
  EXPECT_EQ(ask(worker::ReadLogHead{7, 8, {2}}).code, Code::kInternal);
  expect_proven({"dora"});
}

}  // namespace fastchat::test
