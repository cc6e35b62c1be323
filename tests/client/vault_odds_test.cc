// The vault in parts against the odds: a full vault, servers of before, and what a server that lost parts may not
// cause.
#include "tests/client/parts_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::HasSubstr;
namespace pb = v1::content;
class VaultOddsTest : public PartsFixture {};

TEST_F(VaultOddsTest, ANewDeviceLooksOnceMoreAfterItsPartsCame) {
  make({"bob"});
  forget();
  start();
  ASSERT_TRUE(log_in_now(true, true).ok());
  EXPECT_NE(pins_->get("bob"), nullptr);
  EXPECT_FALSE(keeper_->is_newest()) << "another device may have stored a vault meanwhile";
  keeper_->turn(now_ += 10'000, false);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_TRUE(asked_[0].first.has_get_vault());
  serve();
  EXPECT_TRUE(keeper_->is_newest());
}

TEST_F(VaultOddsTest, ValuesOfOnePlaceThatAPartCannotHoldKeepNothingElseOut) {
  for (int i = 0; i < 6; ++i) {
    pb::VaultGroup& group = *groups_.Add();
    group.set_state(Bytes(100, 's'));  // one place in the tree
    group.set_previous_state(Bytes(60 << 10, static_cast<char>('a' + i)));
    group.set_signer_fpr(Bytes(32, 'f'));
  }
  make({"bob"});
  EXPECT_EQ(head().parts_size(), 2);
  start();
  ASSERT_TRUE(log_in_now().ok());
  serve();
  EXPECT_EQ(server_.version, 2u) << "what has no room is no reason to store";
}

TEST_F(VaultOddsTest, ContentThatAServerHasNoRoomForIsNoReasonToStore) {
  server_.most = 13 << 20;
  for (int i = 0; i < 150; ++i) {
    pb::VaultGroup& group = *groups_.Add();
    group.set_state(std::to_string(i) + Bytes(100, 's'));
    group.set_previous_state(Bytes(100 << 10, 'p'));
    group.set_signer_fpr(Bytes(32, 'f'));
  }
  make({"bob"});
  EXPECT_EQ(told_.size(), 1u);
  for (int again = 0; again < 2; ++again) {
    start();
    ASSERT_TRUE(log_in_now().ok());
    serve();
    EXPECT_EQ(server_.version, 2u);
    EXPECT_FALSE(pins_->dirty());
    end();
  }
}

TEST_F(VaultOddsTest, APartThatWasPlannedAndDroppedIsSealedAnew) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  groups_.Add()->set_signer_fpr(Bytes(32, 'f'));
  for (const char c : {'a', 'b', 'a'}) {
    groups_.Mutable(0)->set_state(Bytes(100, c));
    pins_->set_dirty();
    server_.refuses_parts = Code::kBusy;
    keeper_->turn(now_ += 10'000, false);
    ASSERT_EQ(asked_.size(), 1u) << c;
    auto [frame, answer] = std::move(asked_.front());
    asked_.clear();
    answer(server_.answer(frame).error());
    keeper_->turn(now_ += 1, false);  // learns the time
  }
  serve();
  EXPECT_EQ(server_.version, 3u);
  EXPECT_EQ(head().parts_size(), 2);
}

TEST_F(VaultOddsTest, AWorkerOfBeforeIsNotAskedForParts) {
  make({"bob"});
  const PartsServer present = server_;
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");
  serve();
  end();
  const PartsServer newer = std::exchange(server_, present);
  forget();
  start();
  ASSERT_TRUE(log_in_now().ok());
  server_ = newer;
  worker_version_ = 4;
  keeper_->on_version(server_.version);
  keeper_->turn(now_ += 10'000, false);
  ASSERT_EQ(asked_.size(), 1u);
  Result<v1::ServerFrame> vault = server_.answer(asked_[0].first);
  std::exchange(asked_, {})[0].second(&*vault);
  EXPECT_TRUE(asked_.empty()) << "it closes the session after a frame that it does not know";
  ASSERT_EQ(keeper_->take_broken().value().code, Code::kUnsupportedVersion);
  // The broker is older, too.
  end();
  start();
  broker_version_ = 4;
  ASSERT_TRUE(log_in_now(false).ok());
  EXPECT_TRUE(keeper_->wanted_parts().empty());
  keeper_->turn(now_ += 10'000, false);
  EXPECT_TRUE(asked_.empty()) << "and does not log in for ever";
}

TEST_F(VaultOddsTest, ADeviceThatABrokerOfBeforeGivesNoPartsGoesOnWithItsVault) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  e2e::VaultPart part;
  pb::VaultCard& card = *part.add_cards();
  card.set_hash(Bytes(32, 'c'));
  card.set_until_ms(1);
  auto sealed = e2e::seal_vault_part("alice", pb::VAULT_CARDS, 1, part).value();
  e2e::VaultHead next = head();
  next.set_version(3);
  *next.add_parts() = sealed.entry;
  server_.parts[sealed.entry.hash()] = sealed.box;
  server_.head = e2e::seal_vault_head(vault_key(), "alice", next).value();
  server_.version = 3;
  end();
  start();
  broker_version_ = 4;
  ASSERT_TRUE(log_in_now(false).ok());
  ASSERT_TRUE(keeper_->wanted_parts().empty());
  EXPECT_EQ(keeper_->next_vault().code(), Code::kNotAllowed);
  EXPECT_FALSE(keeper_->is_newest());
  learn("carol");
  worker_version_ = 4;
  keeper_->turn(now_ += 10'000, false);
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(keeper_->settled(true));
  worker_version_ = 5;
  serve();
  EXPECT_EQ(server_.version, 4u);
  EXPECT_EQ(head().parts_size(), 2) << "nothing of the newer vault is gone";
  EXPECT_TRUE(keeper_->is_newest());
  EXPECT_TRUE(keeper_->next_vault().ok());
}

TEST_F(VaultOddsTest, ALostPartOfDecisionsWaitsForTheServersCopyOfThem) {
  make({"bob"});
  e2e::VaultHead next = head();
  e2e::VaultPartEntry& entry = *next.add_parts();
  entry.set_kind(pb::VAULT_CONTACTS);
  entry.set_bucket(1);
  entry.set_hash(Bytes(32, 'h'));
  entry.set_key(Bytes(32, 'k'));
  next.set_version(3);
  server_.head = e2e::seal_vault_head(vault_key(), "alice", next).value();
  server_.version = 3;
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_TRUE(lacks_contacts_);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_THAT(told_[0], HasSubstr("whom you accepted and blocked"));
  serve();
  EXPECT_EQ(server_.version, 3u) << "a vault without the decisions would have other devices take them back";
  waits_ = false;
  serve();
  EXPECT_EQ(server_.version, 4u);
}

TEST_F(VaultOddsTest, ALostLinkOpensNoPartsAgain) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");
  const int before = merged_;
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(merged_, before);
  serve();
  EXPECT_EQ(server_.version, 3u) << "carol is not forgotten";
}

}  // namespace
}  // namespace fastchat::client
