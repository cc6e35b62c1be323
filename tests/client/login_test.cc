// The rooms of a login against a broker that the test plays: tries, lost answers, turns that the disk refuses, and a
// change of the password at each of its steps.
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/rekey.h"
#include "client/login/login_rooms.h"
#include "tests/client/core_harness.h"
#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kNext = "the next one is long";

// A process with this profile: its rooms, and the engine's ports as a session has them.
class Process final : public core::World, public TurnPart {
 public:
  Process(store::Store& store, Account& account, StoredPasswordChange& change, const LoginOptions& options)
      : turn_(machine_, store, [](const Error&) {}),
        server_(machine_, turn_),
        pins_(store.pins(), options.invite->realm),
        vault_(account, change, pins_,
               {[](e2e::VaultContent&) {}, [](const e2e::VaultContent&) -> Result<bool> { return false; }},
               store.streams(), store.account().vault_parts(),
               VaultServer{[](v1::ClientFrame&&, const Answer&) {}, [] { return 0; }}),
        logins_(turn_, server_, store, account, change, vault_, keys_, options,
                {[this](const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints) {
                   core::Config settings;
                   settings.realm = realm;
                   for (const std::string& endpoint : endpoints) settings.brokers.push_back({endpoint, broker_key});
                   server_.open(std::move(settings), *this);
                 },
                 [](bool) -> Result<> { return Unit{}; }, [] {}},
                [](const core::LinkStatus&) {}) {
    turn_.add(account);
    turn_.add(*this);
  }

  // Makes the keys that are asked for, and runs turns until nothing is left to do.
  void run() {
    do {
      make_keys();
      turn_.run();
    } while (keys_.busy());
  }
  void make_keys() {
    while (keys_.busy()) loop_.run_once(1'000);
  }
  int64_t now_ms() const { return turn_.now_ms(); }
  core::Engine& broker_side() { return server_.engine(); }

  void logged_in(const core::LoggedIn& in) override { logins_.login.logged_in(in); }
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override { server_.reply(request, answer); }
  void password_changed(uint64_t devices) override { logins_.login.password_changed(devices); }
  void link_changed(core::LinkState state, const core::LinkStatus& status) override {
    using State = core::LinkState;
    if (state == State::kEnded && logins_.login.retries(status)) return;
    if (state == State::kFetchingVault) logins_.parts.fetch();
    if (state == State::kOffline && state_ == State::kSigningUp) logins_.login.lost_while_signing_up();
    state_ = state;
    if (state == State::kEnded) resumes_ = logins_.login.resumes();
    if (state == State::kEnded) logins_.login.ended(err(status.code, status.text));
  }
  void rolled_back(const Error& error) override {
    if (server_.opened()) server_.engine().on_write_failed(now_ms(), error.text);
  }

  Loop loop_;
  LoopMachine machine_{loop_};
  Turn turn_;
  Server server_;
  KeyWorker keys_{machine_, [] { return tests::test_key(5); }};
  PinBook pins_;
  VaultKeeper vault_;
  LoginRooms logins_;
  core::LinkState state_ = core::LinkState::kEnded;
  bool resumes_ = false;  // with the last kEnded
};

class LoginTest : public ProfileFixture {
 protected:
  LoginTest() { restart(); }

  // The process is killed, and another one begins with what is on disk.
  void restart() {
    process_.reset();
    open();
    if (account_->remembered()) {
      ASSERT_TRUE(account_->unlock_from_disk().ok());
    }
    LoginOptions options;
    options.invite = InviteLine{"a", 1, Bytes(32, 'k'), realm()};
    options.device_name = "desk";
    options.derive = [](std::string_view password, ByteView in, std::string_view user) {
      return e2e::derive_password_with_memory_for_tests(password, in, user, 8192);
    };
    process_ = std::make_unique<Process>(*store_, *account_, *change_, options);
  }
  // Starts a process whose device has logged in once.
  void restart_with_profile() {
    log_in();
    restart();
  }
  LoginRooms& rooms() { return process_->logins_; }
  Login::Done tells() {
    return [this](const Result<>& r) { told_.push_back(r.code()); };
  }
  static AccountArgs args(const char* password) {
    AccountArgs out;
    out.user = "alice";
    out.password = e2e::Secret::copy_of(password);
    return out;
  }
  void types(const char* password) { rooms().login.log_in(args(password), tells()); }
  void change(const char* from, const char* to, bool new_key = false) {
    rooms().login.change_password(e2e::Secret::copy_of(from), e2e::Secret::copy_of(to), new_key, tells());
  }

  template <class F>
  void feed(uint64_t request, F&& fill) {
    v1::ServerFrame frame;
    frame.set_request(request);
    fill(frame);
    ASSERT_TRUE(process_->server_.opened());
    process_->broker_side().on_frame(process_->now_ms(), frame.SerializeAsString());
  }
  // Returns the frames sent since the last call.
  std::vector<v1::ClientFrame> frames() { return std::exchange(process_->sent, {}).cold; }
  // A link comes up and the broker greets; returns the frame that follows the client's hello.
  v1::ClientFrame greeted() {
    process_->run();
    frames();
    if (!process_->server_.opened()) {
      ADD_FAILURE() << "no server was chosen";
      return {};
    }
    process_->broker_side().on_link_up(process_->now_ms());
    feed(core::Link::kHelloId, [this](auto& f) {
      f.mutable_hello()->set_version(version_);
      f.mutable_hello()->set_realm(realm());
      f.mutable_hello()->set_registration(v1::OPEN);
    });
    std::vector<v1::ClientFrame> came = frames();
    if (came.size() == 2) return came[1];
    ADD_FAILURE() << came.size() << " frames after a hello";
    return {};
  }
  v1::LogIn log_in_frame() {
    v1::ClientFrame frame = greeted();
    EXPECT_TRUE(frame.has_log_in());
    return frame.log_in();
  }
  void refuse(Code code, uint64_t request = core::Link::kLogInId) {
    ASSERT_TRUE(process_->server_.opened());
    process_->broker_side().on_frame(process_->now_ms(), wire::error_frame(request, code, "said no", 0));
    process_->run();
  }
  // Answers the login as the broker; a login by secret gets no `blob`.
  void answers(const Bytes& blob, const Bytes& vault, uint64_t version) {
    feed(core::Link::kLogInId, [&](auto& f) {
      f.mutable_logged_in()->set_identity_blob(blob);
      f.mutable_logged_in()->set_vault(vault);
      f.mutable_logged_in()->set_vault_version(version);
    });
  }
  void answers(const core::LoggedIn& in) { answers(in.identity_blob, in.vault, in.vault_version); }
  // Proves the old password of the profile, and sends the change; returns it.
  v1::ChangePassword change_sent(bool new_key = false) {
    change("right", new_key ? "right" : kNext, new_key);
    EXPECT_EQ(log_in_frame().auth(), keys("right").auth.view());
    answers(answer());
    process_->run();
    feed(core::Link::kLogInId, [](auto& f) {
      f.mutable_assignment()->set_endpoint("tcp://worker:9");
      f.mutable_assignment()->set_key(Bytes(32, 'w'));
      f.mutable_assignment()->set_session_epoch(5);
      f.mutable_assignment()->set_worker("w1");
    });
    std::vector<v1::ClientFrame> came = frames();
    if (came.size() == 1 && came[0].has_change_password()) return came[0].change_password();
    ADD_FAILURE() << "no change was sent";
    return {};
  }
  // Makes the disk refuse this turn.
  void refuse_turn() {
    process_->turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full")));
    process_->run();
  }
  bool pending() { return change_->pending()->has_value(); }

  // Returns the fingerprint of alice with this key of the pool.
  static Bytes fpr_of(size_t key) {
    return e2e::fingerprint(realm(), "alice", tests::test_key(key).public_key().spki());
  }

  std::unique_ptr<Process> process_;
  std::vector<Code> told_;
  uint32_t version_ = 2;  // of the broker
};

// ---- a login by password

TEST_F(LoginTest, ALogInWhoseAnswerIsLostGoesOnWithTheDrawnSecret) {
  types("right");
  const v1::LogIn first = log_in_frame();
  EXPECT_EQ(first.auth(), keys("right").auth.view());
  restart();
  types("right");
  const v1::LogIn second = log_in_frame();
  EXPECT_EQ(second.device(), first.device()) << "no second device is left behind at the server";
  EXPECT_EQ(second.secret_hash(), first.secret_hash());
  EXPECT_THAT(told_, IsEmpty());
  answers(answer());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(account_->profile().device, first.device());

  restart();
  rooms().device.start();
  const v1::LogIn later = log_in_frame();
  EXPECT_TRUE(later.auth().empty());
  EXPECT_EQ(device_secret_hash(e2e::Secret::copy_of(later.secret())), first.secret_hash());
}

TEST_F(LoginTest, ARefusedPasswordIsTriedInItsOtherForm) {
  types("pa\xcc\x88sswort");
  EXPECT_EQ(log_in_frame().auth(), keys("pa\xcc\x88sswort").auth.view());
  refuse(Code::kBadCredentials);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(log_in_frame().auth(), keys("p\xc3\xa4sswort").auth.view());
  refuse(Code::kBadCredentials);
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials));
  EXPECT_FALSE(process_->server_.opened()) << "nothing binds the next try to this server";
  EXPECT_FALSE(account_->has_profile());
}

TEST_F(LoginTest, ARemovedDeviceGoesOnUnderAnotherId) {
  restart_with_profile();
  types("right");
  const v1::LogIn first = log_in_frame();
  refuse(Code::kDeviceEnded);
  const v1::LogIn second = log_in_frame();
  EXPECT_NE(second.device(), first.device());
  EXPECT_NE(second.secret_hash(), first.secret_hash());
  answers(answer());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(account_->profile().device, second.device());
}

TEST_F(LoginTest, ADeviceIsNamedThatGoes) {
  rooms().login.log_in_replacing(to_hex(Bytes(16, 'o')), tells());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalUsage)) << "nothing was refused yet";
  types("right");
  const v1::LogIn first = log_in_frame();
  refuse(Code::kTooManyDevices);
  EXPECT_THAT(told_, ElementsAre(Code::kLocalUsage, Code::kTooManyDevices));
  rooms().login.log_in_replacing(to_hex(Bytes(16, 'o')), tells());
  const v1::LogIn second = log_in_frame();
  EXPECT_EQ(second.replaces(), Bytes(16, 'o'));
  EXPECT_EQ(second.device(), first.device());
}

TEST_F(LoginTest, ASignUpWhoseAnswerIsLostIsALogIn) {
  rooms().sign_up.begin(args(kNext), tells());
  const v1::ClientFrame frame = greeted();
  ASSERT_TRUE(frame.has_sign_up());
  process_->broker_side().on_link_down(process_->now_ms(), core::LinkLoss::kClosed);
  process_->broker_side().tick(process_->now_ms() + 600'000);
  ASSERT_TRUE(greeted().has_sign_up());
  refuse(Code::kNameTaken, core::Link::kSignUpId);
  EXPECT_EQ(log_in_frame().auth(), keys(kNext).auth.view());
  answers(frame.sign_up().identity_blob(), frame.sign_up().vault(), 1);
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(account_->profile().user, "alice");
}

TEST_F(LoginTest, ANameThatSomebodyElseTookIsRefused) {
  rooms().sign_up.begin(args(kNext), tells());
  ASSERT_TRUE(greeted().has_sign_up());
  refuse(Code::kNameTaken, core::Link::kSignUpId);
  EXPECT_THAT(told_, ElementsAre(Code::kNameTaken));
}

// ---- turns that the disk refuses

TEST_F(LoginTest, ALogInThatIsNotOnDiskIsNotSent) {
  restart_with_profile();
  types("right");
  process_->make_keys();
  EXPECT_FALSE(account_->profile().next_secret.empty());
  refuse_turn();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
  EXPECT_FALSE(process_->server_.opened());
  EXPECT_TRUE(account_->profile().next_secret.empty());
  EXPECT_TRUE(account_->unlocked());
}

TEST_F(LoginTest, AnAnswerThatIsNotOnDiskLeavesTheProfileOfBefore) {
  restart_with_profile();
  const Bytes blob = account_->profile().identity_blob;
  types("changed elsewhere");
  log_in_frame();
  answers(answer("changed elsewhere", 'w', 2));
  EXPECT_NE(account_->profile().identity_blob, blob);
  refuse_turn();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
  EXPECT_EQ(account_->profile().identity_blob, blob);
  EXPECT_EQ(account_->profile().vault_version, 1u);
  ASSERT_TRUE(account_->unlocked());
  EXPECT_EQ(account_->secrets().vault_key.view(), vault_key('v').view());
  restart();
  EXPECT_EQ(account_->secrets().vault_key.view(), vault_key('v').view());
}

TEST_F(LoginTest, AFirstAnswerThatIsNotOnDiskMakesNoProfile) {
  types("right");
  log_in_frame();
  answers(answer());
  EXPECT_TRUE(account_->has_profile());
  refuse_turn();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
  EXPECT_FALSE(account_->has_profile());
  EXPECT_FALSE(account_->unlocked());
}

// ---- a change of the password

TEST_F(LoginTest, AChangeIsOnDiskBeforeItIsSent) {
  restart_with_profile();
  change("right", kNext);
  log_in_frame();
  answers(answer());
  EXPECT_TRUE(pending());
  refuse_turn();
  EXPECT_FALSE(pending());
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
}

TEST_F(LoginTest, AChangeThatTheServerMadeIsInTheProfile) {
  restart_with_profile();
  const v1::ChangePassword sent = change_sent();
  EXPECT_EQ(sent.verifier(), e2e::password_verifier(keys(kNext).auth));
  feed(core::Link::kChangeId, [](auto& f) { f.mutable_password_changed()->set_devices(3); });
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(rooms().changer.others_to_log_in(), 3u);
  EXPECT_FALSE(pending());
  EXPECT_EQ(account_->profile().identity_blob, sent.identity_blob());
}

TEST_F(LoginTest, AChangeWhoseAnswerWasLostIsFoundOutAtTheNextLogIn) {
  restart_with_profile();
  const v1::ChangePassword sent = change_sent();
  restart();
  EXPECT_TRUE(pending());
  rooms().device.start();
  EXPECT_FALSE(log_in_frame().secret().empty());
  answers({}, sent.vault(), sent.vault_version());
  process_->run();
  EXPECT_FALSE(pending());
  EXPECT_EQ(account_->profile().identity_blob, sent.identity_blob());
  EXPECT_EQ(account_->unlock_with(keys("right")).code(), Code::kBadCredentials);
  EXPECT_TRUE(account_->unlock_with(keys(kNext)).ok());
}

TEST_F(LoginTest, AChangeThatWasMadeIsNotMadeTwice) {
  restart_with_profile();
  const v1::ChangePassword sent = change_sent();
  restart();
  change("right", kNext);
  const v1::LogIn asks = log_in_frame();
  EXPECT_TRUE(asks.auth().empty()) << "the device's secret finds out first";
  answers({}, sent.vault(), sent.vault_version());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_FALSE(pending());
}

TEST_F(LoginTest, AChangeThatWasNotMadeIsMadeNow) {
  restart_with_profile();
  change_sent();
  restart();
  change("right", kNext);
  EXPECT_TRUE(log_in_frame().auth().empty());
  answers({}, answer().vault, 1);
  EXPECT_EQ(log_in_frame().auth(), keys("right").auth.view());
  EXPECT_THAT(told_, IsEmpty());
}

// ---- a change of the key

TEST_F(LoginTest, AChangeOfTheKeyIsSignedByTheOldKeyAndIsInTheProfile) {
  version_ = 3;
  restart_with_profile();
  const v1::ChangePassword sent = change_sent(true);
  EXPECT_EQ(sent.verifier(), e2e::password_verifier(keys("right").auth)) << "the password stays";
  EXPECT_EQ(sent.public_key(), tests::test_key(5).public_key().spki());
  ASSERT_EQ(sent.rekeys_size(), 1);
  EXPECT_EQ(sent.rekey(), 1u);
  const auto line = e2e::follow_rekeys(realm(), "alice", tests::test_key(0).public_key().spki(), {sent.rekeys(0)});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->back().fpr, fpr_of(5));
  EXPECT_EQ(account_->profile().fpr, fpr_of(0)) << "until the server answers";
  feed(core::Link::kChangeId, [](auto& f) { f.mutable_password_changed()->set_devices(1); });
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(account_->profile().fpr, fpr_of(5));
  EXPECT_EQ(account_->secrets().identity.keys().size(), 2u);
  const auto retired = account_->take_retired();
  ASSERT_EQ(retired.size(), 1u);
  EXPECT_EQ(retired[0].fpr, fpr_of(0));
  restart();
  EXPECT_EQ(account_->secrets().identity.fpr(), fpr_of(5)) << "from the key file";
  ASSERT_TRUE(account_->unlock_with(keys("right")).ok());
  EXPECT_EQ(account_->secrets().identity.keys().size(), 2u);
}

TEST_F(LoginTest, AChangeOfTheKeyWhoseAnswerWasLostIsFoundOut) {
  version_ = 3;
  restart_with_profile();
  const v1::ChangePassword sent = change_sent(true);
  restart();
  ASSERT_TRUE(account_->unlock_with(keys("right")).ok()) << "the password opens the profile in between";
  EXPECT_EQ(account_->secrets().identity.fpr(), fpr_of(0));
  change("right", "right", true);
  EXPECT_TRUE(log_in_frame().auth().empty()) << "the device's secret finds out first";
  answers({}, sent.vault(), sent.vault_version());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk)) << "and no second change is made";
  EXPECT_EQ(account_->profile().fpr, fpr_of(5));
  EXPECT_FALSE(pending());
}

TEST_F(LoginTest, AChangeOfTheKeyWhoseAnswerWasLostIsFoundOutByALogInWithThePassword) {
  version_ = 3;
  restart_with_profile();
  const v1::ChangePassword sent = change_sent(true);
  restart();
  types("right");
  log_in_frame();
  answers(sent.identity_blob(), sent.vault(), sent.vault_version());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(account_->profile().fpr, fpr_of(5));
  EXPECT_EQ(account_->secrets().identity.keys().size(), 2u) << "the key is there once";
  EXPECT_EQ(account_->take_retired().size(), 1u);
}

TEST_F(LoginTest, AChangeOfTheKeyThatWasNotMadeIsMadeNow) {
  version_ = 3;
  restart_with_profile();
  change_sent(true);
  restart();
  change("right", "right", true);
  EXPECT_TRUE(log_in_frame().auth().empty());
  answers({}, answer().vault, 1);
  EXPECT_EQ(log_in_frame().auth(), keys("right").auth.view());
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(account_->profile().fpr, fpr_of(0));
}

TEST_F(LoginTest, AnOlderServerGetsNoChangeOfTheKey) {
  restart_with_profile();
  change("right", "right", true);
  log_in_frame();
  answers(answer());
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kNotAllowed));
  EXPECT_EQ(account_->profile().fpr, fpr_of(0));
  EXPECT_FALSE(pending());
}

TEST_F(LoginTest, ALineThatTheServerMadeUpIsNotContinued) {
  version_ = 3;
  restart_with_profile();
  change("right", "right", true);
  log_in_frame();
  core::LoggedIn in = answer();
  feed(core::Link::kLogInId, [&](auto& f) {
    f.mutable_logged_in()->set_identity_blob(in.identity_blob);
    f.mutable_logged_in()->set_vault(in.vault);
    f.mutable_logged_in()->set_vault_version(in.vault_version);
    f.mutable_logged_in()->set_rekeys(3);
  });
  process_->run();
  EXPECT_THAT(told_, ElementsAre(Code::kNotAllowed));
}

TEST_F(LoginTest, AWeakPasswordDoesNotKeepAKeyFromChanging) {
  version_ = 3;
  restart_with_profile();
  change("wrong", "wrong", true);
  log_in_frame();
  refuse(Code::kBadCredentials);
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials)) << "not kWeakPassword";
}

TEST_F(LoginTest, AWrongOldPasswordChangesNothingAndTheDeviceLogsInAgain) {
  restart_with_profile();
  change("wrong", kNext);
  EXPECT_EQ(log_in_frame().auth(), keys("wrong").auth.view());
  refuse(Code::kBadCredentials);
  EXPECT_TRUE(process_->resumes_);
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials));
  EXPECT_FALSE(pending());
  EXPECT_FALSE(log_in_frame().secret().empty());
}

TEST_F(LoginTest, ASessionThatEndsIsNotBegunAgain) {
  restart_with_profile();
  change("wrong", kNext);
  log_in_frame();
  rooms().device.close();
  refuse(Code::kBadCredentials);
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials));
  EXPECT_FALSE(process_->resumes_);
  EXPECT_TRUE(process_->server_.ended());
}

}  // namespace
}  // namespace fastchat::client
