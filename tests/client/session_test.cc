// Whole client sessions against the real engines of a broker and two workers, in one process: the actions of users,
// seen from both ends, without a terminal and without PostgreSQL. No test waits for a fixed time; each waits for its
// condition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/e2e/password_for_tests.h"
#include "client/runtime/loop_machine.h"
#include "client/session/people.h"
#include "client/session/session.h"
#include "common/check.h"
#include "common/clock.h"
#include "tests/support/realm.h"

namespace fastchat::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kPassword[] = "tulip harbour kestrel 4921";
constexpr int64_t kPatienceUs = 120'000'000;  // the limit of one wait, for a machine that stalls

// One device of a user: a loop, a session, and the events that it received.
class Device : public Listener {
 public:
  Device(std::string user, std::string folder, const InviteLine& invite)
      : user_(std::move(user)), folder_(std::move(folder)), invite_(invite) {
    start();
  }

  // Starts a session as a new process does on this folder.
  void start() {
    SessionOptions options;
    options.data_dir = folder_;
    options.invite = invite_;
    options.derive = [](std::string_view password, ByteView realm, std::string_view user) {
      return e2e::derive_password_with_memory_for_tests(password, realm, user, 8192);
    };
    loop_ = std::make_unique<Loop>();
    auto session = Session::open(std::make_unique<LoopMachine>(*loop_), std::move(options), *this);
    FC_CHECK(session.ok());
    session_ = std::move(*session);
  }
  // Ends the session as a killed process does: nothing is settled, nobody is told.
  void kill() {
    session_.reset();
    loop_.reset();
    state_ = core::LinkState::kOffline;
  }
  bool running() const { return session_ != nullptr; }
  void turn() { loop_->run_once(1'000); }

  Session& session() { return *session_; }
  const std::string& user() const { return user_; }
  AccountArgs account() const {
    AccountArgs args;
    args.user = user_;
    args.password = e2e::Secret::copy_of(kPassword);
    return args;
  }
  bool live() const { return running() && state_ == core::LinkState::kLive; }

  // Returns the conversation as the user sees it now, as "alice: hello".
  std::vector<std::string> sees(const std::string& peer) {
    std::vector<std::string> out;
    const auto rows = session_->history(PeerName(peer), 100);
    if (!rows.ok()) return out;  // a group that is not known yet
    for (const ChatMessage& m : *rows) {
      if (m.kind == MessageKind::kText) out.push_back(m.from + ": " + (m.deleted ? "(deleted)" : m.text));
    }
    return out;
  }
  std::optional<ChatMessage> message(const std::string& peer, const std::string& text) {
    const auto rows = session_->history(PeerName(peer), 100);
    FC_CHECK(rows.ok());
    for (const ChatMessage& m : *rows) {
      if (m.kind == MessageKind::kText && m.text == text) return m;
    }
    return std::nullopt;
  }
  MessageState state_of(const std::string& peer, const std::string& text) {
    const auto m = message(peer, text);
    return m ? m->state : MessageState::kFailed;
  }
  std::optional<GroupInfo> group(const std::string& name) {
    const auto groups = session_->groups();
    FC_CHECK(groups.ok());
    for (const GroupInfo& g : *groups) {
      if (g.name == name) return g;
    }
    return std::nullopt;
  }

  void on_connection(const ConnectionEvent& event) override { state_ = event.state; }
  void on_message(const ChatMessage& message) override { ++told_[message.id]; }
  void on_notice(const Notice& notice) override { notices_.push_back(notice.kind); }
  bool noticed(Notice::Kind kind) const { return std::find(notices_.begin(), notices_.end(), kind) != notices_.end(); }
  // Returns the largest number of reports of one message.
  int max_told() const {
    int most = 0;
    for (const auto& [id, count] : told_) {
      if (!id.empty()) most = std::max(most, count);
    }
    return most;
  }

 private:
  const std::string user_, folder_;
  const InviteLine invite_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Session> session_;
  core::LinkState state_ = core::LinkState::kOffline;
  std::map<std::string, int> told_;
  std::vector<Notice::Kind> notices_;
};

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

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() : realm_(2) {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-session-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
  }
  ~SessionTest() override {
    devices_.clear();
    std::filesystem::remove_all(root_);
  }

  // Runs turns of everything until `done`, which is checked after each. Returns false after kPatienceUs.
  [[nodiscard]] bool until(const std::function<bool()>& done) {
    const int64_t end = Clock::monotonic_us() + kPatienceUs;
    while (!done()) {
      if (Clock::monotonic_us() > end) return false;
      realm_.turn();
      for (const auto& device : devices_) {
        if (device->running()) device->turn();
      }
    }
    return true;
  }
  // Calls `begin` with a callback and waits until it was called.
  Result<> result_of(const std::function<void(Session::Done)>& begin) {
    std::optional<Result<>> result;
    begin([&result](const Result<>& r) { result = r; });
    if (!until([&] { return result.has_value(); })) return err(Code::kInternal, "no answer");
    return *result;
  }

  Device& device(const std::string& user) {
    const std::string folder = (root_ / ("device" + std::to_string(devices_.size()))).string();
    devices_.push_back(std::make_unique<Device>(user, folder, realm_.invite()));
    return *devices_.back();
  }
  Device& signed_up(const std::string& user) {
    Device& d = device(user);
    const auto done = result_of([&](auto told) { d.session().sign_up(d.account(), std::move(told)); });
    EXPECT_TRUE(done.ok()) << done.error().text;
    EXPECT_TRUE(until([&] { return d.live(); }));
    return d;
  }
  Device& logged_in(const std::string& user) {
    Device& d = device(user);
    const auto done = result_of([&](auto told) { d.session().log_in(d.account(), std::move(told)); });
    EXPECT_TRUE(done.ok()) << done.error().text;
    EXPECT_TRUE(until([&] { return d.live(); }));
    return d;
  }
  void start_again(Device& d) {
    d.start();
    EXPECT_TRUE(d.session().unlocked());
    d.session().start();
    EXPECT_TRUE(until([&] { return d.live(); }));
  }
  void send(Device& from, const std::string& to, const std::string& text) {
    std::optional<Result<SentMessage>> sent;
    from.session().send(PeerName(to), text, {}, [&](const Result<SentMessage>& r) { sent = r; });
    ASSERT_TRUE(until([&] { return sent.has_value(); }));
    ASSERT_TRUE(sent->ok()) << sent->error().text;
  }
  [[nodiscard]] bool becomes(Device& d, const std::string& peer, const std::vector<std::string>& lines) {
    const bool as_wanted = until([&] { return d.sees(peer) == lines; });
    EXPECT_EQ(d.sees(peer), lines);
    return as_wanted;
  }

  test::Realm& realm() { return realm_; }

 private:
  test::Realm realm_;
  std::filesystem::path root_;
  std::vector<std::unique_ptr<Device>> devices_;
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
