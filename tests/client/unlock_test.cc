// Unlock: the key file and the password, one after the other.
#include "client/login/unlock.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;

class UnlockTest : public ProfileFixture {
 protected:
  UnlockTest() {
    log_in();
    restart();
  }

  struct Process {
    Process(store::Store& store, Account& account)
        : turn_(machine_, store, [](const Error&) {}),
          unlock_(turn_, store, account, keys_, [](std::string_view password, ByteView in, std::string_view user) {
            return e2e::derive_password_with_memory_for_tests(password, in, user, 8192);
          }) {
      turn_.add(account);
    }
    Loop loop_;
    LoopMachine machine_{loop_};
    Turn turn_;
    KeyWorker keys_{machine_};
    Unlock unlock_;
  };
  void restart() {
    process_.reset();
    open();
    process_ = std::make_unique<Process>(*store_, *account_);
  }
  Unlock& unlock() { return process_->unlock_; }
  void type(const char* password) {
    unlock().by_password(e2e::Secret::copy_of(password), [this](const Result<>& r) { told_.push_back(r.code()); });
    while (process_->keys_.busy()) process_->loop_.run_once(1'000);
  }
  // Replaces the key that sealed the secrets by another one, of zeros.
  void damage_key_file() {
    const std::string path = (root_ / "profile" / (has("unlock.key") ? "unlock.key" : "unlock.key.2")).string();
    ASSERT_EQ(truncate(path.c_str(), 0), 0);
    ASSERT_EQ(truncate(path.c_str(), 32), 0);
  }

  std::unique_ptr<Process> process_;
  std::vector<Code> told_;
};

TEST_F(UnlockTest, TheKeyFileOpensTheProfile) {
  unlock().by_key_file();
  EXPECT_FALSE(unlock().failure());
  EXPECT_TRUE(account_->unlocked());
}

TEST_F(UnlockTest, AWrongPasswordOpensNothing) {
  type("wrong");
  process_->turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials));
  EXPECT_FALSE(account_->unlocked());
  type("right");
  process_->turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kBadCredentials, Code::kOk));
  EXPECT_TRUE(account_->unlocked());
}

TEST_F(UnlockTest, TheOtherFormOfThePasswordIsTried) {
  log_in("p\xc3\xa4sswort");
  restart();
  type("pa\xcc\x88sswort");
  process_->turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
}

TEST_F(UnlockTest, AKeyFileThatDoesNotOpenIsMendedWithThePassword) {
  damage_key_file();
  unlock().by_key_file();
  ASSERT_TRUE(unlock().failure());
  EXPECT_EQ(unlock().failure()->code, Code::kLocalCrypto);
  EXPECT_FALSE(account_->unlocked());
  type("right");
  process_->turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  restart();
  unlock().by_key_file();
  EXPECT_FALSE(unlock().failure());
  EXPECT_TRUE(account_->unlocked());
}

TEST_F(UnlockTest, AMendedKeyFileThatIsNotOnDiskIsMendedOnceMore) {
  damage_key_file();
  for (const bool refused : {true, false}) {
    restart();
    unlock().by_key_file();
    ASSERT_TRUE(unlock().failure());
    type("right");
    if (refused) process_->turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full")));
    process_->turn_.run();
    EXPECT_TRUE(account_->unlocked()) << "the password is right";
  }
  EXPECT_THAT(told_, ElementsAre(Code::kOk, Code::kOk));
  restart();
  unlock().by_key_file();
  EXPECT_FALSE(unlock().failure());
}

}  // namespace
}  // namespace fastchat::client
