// The secrets of a profile: opening the profile without the password, the login secret of the device, a change of the
// password, and an interruption at each of their steps.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "client/account/key_file.h"
#include "client/account/key_worker.h"
#include "client/e2e/hash.h"
#include "client/e2e/local_key.h"
#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AccountTest : public ProfileFixture {
 protected:
  std::string key_path() const {
    return (root_ / "profile" / (has("unlock.key") ? "unlock.key" : "unlock.key.2")).string();
  }
  Bytes seal_note() { return e2e::seal_local(account_->secrets().local_key, "place", "a note"); }
  bool opens_note(const Bytes& box) {
    return account_->unlocked() && e2e::open_local(account_->secrets().local_key, "place", box).ok();
  }
  std::vector<Bytes> secrets() { return device_secrets_->all().value(); }

  // Writes the profile as the previous version did: {auth, vault key, keys} under unlock.key, the local key derived.
  void make_old_profile() {
    const e2e::Identity me(realm(), "alice", {tests::test_key(0)});
    const core::LoggedIn in = answer();
    const Bytes key(32, 'u');
    Bytes plain = e2e::concat({e2e::lp(keys("right").auth.view()), e2e::lp(vault_key().view())});
    e2e::put_lp(plain, me.key().pkcs8().view());
    store::Profile p;
    p.realm = realm();
    p.broker_key = Bytes(32, 'k');
    p.endpoints = {"tcp://a:1"};
    p.user = "alice";
    p.device = Bytes(16, 'd');
    p.fpr = me.fpr();
    p.identity_blob = in.identity_blob;
    p.unlock = e2e::seal(key, e2e::concat({e2e::label("unlock"), e2e::lp(realm()), e2e::lp("alice")}), plain);
    p.vault_version = in.vault_version;
    p.vault = in.vault;
    begin();
    ASSERT_TRUE(store_->account().put_profile(p).ok());
    ASSERT_TRUE(store_->commit().ok());
    std::ofstream(root_ / "profile" / "unlock.key", std::ios::binary) << key;
    ASSERT_EQ(chmod((root_ / "profile" / "unlock.key").c_str(), 0600), 0);
    open();
  }
};

TEST_F(AccountTest, RemembersWithAPrivateKeyFileAndForgetsOnLogout) {
  log_in();
  struct stat info {};
  ASSERT_EQ(stat(key_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  open();
  ASSERT_TRUE(account_->remembered());
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_EQ(account_->secrets().identity.key().public_key().spki(), tests::test_key(0).public_key().spki());
  const Bytes note = seal_note();

  ASSERT_TRUE(account_->log_out().ok());
  EXPECT_FALSE(has("unlock.key"));
  EXPECT_FALSE(has("unlock.key.2"));
  EXPECT_FALSE(account_->unlocked());
  EXPECT_FALSE(account_->remembered());
  EXPECT_EQ(account_->unlock_with(keys("wrong")).code(), Code::kBadCredentials);
  EXPECT_TRUE(account_->unlock_with(keys("right")).ok());
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, AKeyFileThatOthersMayReadIsNotUsed) {
  log_in();
  ASSERT_EQ(chmod(key_path().c_str(), 0644), 0);
  open();
  EXPECT_EQ(account_->unlock_from_disk().code(), Code::kLocalDisk);
}

TEST_F(AccountTest, ADamagedKeyFileIsMendedWithThePassword) {
  log_in();
  ASSERT_EQ(truncate(key_path().c_str(), 0), 0);
  ASSERT_EQ(truncate(key_path().c_str(), 32), 0);
  open();
  EXPECT_EQ(account_->unlock_from_disk().code(), Code::kLocalCrypto);
  ASSERT_TRUE(account_->unlock_with(keys("right")).ok());
  ASSERT_TRUE(account_->mend_key_file().ok());
  commit();
  open();
  EXPECT_TRUE(account_->unlock_from_disk().ok());
}

TEST_F(AccountTest, KeepsNothingWhenItMayNot) {
  log_in("right", 'v', false);
  EXPECT_FALSE(account_->remembered());
  EXPECT_FALSE(has("unlock.key"));
  EXPECT_FALSE(has("unlock.key.2"));
}

TEST_F(AccountTest, AnotherIdentityFromTheServerEndsTheLogin) {
  log_in();
  begin();
  core::LoggedIn other = answer("right", 'v', 1, 1);
  EXPECT_EQ(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), other).code(), Code::kLocalUntrustedKey);
  EXPECT_EQ(device_secrets_->confirm(other).code(), Code::kLocalUntrustedKey);
}

TEST_F(AccountTest, ANewerKeyOfTheSameLineIsTakenInAtALogin) {
  log_in();
  const Bytes before = account_->profile().fpr;
  open();
  begin();
  ASSERT_TRUE(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), answer_of_changed()).ok());
  commit();
  EXPECT_NE(account_->profile().fpr, before);
  const auto retired = account_->take_retired();
  ASSERT_EQ(retired.size(), 1u);
  EXPECT_EQ(retired[0].fpr, before);
  EXPECT_TRUE(account_->take_retired().empty()) << "once";
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_EQ(account_->secrets().identity.keys().size(), 2u);
}

TEST_F(AccountTest, ARestoredServerDoesNotTakeTheNewerKeyAway) {
  log_in();
  begin();
  ASSERT_TRUE(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), answer_of_changed()).ok());
  commit();
  const Bytes newest = account_->profile().fpr;
  begin();
  ASSERT_TRUE(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), answer("right", 'o')).ok());
  commit();
  EXPECT_EQ(account_->profile().fpr, newest);
  EXPECT_EQ(account_->secrets().vault_key.view(), vault_key('o').view()) << "the vault is the server's";
  open();
  ASSERT_TRUE(account_->unlock_with(keys("right")).ok());
  EXPECT_EQ(account_->secrets().identity.fpr(), newest);
  open();
  begin();
  EXPECT_EQ(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), answer("right", 'o')).code(),
            Code::kLocalUntrustedKey)
      << "a locked profile cannot know that the keys are its own";
}

// ---- device secrets

TEST_F(AccountTest, TheProofOfThePasswordIsNeverWritten) {
  const Bytes secret = log_in();
  EXPECT_TRUE(account_->secrets().auth.empty());
  EXPECT_THAT(secrets(), ElementsAre(secret));
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(account_->secrets().auth.empty());
  EXPECT_THAT(secrets(), ElementsAre(secret));
  EXPECT_EQ(device_secret_hash(e2e::Secret::copy_of(secret)), e2e::sha256(e2e::label("device") + secret));
}

TEST_F(AccountTest, AnInterruptedFirstLogInGoesOnWithItsDeviceAndSecret) {
  begin();
  const auto first = device_secrets_->begin_log_in(fresh(), keys("right"));
  ASSERT_TRUE(first.ok());
  commit();
  open();
  begin();
  const auto second = device_secrets_->begin_log_in(fresh(), keys("right"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->device, first->device) << "no second device is left behind at the server";
  EXPECT_EQ(second->secret.view(), first->secret.view());
  const auto other = device_secrets_->begin_log_in(fresh(), keys("another password"));
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->secret.view(), first->secret.view());
}

TEST_F(AccountTest, AnInterruptedLaterLogInLeavesBothSecrets) {
  const Bytes before = log_in();
  begin();
  const auto attempt = device_secrets_->begin_log_in(fresh(), keys("right"));
  ASSERT_TRUE(attempt.ok());
  EXPECT_EQ(attempt->device, account_->profile().device);
  commit();
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  const Bytes next(attempt->secret.view());
  EXPECT_THAT(secrets(), ElementsAre(before, next));
  // The earlier secret still holds. The interrupted login may yet take effect.
  core::LoggedIn in;
  in.secret = before;
  begin();
  ASSERT_TRUE(device_secrets_->confirm(in).ok());
  commit();
  EXPECT_THAT(secrets(), ElementsAre(before, next));
  // Once the interrupted login has taken effect, its secret is the only one.
  in.secret = next;
  begin();
  ASSERT_TRUE(device_secrets_->confirm(in).ok());
  commit();
  EXPECT_THAT(secrets(), ElementsAre(next));
}

TEST_F(AccountTest, ManyInterruptedLogInsDrawOneSecret) {
  log_in();
  Bytes drawn;
  for (int i = 0; i < 3; ++i) {
    open();
    begin();
    const auto attempt = device_secrets_->begin_log_in(fresh(), keys("right"));
    ASSERT_TRUE(attempt.ok());
    commit();
    EXPECT_TRUE(i == 0 || attempt->secret.view() == drawn);
    drawn = Bytes(attempt->secret.view());
  }
}

TEST_F(AccountTest, ARemovedDeviceLogsInAsAnotherAndKeepsItsHistory) {
  log_in();
  const Bytes device = account_->profile().device, note = seal_note();
  begin();
  ASSERT_TRUE(device_secrets_->end_device().ok());
  commit();
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(account_->profile().ended);
  EXPECT_THAT(secrets(), IsEmpty());
  log_in();
  EXPECT_NE(account_->profile().device, device);
  EXPECT_FALSE(account_->profile().ended);
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, AnOldServerLeavesTheProofOfThePassword) {
  begin();
  core::LoggedIn in = answer();
  ASSERT_TRUE(account_->adopt(fresh(), Bytes(16, 'd'), keys("right"), in).ok());
  commit();
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_EQ(account_->secrets().auth.view(), keys("right").auth.view());
}

TEST_F(AccountTest, AProfileOfTheVersionBeforeGetsASecretAndErasesTheProof) {
  make_old_profile();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  ASSERT_EQ(account_->secrets().auth.view(), keys("right").auth.view());
  const Bytes note = seal_note();
  ASSERT_TRUE(account_->keep_local_key().ok());
  const auto next = device_secrets_->next();
  ASSERT_TRUE(next.ok());
  commit();
  const Bytes old_box = account_->profile().unlock;
  core::LoggedIn in = answer();
  in.secret = Bytes(next->view());
  begin();
  ASSERT_TRUE(device_secrets_->confirm(in).ok());
  commit();
  const Bytes bytes = folder();
  EXPECT_THAT(bytes, Not(HasSubstr(old_box))) << "neither in the database nor in its log";
  EXPECT_THAT(bytes, Not(HasSubstr(Bytes(32, 'u')))) << "the key that opened it";
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(account_->secrets().auth.empty());
  EXPECT_THAT(secrets(), ElementsAre(in.secret));
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, AnInterruptedUpgradeUsesTheSameSecretAgain) {
  make_old_profile();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  const Bytes drawn(device_secrets_->next()->view());
  ASSERT_TRUE(store_->commit().ok());
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_FALSE(account_->secrets().auth.empty());
  EXPECT_EQ(device_secrets_->next()->view(), drawn);
}

// ---- the key file and the row change as one

TEST_F(AccountTest, ALogInThatDoesNotCommitLeavesWhatWasThere) {
  log_in();
  const Bytes note = seal_note();
  begin();
  core::LoggedIn in = answer();
  in.secret = Bytes(32, 's');
  ASSERT_TRUE(account_->adopt(fresh(), account_->profile().device, keys("right"), in).ok());
  ASSERT_TRUE(device_secrets_->confirm(in).ok());  // a second new file in the same transaction
  open();                                          // killed
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(opens_note(note));
  EXPECT_NE(has("unlock.key"), has("unlock.key.2")) << "the file of the login is taken away";
}

TEST_F(AccountTest, ALogInKilledAfterItsCommitLeavesTheNewOnes) {
  log_in();
  const Bytes note = seal_note();
  begin();
  core::LoggedIn in = answer();
  in.secret = Bytes(32, 's');
  ASSERT_TRUE(account_->adopt(fresh(), account_->profile().device, keys("right"), in).ok());
  ASSERT_TRUE(store_->commit().ok());
  open();  // killed before committed() removed the old file
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(opens_note(note));
  EXPECT_NE(has("unlock.key"), has("unlock.key.2"));
}

TEST_F(AccountTest, ALogOutKilledAfterItsCommitIsOne) {
  log_in();
  store::Profile p = account_->profile();
  p.unlock.clear();
  begin();
  ASSERT_TRUE(store_->account().put_profile(p).ok());
  ASSERT_TRUE(store_->commit().ok());
  open();
  EXPECT_FALSE(account_->remembered());
  EXPECT_FALSE(has("unlock.key") || has("unlock.key.2"));
}

// ---- a change of the password

TEST_F(AccountTest, AnotherPasswordAndVaultKeyLeaveTheLocalDataReadable) {
  log_in();
  const Bytes note = seal_note();
  log_in("changed elsewhere", 'w');
  EXPECT_EQ(account_->secrets().vault_key.view(), vault_key('w').view());
  EXPECT_TRUE(opens_note(note));
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, ALockedProfileIsReadableAfterAChangeElsewhere) {
  log_in("right", 'v', false);
  const Bytes note = seal_note();
  open();  // only a password opens the profile, and the old one is not the account's any more
  log_in("changed elsewhere", 'w', false);
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, AnOldLockedProfileSaysThatItNeedsTheOldPasswordFirst) {
  make_old_profile();
  store::Profile p = account_->profile();
  p.unlock.clear();
  begin();
  ASSERT_TRUE(store_->account().put_profile(p).ok());
  ASSERT_TRUE(store_->commit().ok());
  open();
  begin();
  core::LoggedIn in = answer("changed elsewhere", 'w', 2);
  in.secret = Bytes(32, 's');
  EXPECT_EQ(account_->adopt(fresh(false), p.device, keys("changed elsewhere"), in).code(), Code::kLocalUsage);
  store_->rollback();
  open();
  ASSERT_TRUE(account_->unlock_with(keys("right")).ok());
  const Bytes note = seal_note();
  ASSERT_TRUE(account_->keep_local_key().ok());
  commit();
  open();
  begin();
  ASSERT_TRUE(account_->adopt(fresh(false), p.device, keys("changed elsewhere"), in).ok());
  EXPECT_TRUE(opens_note(note));
}

TEST_F(AccountTest, AChangeIsOnDiskBeforeItIsSentAndFinishedOnce) {
  const Bytes secret = log_in();
  const Bytes note = seal_note();
  begin();
  const auto change = change_->prepare(keys("next"), {content(2)});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->verifier, e2e::password_verifier(keys("next").auth));
  commit();
  open();  // killed; the profile still opens as before
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_EQ(account_->secrets().vault_key.view(), vault_key().view());
  auto pending = change_->pending();
  ASSERT_TRUE(pending.ok() && *pending);
  EXPECT_EQ((*pending)->vault_version, 2u);
  EXPECT_TRUE(e2e::open_vault((*pending)->vault_key, "alice", 2, 0, change->vault).ok());

  begin();
  ASSERT_TRUE(change_->finish().ok());
  commit();
  open();
  ASSERT_TRUE(account_->unlock_from_disk().ok());
  EXPECT_TRUE(e2e::open_vault(account_->secrets().vault_key, "alice", 2, 0, account_->profile().vault).ok());
  EXPECT_EQ(account_->profile().vault_version, 2u);
  EXPECT_FALSE(change_->pending()->has_value());
  EXPECT_TRUE(opens_note(note));
  EXPECT_THAT(secrets(), ElementsAre(secret));
  EXPECT_EQ(account_->unlock_with(keys("right")).code(), Code::kBadCredentials);
  EXPECT_TRUE(account_->unlock_with(keys("next")).ok());
}

// A full disk takes a part of the key first.
TEST_F(AccountTest, AKeyFileThatIsCutOffNamesTheReasonOfTheDisk) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{16, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  errno = 0;
  const Result<> written = write_key_file(root_.string(), "unlock.key", Bytes(32, 'k'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(written.error().text, HasSubstr(std::strerror(EFBIG)));
  EXPECT_FALSE(std::filesystem::exists(root_ / "unlock.key"));
}

// The stored change has the only copy of the new vault key until the profile is written.
TEST_F(AccountTest, AChangeStaysWhileTheKeyFileCannotBeWritten) {
  log_in();
  begin();
  ASSERT_TRUE(change_->prepare(keys("next"), {content(2)}).ok());
  commit();
  for (const char* name : {"unlock.key", "unlock.key.2"}) {
    if (account_->profile().key_file != name) std::filesystem::create_directory(store_->directory() + "/" + name);
  }
  begin();
  EXPECT_EQ(change_->finish().code(), Code::kLocalDisk);
  EXPECT_TRUE(change_->pending()->has_value());
}

TEST_F(AccountTest, APendingChangeOpensWithEitherPassword) {
  log_in("right", 'v', false);
  const Bytes note = seal_note();
  begin();
  ASSERT_TRUE(change_->prepare(keys("next"), {content(2)}).ok());
  commit();
  for (const char* password : {"right", "next"}) {
    open();
    ASSERT_TRUE(account_->unlock_with(keys(password)).ok()) << password;
    EXPECT_TRUE(opens_note(note));
  }
  EXPECT_EQ(account_->unlock_with(keys("neither")).code(), Code::kBadCredentials);
}

// A new group makes its key pair while the person changes the password.
TEST(KeyWorker, AJobThatComesDuringAnotherWaits) {
  Loop loop;
  LoopMachine machine(loop);
  KeyWorker keys(machine, [] { return e2e::KeyPair::from_own_pkcs8(tests::test_key_pkcs8(1)).value(); });
  std::vector<std::string> done;
  for (const char* name : {"first", "second"}) {
    KeyJob job;
    job.new_pair = true;
    keys.start(std::move(job), [&done, name](KeyAnswer& answer) { done.push_back(answer.pair ? name : "no pair"); });
  }
  for (int turn = 0; turn < 10'000 && done.size() < 2; ++turn) loop.run_once(1'000);
  EXPECT_THAT(done, ElementsAre("first", "second"));
  EXPECT_FALSE(keys.busy());
}

}  // namespace
}  // namespace fastchat::client
