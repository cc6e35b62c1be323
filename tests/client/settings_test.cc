// Settings: sealed, joined to the turn, and kept for a group that is renamed.
#include "client/groups/settings.h"

#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

class SettingsTest : public ProfileFixture {
 protected:
  SettingsTest() {
    log_in();
    name_group("team");
  }
  ~SettingsTest() override { store_.reset(); }
  void name_group(const std::string& name) { groups_.restore(kTeam, name, Membership::kMember, {}); }
  std::string get(const std::string& name) { return *settings_.get(name); }

  const Bytes kTeam = Bytes(32, 't');
  Loop loop_;
  LoopMachine machine_{loop_};
  Turn turn_{machine_, *store_, [](const Error&) {}};
  GroupBook groups_;
  Settings settings_{turn_, store_->settings(), *account_, groups_};
};

TEST_F(SettingsTest, AreKeptUntilTheyAreEmptied) {
  EXPECT_EQ(get("draft:bob"), "");
  EXPECT_FALSE(*settings_.has("draft:bob"));
  ASSERT_TRUE(settings_.put("draft:bob", "hel").ok());
  ASSERT_TRUE(settings_.put("draft:bob", "hello").ok());
  EXPECT_EQ(get("draft:bob"), "hello");
  EXPECT_TRUE(*settings_.has("draft:bob"));
  ASSERT_TRUE(settings_.put("draft:bob", "").ok());
  EXPECT_EQ(get("draft:bob"), "");
  EXPECT_FALSE(*settings_.has("draft:bob"));
}

TEST_F(SettingsTest, BelongToTheTurn) {
  ASSERT_TRUE(settings_.put("dnd", "1").ok());
  turn_.run();
  ASSERT_TRUE(settings_.put("dnd", "").ok());
  turn_.check(Result<>(err(Code::kLocalDisk, "full")));
  turn_.run();
  EXPECT_EQ(get("dnd"), "1");
}

TEST_F(SettingsTest, OfAGroupOutliveItsName) {
  ASSERT_TRUE(settings_.put("mute:#team", "1").ok());
  name_group("crew");
  EXPECT_EQ(get("mute:#crew"), "1");
  EXPECT_EQ(get("mute:#team"), "");
  ASSERT_TRUE(settings_.put("mute:#crew", "").ok());
  name_group("team");
  EXPECT_EQ(get("mute:#team"), "");
}

// Earlier versions stored settings under the name that users see.
TEST_F(SettingsTest, OfAnEarlierVersionAreRead) {
  begin();
  const Bytes box = account_->box().seal(LocalPlace::setting("mute:#team"), "old");
  ASSERT_TRUE(store_->settings().put("mute:#team", box).ok());
  EXPECT_EQ(get("mute:#team"), "old");
  ASSERT_TRUE(settings_.put("mute:#team", "new").ok());
  EXPECT_EQ(get("mute:#team"), "new");
  ASSERT_TRUE(settings_.put("mute:#team", "").ok());
  EXPECT_EQ(get("mute:#team"), "") << "the old one is gone, too";
}

TEST_F(SettingsTest, ALockedProfileSaysSo) {
  ASSERT_TRUE(settings_.put("dnd", "1").ok());
  commit();
  ASSERT_TRUE(account_->log_out().ok());
  EXPECT_EQ(settings_.get("dnd").code(), Code::kLocalUsage);
  EXPECT_EQ(settings_.put("dnd", "").code(), Code::kLocalUsage);
  EXPECT_TRUE(*settings_.has("dnd"));
}

}  // namespace
}  // namespace fastchat::client
