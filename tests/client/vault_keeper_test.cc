// The vault between a terminal and a server that was restored from a backup or rolls the vault back on purpose; and the
// vault across a change of the password.
#include "client/vault/vault_keeper.h"

#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;

class VaultKeeperTest : public ProfileFixture {
 protected:
  VaultKeeperTest() { log_in(); }

  // Starts anew: books from disk, a keeper that has seen no vault yet.
  void start() {
    open();
    ASSERT_TRUE(account_->unlock_from_disk().ok());
    pins_ = std::make_unique<PinBook>(store_->pins(), realm());
    ASSERT_TRUE(pins_->load().ok());
    VaultGroups groups{[](e2e::VaultContent&) {}, [](const e2e::VaultContent&) -> Result<bool> { return false; }};
    keeper_ = std::make_unique<VaultKeeper>(
        *account_, *change_, *pins_, std::move(groups), store_->streams(), store_->account().vault_parts(),
        VaultServer{[this](v1::ClientFrame&& frame, Answer answer) {
                      asked_.push_back(std::move(frame));
                      answers_.push_back(std::move(answer));
                    },
                    [] { return 4; },
                    [this](uint64_t server, uint64_t ours) { restored_.emplace_back(server, ours); }});
  }
  void end() {
    commit();
    keeper_.reset();
    pins_.reset();
  }
  e2e::VaultContent with_pin(uint64_t version, const char* user, size_t key) {
    e2e::VaultContent out = content(version);
    v1::content::Pin& p = *out.add_pins();
    const e2e::PeerKey peer = e2e::peer_key(realm(), user, tests::test_key(key).public_key().spki()).value();
    p.set_user(user);
    p.set_fpr(peer.fpr);
    p.set_spki(peer.key.spki());
    p.set_trust(v1::content::FIRST_CONTACT);
    p.set_since_ms(1);
    return out;
  }
  static void add_mark(e2e::VaultContent& out, char stream, uint64_t seq) {
    v1::content::ReplayMark& m = *out.add_marks();
    m.set_from_fpr(Bytes(32, 'f'));
    m.set_stream(Bytes(16, stream));
    m.set_seq(seq);
    m.set_hash(Bytes(32, 'h'));
  }
  Result<> log_in_with(const e2e::VaultContent& vault, char key = 'v', bool by_password = false) {
    core::LoggedIn in;
    in.by_password = by_password;
    in.vault = e2e::seal_vault(vault_key(key), "alice", vault).value();
    in.vault_version = vault.version();
    begin();
    return keeper_->on_logged_in(in);
  }
  // Returns the vault that the keeper asks to have stored with its next turn, and answers the request.
  e2e::VaultContent stored(Code code = Code::kOk) {
    keeper_->turn(1, false);
    FC_CHECK(asked_.size() == 1 && asked_[0].has_put_vault());
    const v1::PutVault put = asked_[0].put_vault();
    auto opened = e2e::open_vault(account_->secrets().vault_key, "alice", put.version(), 0, put.blob());
    FC_CHECK(opened.ok());
    asked_.clear();
    const Answer answer = std::move(answers_.back());
    answers_.clear();
    v1::ServerFrame frame;
    frame.mutable_vault_stored();
    answer(code == Code::kOk ? Result<v1::ServerFrame*>(&frame) : Result<v1::ServerFrame*>(err(code, "no")));
    return std::move(*opened);
  }

  // Answers the request for the vault; with an error when `version` is 0.
  void answer_get_vault(uint64_t version) {
    FC_CHECK(asked_.size() == 1 && asked_[0].has_get_vault());
    v1::ServerFrame frame;
    frame.mutable_vault()->set_version(version);
    if (version != 0) frame.mutable_vault()->set_blob(e2e::seal_vault(vault_key(), "alice", content(version)).value());
    asked_.clear();
    const Answer answer = std::move(answers_.back());
    answers_.clear();
    begin();
    answer(version != 0 ? Result<v1::ServerFrame*>(&frame) : Result<v1::ServerFrame*>(err(Code::kBusy, "no")));
  }

  std::unique_ptr<PinBook> pins_;
  std::unique_ptr<VaultKeeper> keeper_;
  std::vector<v1::ClientFrame> asked_;
  std::vector<Answer> answers_;
  std::vector<std::pair<uint64_t, uint64_t>> restored_;
};

TEST_F(VaultKeeperTest, AServerThatWasRestoredGetsTheNewerContentBack) {
  start();
  e2e::VaultContent newest = with_pin(9, "bob", 1);
  add_mark(newest, 'a', 7);
  newest.set_rekey_counter(3);
  ASSERT_TRUE(log_in_with(newest).ok());
  end();

  start();
  e2e::VaultContent old = content(4);
  add_mark(old, 'a', 2);
  add_mark(old, 'b', 5);  // another terminal was here after the restore
  ASSERT_TRUE(log_in_with(old).ok()) << "no command ends because of it";
  EXPECT_NE(pins_->get("bob"), nullptr) << "a pin is never lost";
  const e2e::VaultContent put = stored();
  EXPECT_EQ(put.version(), 5u) << "what follows the server's";
  ASSERT_EQ(put.pins_size(), 1);
  EXPECT_EQ(put.pins(0).user(), "bob");
  EXPECT_EQ(put.rekey_counter(), 3u);
  ASSERT_EQ(put.marks_size(), 2);
  EXPECT_EQ(put.marks(0).seq(), 7u) << "a mark is never lowered";
  EXPECT_EQ(put.marks(1).seq(), 5u);
  EXPECT_THAT(restored_, ElementsAre(std::pair<uint64_t, uint64_t>{4, 9}));
  EXPECT_EQ(account_->profile().vault_version, 5u);
  end();

  start();
  ASSERT_TRUE(log_in_with(put).ok());
  keeper_->turn(1, false);
  EXPECT_TRUE(asked_.empty()) << "and that was all";
  EXPECT_EQ(restored_.size(), 1u);
}

TEST_F(VaultKeeperTest, TheNewerContentStaysOnDiskUntilItIsStored) {
  start();
  ASSERT_TRUE(log_in_with(with_pin(9, "bob", 1)).ok());
  end();
  for (int interrupted = 0; interrupted < 2; ++interrupted) {
    start();
    ASSERT_TRUE(log_in_with(content(4)).ok());
    EXPECT_EQ(account_->profile().vault_version, 9u);
    end();
  }
  EXPECT_TRUE(restored_.empty()) << "nothing was restored yet";
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  EXPECT_EQ(stored().pins_size(), 1);
  EXPECT_EQ(restored_.size(), 1u);
}

TEST_F(VaultKeeperTest, ARolledBackPinChangesNothing) {
  start();
  ASSERT_TRUE(log_in_with(with_pin(4, "bob", 1)).ok());
  begin();
  ASSERT_EQ(*pins_->learn("bob", tests::test_key(2).public_key().spki(), 5), PinBook::Learnt::kChanged);
  ASSERT_TRUE(pins_->accept("bob", 6).ok());
  stored();
  end();
  start();
  ASSERT_TRUE(log_in_with(with_pin(4, "bob", 1)).ok());
  EXPECT_EQ(pins_->get("bob")->key.key.spki(), tests::test_key(2).public_key().spki());
  EXPECT_EQ(pins_->get("bob")->trust, Trust::kAccepted);
  EXPECT_TRUE(pins_->get("bob")->offered_spki.empty());
}

// The owner fails the turn because of take_broken(), so no part of the vault is on disk.
TEST_F(VaultKeeperTest, AVaultThatTheDiskRefusesIsSaidToTheOwner) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  end();
  for (const bool fetched : {false, true}) {
    start();
    ASSERT_TRUE(log_in_with(content(4)).ok());
    ASSERT_TRUE(pins_->learn("bob", tests::test_key(1).public_key().spki(), 5).ok());
    if (fetched) {
      stored(Code::kConflict);
      keeper_->turn(2, false);
    } else {
      keeper_->turn(1, false);
    }
    ASSERT_EQ(answers_.size(), 1u);
    const Answer answer = std::move(answers_.back());
    answers_.clear();
    asked_.clear();
    ASSERT_TRUE(store_->sql().script("PRAGMA query_only = 1").ok());
    v1::ServerFrame frame;
    if (fetched) {
      frame.mutable_vault()->set_version(5);
      frame.mutable_vault()->set_blob(e2e::seal_vault(vault_key(), "alice", with_pin(5, "carol", 2)).value());
    } else {
      frame.mutable_vault_stored();
    }
    answer(&frame);
    const auto broken = keeper_->take_broken();
    ASSERT_TRUE(broken.has_value()) << fetched;
    EXPECT_EQ(broken->code, Code::kLocalDisk);
    keeper_.reset();
    pins_.reset();
    open();
    EXPECT_EQ(account_->profile().vault_version, 4u);
  }
}

TEST_F(VaultKeeperTest, AnotherTerminalMayBeFirstToRestore) {
  start();
  ASSERT_TRUE(log_in_with(with_pin(9, "bob", 1)).ok());
  end();
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  stored(Code::kConflict);
  EXPECT_TRUE(restored_.empty());
  keeper_->turn(2, false);
  ASSERT_EQ(asked_.size(), 1u);
  ASSERT_TRUE(asked_[0].has_get_vault());
  v1::ServerFrame frame;
  frame.mutable_vault()->set_version(5);
  frame.mutable_vault()->set_blob(e2e::seal_vault(vault_key(), "alice", with_pin(5, "carol", 2)).value());
  asked_.clear();
  const Answer answer = std::move(answers_.back());
  answers_.clear();
  answer(&frame);
  const e2e::VaultContent put = stored();
  EXPECT_EQ(put.version(), 6u);
  EXPECT_EQ(put.pins_size(), 2);
}

TEST_F(VaultKeeperTest, ARestoreInTheMiddleOfASessionIsFoundByTheConflict) {
  start();
  ASSERT_TRUE(log_in_with(content(9)).ok());
  begin();
  ASSERT_TRUE(pins_->learn("bob", tests::test_key(1).public_key().spki(), 5).ok());
  stored(Code::kConflict);
  keeper_->turn(2, false);
  answer_get_vault(3);
  EXPECT_FALSE(keeper_->take_broken().has_value());
  const e2e::VaultContent put = stored();
  EXPECT_EQ(put.version(), 4u);
  EXPECT_EQ(put.pins_size(), 1);
}

// The server read the vault before another terminal stored the next version. The notice of that version arrives before
// the answer with the older vault.
TEST_F(VaultKeeperTest, AVersionThatIsNamedWhileAnOlderOneIsOnItsWayIsFetchedNext) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  keeper_->on_version(5);
  keeper_->turn(1, false);
  keeper_->on_version(6);
  answer_get_vault(5);
  EXPECT_EQ(account_->profile().vault_version, 5u);
  keeper_->turn(2, false);
  answer_get_vault(6);
  EXPECT_EQ(account_->profile().vault_version, 6u);
  keeper_->turn(3, false);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(VaultKeeperTest, AVersionThatCouldNotBeFetchedIsFetchedLater) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  keeper_->on_version(5);
  keeper_->turn(1, false);
  answer_get_vault(0);
  const int64_t answered = 60'000;
  EXPECT_LE(keeper_->next_wake(), answered) << "the turn of the answer";
  keeper_->turn(answered, false);
  EXPECT_TRUE(asked_.empty()) << "the pause begins with the answer, not with the request";
  EXPECT_EQ(keeper_->next_wake(), answered + 2'000);
  keeper_->turn(keeper_->next_wake(), false);
  answer_get_vault(5);
  EXPECT_EQ(account_->profile().vault_version, 5u);
}

// A new device waits for its worker until all workers know the device. Another device that stores the vault meanwhile
// is heard by nobody.
TEST_F(VaultKeeperTest, AVaultThatAnotherDeviceStoredDuringALogInByPasswordIsFetched) {
  start();
  ASSERT_TRUE(log_in_with(content(4), 'v', true).ok());
  keeper_->on_version(0);
  keeper_->turn(1, false);
  ASSERT_EQ(asked_.size(), 1u);
  ASSERT_TRUE(asked_[0].has_get_vault());
  answer_get_vault(5);
  EXPECT_EQ(account_->profile().vault_version, 5u);
  asked_.clear();
  keeper_->turn(2, false);
  EXPECT_TRUE(asked_.empty()) << "once";
}

TEST_F(VaultKeeperTest, AVaultThatDoesNotOpenEndsTheLogIn) {
  start();
  EXPECT_EQ(log_in_with(content(2), 'x', true).code(), Code::kLocalCrypto);
}

TEST_F(VaultKeeperTest, AProfileFromBeforeItsOwnChangeOfThePasswordAsksForThePassword) {
  start();
  EXPECT_EQ(log_in_with(content(2), 'x').code(), Code::kPasswordNeeded) << "its secret is still good";
  EXPECT_EQ(account_->profile().vault_version, 1u);
}

TEST_F(VaultKeeperTest, AVaultUnderAnotherPasswordDuringASessionIsNoAlarm) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  keeper_->on_version(5);
  keeper_->turn(1, false);
  v1::ServerFrame frame;
  frame.mutable_vault()->set_version(5);
  frame.mutable_vault()->set_blob(e2e::seal_vault(vault_key('x'), "alice", content(5)).value());
  const Answer answer = std::move(answers_.back());
  answers_.clear();
  answer(&frame);
  const auto broken = keeper_->take_broken();
  ASSERT_TRUE(broken.has_value());
  EXPECT_EQ(broken->text, "another device may have changed the password: logging in again");
  EXPECT_EQ(account_->profile().vault_version, 4u);
}

// ---- a change of the password

TEST_F(VaultKeeperTest, AChangeThatWasMadeIsFoundOutByTheVault) {
  start();
  ASSERT_TRUE(log_in_with(with_pin(4, "bob", 1)).ok());
  const auto next = keeper_->next_vault();
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->content.version(), 5u);
  const auto change = change_->prepare(keys("next"), *next);
  ASSERT_TRUE(change.ok());
  end();  // killed after the change was sent

  start();
  core::LoggedIn in;
  in.vault = change->vault;
  in.vault_version = 5;
  begin();
  ASSERT_TRUE(keeper_->on_logged_in(in).ok());
  EXPECT_FALSE(change_->pending()->has_value());
  EXPECT_NE(pins_->get("bob"), nullptr);
  keeper_->turn(1, false);
  EXPECT_TRUE(asked_.empty());
  commit();
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(e2e::open_vault(account_->secrets().vault_key, "alice", 5, 0, change->vault).ok());
  EXPECT_TRUE(account_->unlock_with(keys("next")).ok());
}

// The link broke before the answer, and the same process goes on.
TEST_F(VaultKeeperTest, AChangeOfTheKeyWhoseAnswerWasLostGivesItsNumberToTheNextVault) {
  start();
  e2e::VaultHead head;
  head.set_version(4);
  core::LoggedIn in;
  in.vault = e2e::seal_vault_head(vault_key(), "alice", head).value();
  in.vault_version = 4;
  begin();
  ASSERT_TRUE(keeper_->on_logged_in(in).ok());
  e2e::OpenedVault next{content(5), head};
  next.content.set_rekey_counter(1);
  next.head->set_version(5);
  next.head->set_rekey_counter(1);
  const auto change = change_->prepare(keys("next"), next);
  ASSERT_TRUE(change.ok());
  in.vault = change->vault;
  in.vault_version = 5;
  ASSERT_TRUE(keeper_->on_logged_in(in).ok());
  EXPECT_FALSE(change_->pending()->has_value());
  commit();
  EXPECT_EQ(keeper_->next_vault()->content.rekey_counter(), 1u);
  EXPECT_EQ(keeper_->next_vault()->head->rekey_counter(), 1u);
}

// A change of this device waits for its result, and another change was made meanwhile. After a login by the password
// that holds, a vault that does not open is the server's fault: the person has typed the right password.
TEST_F(VaultKeeperTest, AnotherPasswordThanThatOfAChangeWithoutResultIsAskedForOnce) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  ASSERT_TRUE(change_->prepare(keys("next"), keeper_->next_vault().value()).ok());
  end();
  start();
  const Result<> by_secret = log_in_with(content(5), 'x');
  EXPECT_EQ(by_secret.code(), Code::kPasswordNeeded);
  EXPECT_EQ(by_secret.error().text, "the vault is sealed under another password");
  EXPECT_EQ(log_in_with(content(5), 'x', true).code(), Code::kLocalCrypto);
}

TEST_F(VaultKeeperTest, AChangeThatMayStillComeIsKeptAndOneThatCannotIsDropped) {
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  ASSERT_TRUE(change_->prepare(keys("next"), keeper_->next_vault().value()).ok());
  end();
  start();
  ASSERT_TRUE(log_in_with(content(4)).ok());
  EXPECT_TRUE(change_->pending()->has_value()) << "a slow broker may still make it";
  end();
  start();
  ASSERT_TRUE(log_in_with(content(5)).ok());
  EXPECT_FALSE(change_->pending()->has_value()) << "its version is taken";
}

// ---- the versions

TEST(VaultVersions, AnOlderVersionIsReplacedOnceAndANewerOneIsFetched) {
  VaultVersions v;
  EXPECT_FALSE(v.newer());
  v.show(4, true);
  v.replace_shown();
  EXPECT_FALSE(v.newer()) << "the shown version is known";
  EXPECT_EQ(v.next(), 5u);
  v.offer(5);  // another terminal was first
  EXPECT_TRUE(v.newer());
  v.show(5, true);
  EXPECT_FALSE(v.newer());
  EXPECT_EQ(v.store(6), 4u);
  EXPECT_EQ(v.store(7), 0u) << "said once";
  v.offer(3);
  EXPECT_FALSE(v.newer());
}

TEST(VaultVersions, AVaultThatLacksPartsIsNotTheNewest) {
  VaultVersions v;
  v.show(4, false);
  EXPECT_FALSE(v.newer()) << "the server has no other";
  EXPECT_FALSE(v.newest());
  v.store(5);
  EXPECT_TRUE(v.newest()) << "with all that this device knows";
}

}  // namespace
}  // namespace fastchat::client
