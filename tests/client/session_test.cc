// Whole client sessions against the real engines of a broker and two workers, in one process: the actions of users,
// seen from both ends, without a terminal and without PostgreSQL.
#include <sys/resource.h>

#include <csignal>

#include "tests/client/session_fixture.h"

namespace fastchat::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Files of this process grow no further: a full disk that needs no privilege. The destructor lifts the limit.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    FC_CHECK(getrlimit(RLIMIT_FSIZE, &before_) == 0 && std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    rlimit less = before_;
    less.rlim_cur = bytes;
    FC_CHECK(setrlimit(RLIMIT_FSIZE, &less) == 0);
  }
  ~FullDisk() { FC_CHECK(setrlimit(RLIMIT_FSIZE, &before_) == 0); }

 private:
  rlimit before_{};
};

TEST_F(SessionTest, AMessageArrivesAndItsSenderHearsSo) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "hello") == MessageState::kDelivered; }));
  bob.session().mark_peer_read(PeerName("alice"));
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "hello") == MessageState::kRead; }));
  send(bob, "alice", "good day");
  ASSERT_TRUE(becomes(alice, "bob", {"alice: hello", "bob: good day"}));
}

TEST_F(SessionTest, NobodyOfThatNameIsARefusalAndNothingIsLeft) {
  Device& alice = signed_up("alice");
  std::optional<Result<SentMessage>> sent;
  alice.session().send(PeerName("nobody"), "hello", {}, [&](const Result<SentMessage>& r) { sent = r; });
  ASSERT_TRUE(until([&] { return sent.has_value(); }));
  EXPECT_EQ(sent->code(), Code::kUnknownUser);
  EXPECT_THAT(alice.sees("nobody"), IsEmpty());
  EXPECT_EQ(alice.session().unaccepted(), 0u);
}

TEST_F(SessionTest, AMessageWaitsForWhoIsAway) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  bob.kill();
  ASSERT_TRUE(until([&] { return realm().sessions() == 1; }));
  for (const char* text : {"one", "two", "three"}) send(alice, "bob", text);
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "three") == MessageState::kQueued; }));
  start_again(bob);
  ASSERT_TRUE(becomes(bob, "alice", {"alice: one", "alice: two", "alice: three"}));
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "three") == MessageState::kDelivered; }));
  EXPECT_EQ(bob.max_told(), 1);
}

TEST_F(SessionTest, TheSenderMayBeKilledOnceAMessageIsInTheOutbox) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(alice, "bob", "hello");  // on alice's disk
  alice.kill();
  start_again(alice);
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "hello") == MessageState::kDelivered; }));
  EXPECT_EQ(bob.max_told(), 1);
}

TEST_F(SessionTest, EveryDeviceHasTheWholeConversation) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(bob, "alice", "before the tablet");
  ASSERT_TRUE(becomes(alice, "bob", {"bob: before the tablet"}));
  Device& tablet = logged_in("alice");
  EXPECT_EQ(*tablet.session().setting(kNewDevice), "1") << "the screen says why it is empty";
  EXPECT_EQ(*alice.session().setting(kNewDevice), "");
  send(bob, "alice", "to both");
  ASSERT_TRUE(becomes(tablet, "bob", {"bob: to both"}));
  send(tablet, "bob", "from the tablet");
  ASSERT_TRUE(becomes(alice, "bob", {"bob: before the tablet", "bob: to both", "alice: from the tablet"}));
  ASSERT_TRUE(becomes(bob, "alice", {"bob: before the tablet", "bob: to both", "alice: from the tablet"}));
}

TEST_F(SessionTest, AnEditAndADeletionAreSeenAtBothEnds) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  for (const char* text : {"frist", "secret"}) send(alice, "bob", text);
  ASSERT_TRUE(becomes(bob, "alice", {"alice: frist", "alice: secret"}));
  const std::string first = alice.message("bob", "frist")->id, second = alice.message("bob", "secret")->id;
  EXPECT_TRUE(result_of([&](auto told) { alice.session().edit(first, "first", std::move(told)); }).ok());
  EXPECT_TRUE(result_of([&](auto told) { alice.session().erase(second, std::move(told)); }).ok());
  const std::vector<std::string> lines = {"alice: first", "alice: (deleted)"};
  EXPECT_TRUE(becomes(bob, "alice", lines));
  EXPECT_TRUE(becomes(alice, "bob", lines));
  EXPECT_EQ(result_of([&](auto told) { bob.session().edit(first, "mine", std::move(told)); }).code(),
            Code::kLocalUsage);
}

TEST_F(SessionTest, AGroupIsMadeRenamedAndLeft) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  Device& carol = signed_up("carol");
  ASSERT_TRUE(result_of([&](auto told) {
                alice.session().create_group("team", {"bob", "carol"}, std::move(told));
              }).ok());
  send(alice, "#team", "welcome");
  ASSERT_TRUE(becomes(bob, "#team", {"alice: welcome"}));
  ASSERT_TRUE(becomes(carol, "#team", {"alice: welcome"}));
  EXPECT_THAT(bob.group("team")->members, ElementsAre("alice", "bob", "carol"));

  ASSERT_TRUE(bob.session().set_setting("mute:#team", "on").ok());
  GroupEdit rename;
  rename.rename = "crew";
  ASSERT_TRUE(result_of([&](auto told) { alice.session().change_group("team", rename, std::move(told)); }).ok());
  ASSERT_TRUE(until([&] { return bob.group("crew").has_value() && bob.group("crew")->readable; }));
  EXPECT_EQ(*bob.session().setting("mute:#crew"), "on");
  send(bob, "#crew", "a good name");
  ASSERT_TRUE(becomes(carol, "#crew", {"alice: welcome", "bob: a good name"}));

  ASSERT_TRUE(result_of([&](auto told) { carol.session().leave_group("crew", std::move(told)); }).ok());
  ASSERT_TRUE(until([&] { return alice.group("crew")->members.size() == 2 && alice.group("crew")->readable; }));
  ASSERT_TRUE(until([&] { return bob.group("crew")->members.size() == 2 && bob.group("crew")->readable; }));
  send(bob, "#crew", "she is gone");
  ASSERT_TRUE(becomes(alice, "#crew", {"alice: welcome", "bob: a good name", "bob: she is gone"}));
  EXPECT_THAT(carol.sees("#crew"), ElementsAre("alice: welcome", "bob: a good name"));
}

TEST_F(SessionTest, ADeletedAccountLeavesItsGroupsAndItsProfileStaysReadable) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  ASSERT_TRUE(until([&] { return alice.live() && bob.live(); }));
  ASSERT_TRUE(result_of([&](auto told) { alice.session().create_group("team", {"bob"}, std::move(told)); }).ok());
  ASSERT_TRUE(result_of([&](auto told) { bob.session().create_group("ours", {"alice"}, std::move(told)); }).ok());
  ASSERT_TRUE(until([&] { return alice.group("ours").has_value() && alice.group("ours")->readable; }));
  ASSERT_TRUE(until([&] { return bob.group("team").has_value() && bob.group("team")->readable; }));
  send(bob, "alice", "stays with alice");
  ASSERT_TRUE(becomes(alice, "bob", {"bob: stays with alice"}));
  const auto remove = [&](const char* password) {
    return result_of(
        [&](auto told) { alice.session().delete_account(e2e::Secret::copy_of(password), std::move(told)); });
  };
  EXPECT_EQ(remove("not the password at all").code(), Code::kBadCredentials);
  EXPECT_EQ(bob.group("ours")->members.size(), 2u) << "no group was left";
  const Result<> refused = remove(kPassword);
  EXPECT_EQ(refused.code(), Code::kOwnsGroups);
  EXPECT_TRUE(refused.error().text.ends_with(": #team")) << refused.error().text;
  EXPECT_TRUE(alice.live());
  GroupEdit over;
  over.hand_over_to = "bob";
  ASSERT_TRUE(result_of([&](auto told) { alice.session().change_group("team", over, std::move(told)); }).ok());
  ASSERT_TRUE(until([&] { return bob.group("team")->admin_is_me && !alice.session().groups_busy(); }));
  const Result<> done = remove(kPassword);
  ASSERT_TRUE(done.ok()) << done.error().text;
  EXPECT_TRUE(alice.session().account_deleted());
  ASSERT_TRUE(until([&] { return bob.group("team")->members.size() == 1 && bob.group("ours")->members.size() == 1; }));
  send(bob, "alice", "after the end");
  ASSERT_TRUE(until([&] { return bob.state_of("alice", "after the end") == MessageState::kFailed; }));
  alice.kill();
  alice.start();
  EXPECT_TRUE(alice.session().account_deleted());
  EXPECT_THAT(alice.sees("bob"), ElementsAre("bob: stays with alice"));
  alice.session().start();
  ASSERT_TRUE(until([&] { return alice.session().connection().code == Code::kDeviceEnded; }));
  EXPECT_THAT(alice.session().connection().text, testing::HasSubstr("was deleted"));
  EXPECT_EQ(result_of([&](auto told) { alice.session().log_in(alice.account(), std::move(told)); }).code(),
            Code::kDeviceEnded);
}

TEST_F(SessionTest, ARemovedDeviceIsEndedAtOnce) {
  Device& alice = signed_up("alice");
  Device& tablet = logged_in("alice");
  std::optional<Result<std::vector<DeviceInfo>>> devices;
  alice.session().devices([&](const Result<std::vector<DeviceInfo>>& r) { devices = r; });
  ASSERT_TRUE(until([&] { return devices.has_value(); }));
  ASSERT_TRUE(devices->ok());
  std::string other;
  for (const DeviceInfo& d : **devices) other = d.this_one ? other : d.id;
  ASSERT_TRUE(result_of([&](auto told) { alice.session().remove_device(other, std::move(told)); }).ok());
  EXPECT_TRUE(until([&] { return tablet.session().connection().state == core::LinkState::kEnded; }));
  EXPECT_TRUE(alice.live());
}

// The client acknowledges no message that does not fit, so the server keeps it until there is room.
TEST_F(SessionTest, NothingIsLostOnAFullDisk) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  bob.kill();
  std::vector<std::string> lines;
  for (char c = 'a'; c < 'k'; ++c) {
    send(alice, "bob", std::string(12'000, c));
    lines.push_back("alice: " + std::string(12'000, c));
  }
  ASSERT_TRUE(until([&] { return alice.state_of("bob", std::string(12'000, 'j')) == MessageState::kQueued; }));
  alice.kill();
  {
    const FullDisk full(64 << 10);
    bob.start();
    bob.session().start();
    ASSERT_TRUE(until([&] { return bob.noticed(Notice::Kind::kDisk); }));
    EXPECT_LT(bob.sees("alice").size(), lines.size());
    bob.kill();
  }
  start_again(bob);
  EXPECT_TRUE(becomes(bob, "alice", lines));
  EXPECT_EQ(bob.max_told(), 1);
  start_again(alice);
  EXPECT_TRUE(until([&] { return alice.state_of("bob", std::string(12'000, 'j')) == MessageState::kDelivered; }));
}

// Both workers die in turn with the messages that they have in hand, while users write.
TEST_F(SessionTest, AWorkersDeathLosesNothingAndDoublesNothing) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  std::vector<std::string> lines;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string text = std::to_string(round) + "." + std::to_string(i);
      send(alice, "bob", text);
      lines.push_back("alice: " + text);
    }
    realm().kill_worker(static_cast<size_t>(round) % realm().workers());
  }
  ASSERT_TRUE(becomes(bob, "alice", lines));
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "3.4") == MessageState::kDelivered; }));
  EXPECT_EQ(bob.max_told(), 1);
  EXPECT_EQ(alice.session().unaccepted(), 0u);
}

// The server shows another key for a name. The client seals nothing for that key, and believes nothing under it, until
// the user accepts it.
TEST_F(SessionTest, AnotherKeyForAKnownNameIsRefusedUntilAccepted) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  bob.kill();
  auto& db = realm().db();
  const auto uid = db.uid_by_name.at("bob");
  db.users.at(uid).name = "bob-before";
  db.uid_by_name.erase("bob");
  db.uid_by_name["bob-before"] = uid;
  for (size_t i = 0; i < realm().workers(); ++i) realm().kill_worker(i);  // the workers have cached the old user
  Device& other = signed_up("bob");
  ASSERT_TRUE(until([&] { return alice.live(); }));
  send(other, "alice", "it is me");
  std::optional<Result<SentMessage>> sent;
  alice.session().send(PeerName("bob"), "really?", {}, [&](const Result<SentMessage>& r) { sent = r; });
  ASSERT_TRUE(until([&] { return sent.has_value(); }));
  EXPECT_EQ(sent->code(), Code::kLocalUntrustedKey);
  EXPECT_THAT(alice.sees("bob"), ElementsAre("alice: hello"));

  std::optional<Result<VerifyInfo>> info;
  alice.session().people().verify("bob", [&](const Result<VerifyInfo>& r) { info = r; });
  ASSERT_TRUE(until([&] { return info.has_value(); }));
  ASSERT_TRUE(info->ok());
  EXPECT_TRUE((*info)->changed);
  ASSERT_TRUE(alice.session().people().judge_key("bob", true).ok());
  send(alice, "bob", "good to see you");
  EXPECT_TRUE(until([&] {
    const auto seen = other.sees("alice");
    return !seen.empty() && seen.back() == "alice: good to see you";
  }));
}

// ---- strangers

TEST_F(SessionTest, AStrangersMessageIsARequestUntilItIsAnswered) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  ASSERT_TRUE(bob.session().people().set_strangers(Strangers::kAsk).ok());
  ASSERT_TRUE(until([&] { return bob.session().people().stored(); }));
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  EXPECT_TRUE(bob.noticed(Notice::Kind::kRequest));
  ASSERT_EQ(bob.session().people().requests()->size(), 1u);
  EXPECT_EQ(bob.session().people().requests()->front().text, "hello");
  bob.session().mark_peer_read(PeerName("alice"));
  ASSERT_TRUE(until([&] { return alice.state_of("bob", "hello") == MessageState::kQueued; }));
  ASSERT_TRUE(result_of([&](auto told) { bob.session().people().accept(PeerName("alice"), std::move(told)); }).ok());
  ASSERT_TRUE(until([&] { return bob.session().people().stored(); }));
  EXPECT_TRUE(bob.session().people().requests()->empty());
  send(alice, "bob", "thank you");
  EXPECT_TRUE(until([&] { return alice.state_of("bob", "thank you") == MessageState::kDelivered; }));
}

TEST_F(SessionTest, AnAnswerHoldsOnAllDevicesAndAgainstTheServersCopy) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  Device& other = logged_in("bob");
  ASSERT_TRUE(bob.session().people().set_strangers(Strangers::kAsk).ok());
  ASSERT_TRUE(until([&] { return other.session().people().strangers() == Strangers::kAsk; }));
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  ASSERT_TRUE(becomes(other, "alice", {"alice: hello"}));
  ASSERT_TRUE(result_of([&](auto told) { other.session().people().decline(PeerName("alice"), std::move(told)); }).ok());
  EXPECT_TRUE(until([&] { return bob.sees("alice").empty() && other.sees("alice").empty(); }));
  ASSERT_TRUE(result_of([&](auto told) { bob.session().people().block("alice", std::move(told)); }).ok());
  bob.kill();  // perhaps before the server has heard
  start_again(bob);
  ASSERT_TRUE(until([&] { return bob.session().people().stored(); }));
  const auto blocked = [](Device& d) {
    const auto all = d.session().people().contacts();
    return std::any_of(all.begin(), all.end(), [](const auto& c) { return c.user == "alice" && c.standing == 2; });
  };
  EXPECT_TRUE(blocked(bob));
  EXPECT_TRUE(until([&] { return blocked(other); }));
  send(alice, "bob", "again");
  EXPECT_TRUE(until([&] {
    const auto m = alice.message("bob", "again");
    return m && m->state == MessageState::kFailed && m->failure == Code::kRefused;
  }));
  EXPECT_TRUE(bob.sees("alice").empty());
}

// ---- the vault in parts

// Returns the users whose keys the device knows.
std::set<std::string> known(Device& d) {
  std::set<std::string> out;
  const auto status = d.session().status();
  for (const auto& contact : status->contacts) out.insert(contact.user);
  return out;
}

TEST_F(SessionTest, TwoDevicesThatWriteTheVaultAtOnceLoseNothingAndAThirdOneHasAll) {
  for (const char* user : {"bob", "carol", "dave", "erin"}) signed_up(user);
  Device& desk = signed_up("alice");
  Device& laptop = logged_in("alice");
  send(desk, "bob", "one");
  send(laptop, "carol", "two");
  send(desk, "dave", "three");
  send(laptop, "erin", "four");
  const std::set<std::string> all{"bob", "carol", "dave", "erin"};
  ASSERT_TRUE(until([&] { return known(desk) == all && known(laptop) == all; }));
  const int64_t uid = realm().db().uid_by_name.at("alice");
  const auto listed = [&] {
    const auto& parts = realm().db().vault_parts;
    return std::count_if(parts.begin(), parts.end(),
                         [&](const auto& part) { return part.first.first == uid && part.second.listed; });
  };
  EXPECT_GT(listed(), 0);
  Device& phone = logged_in("alice");
  EXPECT_EQ(known(phone), all);
}

TEST_F(SessionTest, PartsThatTheServerLostComeBackFromTheDeviceThatKnows) {
  signed_up("bob");
  Device& desk = signed_up("alice");
  send(desk, "bob", "one");
  const int64_t uid = realm().db().uid_by_name.at("alice");
  const auto whole = [&] {
    const auto& parts = realm().db().vault_parts;
    return std::any_of(parts.begin(), parts.end(),
                       [&](const auto& part) { return part.first.first == uid && part.second.listed; });
  };
  ASSERT_TRUE(until(whole));
  desk.kill();
  realm().db().vault_parts.clear();
  Device& laptop = logged_in("alice");
  EXPECT_TRUE(known(laptop).empty());
  EXPECT_TRUE(laptop.noticed(Notice::Kind::kInfo)) << "the person hears of it";
  start_again(desk);
  ASSERT_TRUE(until([&] { return known(laptop).contains("bob"); }));
  EXPECT_TRUE(known(desk).contains("bob"));
  EXPECT_TRUE(until(whole));
}

TEST_F(SessionTest, AChangeOfThePasswordLeavesThePartsAndOpensThemEverywhere) {
  signed_up("bob");
  Device& desk = signed_up("alice");
  send(desk, "bob", "one");
  const int64_t uid = realm().db().uid_by_name.at("alice");
  ASSERT_TRUE(until([&] { return realm().db().users.at(uid).vault_version > 1; }));
  const auto done = result_of([&](auto told) {
    desk.session().change_password(e2e::Secret::copy_of(kPassword), e2e::Secret::copy_of("walnut meadow gravel 77"),
                                   std::move(told));
  });
  ASSERT_TRUE(done.ok()) << done.error().text;
  ASSERT_TRUE(until([&] { return desk.live(); }));
  Device& laptop = device("alice");
  AccountArgs account = laptop.account();
  account.password = e2e::Secret::copy_of("walnut meadow gravel 77");
  const auto in = result_of([&](auto told) { laptop.session().log_in(std::move(account), std::move(told)); });
  ASSERT_TRUE(in.ok()) << in.error().text;
  ASSERT_TRUE(until([&] { return laptop.live(); }));
  EXPECT_TRUE(known(laptop).contains("bob"));
}

}  // namespace
}  // namespace fastchat::client
