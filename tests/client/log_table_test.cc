// The tables of the log of keys: the migration of an earlier profile, and all values of each row.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "client/store/schema.h"
#include "client/store/store.h"

namespace fastchat::store {
namespace {

Bytes id(char c, size_t n) {
  return Bytes(n, c);
}

class LogTableTest : public ::testing::Test {
 protected:
  LogTableTest() {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-log-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    reopen();
  }
  ~LogTableTest() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  void reopen() {
    store_.reset();
    auto store = Store::open(root_.string());
    FC_CHECK(store.ok());
    store_ = std::move(*store);
  }

  std::filesystem::path root_;
  std::unique_ptr<Store> store_;
};

TEST_F(LogTableTest, AnEarlierProfileKnowsNoLogOfKeysAndGetsTheTables) {
  ASSERT_TRUE(store_->pins().put({"bob", id('f', 32), id('k', 422), 1, 5, 0, {}, {}}).ok());
  const std::string go_back =
      "DROP TABLE log_state; DROP TABLE log_read; DROP TABLE log_proven; DROP TABLE log_heads; DROP TABLE log_gossip; "
      "DROP TABLE log_alarms; DROP TABLE log_unproven; DROP TABLE vault_parts; PRAGMA user_version = " +
      std::to_string(std::size(kMigrations) - 2);
  ASSERT_TRUE(store_->sql().script(go_back.c_str()).ok());
  reopen();
  EXPECT_EQ(store_->pins().all()->size(), 1u);
  EXPECT_EQ(store_->pins().log().state()->key, "");
  EXPECT_EQ(store_->pins().log().state()->head.signature, "");
  EXPECT_FALSE(store_->pins().log().read()->known);
  EXPECT_TRUE(store_->pins().log().proven()->empty());
}

// Claims of others must not push out what two signatures prove.
TEST_F(LogTableTest, DropsUnsignedAlarmsFirst) {
  LogTable& log = store_->pins().log();
  ASSERT_TRUE(store_->begin().ok());
  LogAlarmRow proof;
  proof.subject = id('p', 32);
  proof.text = "proof";
  proof.key = id('k', 32);
  proof.held = {7, id('r', 32), 1'000, id('s', 64)};
  proof.shown = {7, id('q', 32), 1'000, id('t', 64)};
  ASSERT_TRUE(log.add_alarm(proof).value());
  LogAlarmRow claim = proof;
  claim.key.clear();
  for (int i = 0; i < 1'005; ++i) {
    claim.subject = "claim" + std::to_string(i);
    ASSERT_TRUE(log.add_alarm(claim).value());
  }
  ASSERT_TRUE(store_->commit().ok());
  const auto kept = log.alarms().value();
  ASSERT_EQ(kept.size(), 1'000u);
  EXPECT_EQ(kept.front().text, "proof");
  EXPECT_EQ(kept.front().subject, proof.subject);
  EXPECT_EQ(kept.back().subject, "claim1004");
}

TEST_F(LogTableTest, KeepsTheLogOfKeys) {
  LogTable& log = store_->pins().log();
  const LogHead one{7, id('r', 32), 1'000, id('s', 64)}, two{9, id('q', 32), 2'000, id('t', 64)};
  ASSERT_TRUE(store_->begin().ok());
  ASSERT_TRUE(log.put_state({id('k', 32), one, 5}).ok());
  ASSERT_TRUE(log.put_read({6, true, id('h', 64), two, 3, 4, 5}).ok());
  ASSERT_TRUE(log.put_proven("bob", id('f', 32)).ok());
  ASSERT_TRUE(log.put_unproven_since(12).ok());
  ASSERT_TRUE(log.put_head({ConversationId::direct("bob"), "bob", two, 8}).ok());
  ASSERT_TRUE(log.put_gossip(ConversationId::direct("bob"), {9, true}).ok());
  LogAlarmRow alarm;
  alarm.at_ms = 11;
  alarm.subject = id('u', 32);
  alarm.peer = ConversationId::direct("bob");
  alarm.text = "alarm";
  alarm.key = id('k', 32);
  alarm.held = one;
  alarm.shown = two;
  EXPECT_TRUE(log.add_alarm(alarm).value());
  EXPECT_FALSE(log.add_alarm(alarm).value()) << "told before";
  ASSERT_TRUE(store_->commit().ok());
  reopen();
  LogTable& again = store_->pins().log();
  EXPECT_EQ(again.state()->key, id('k', 32));
  EXPECT_EQ(again.state()->head, one);
  EXPECT_EQ(again.state()->missing_since, 5);
  const LogReadRow read = again.read().value();
  EXPECT_TRUE(read.size == 6 && read.known && read.hashes == id('h', 64) && read.target == two && read.day_ms == 3 &&
              read.pages == 4 && read.stuck_since == 5);
  EXPECT_EQ(again.proven()->at("bob"), id('f', 32));
  EXPECT_EQ(again.unproven_since().value(), 12);
  ASSERT_EQ(again.heads()->size(), 1u);
  EXPECT_EQ(again.heads()->front().head, two);
  EXPECT_EQ(again.heads()->front().since_ms, 8);
  EXPECT_EQ(again.gossip(ConversationId::direct("bob"))->sent_ms, 9);
  EXPECT_TRUE(again.gossip(ConversationId::direct("bob"))->heard);
  ASSERT_EQ(again.alarms()->size(), 1u);
  EXPECT_EQ(again.alarms()->front().text, "alarm");
  EXPECT_EQ(again.alarms()->front().held, one);
  EXPECT_EQ(again.alarms()->front().shown, two);
  ASSERT_TRUE(again.drop_head(ConversationId::direct("bob"), "bob").ok());
  EXPECT_TRUE(again.heads()->empty());
}

}  // namespace
}  // namespace fastchat::store
