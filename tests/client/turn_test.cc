// One turn is one transaction: nothing is reported before it is on disk, and a rollback undoes a turn everywhere.
#include "client/runtime/turn.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Room : public TurnPart {
 public:
  Room(std::vector<std::string>& log, std::string name) : log_(log), name_(std::move(name)) {}
  void work() override { log_.push_back(name_ + " works"); }
  void committed() override { log_.push_back(name_ + " is on disk"); }
  void rolled_back(const Error& error) override { log_.push_back(name_ + " undoes: " + error.text); }
  void idle() override { log_.push_back(name_ + " is idle"); }

 private:
  std::vector<std::string>& log_;
  const std::string name_;
};

class TurnTest : public ProfileFixture {
 protected:
  TurnTest() {
    turn_.add(one_);
    turn_.add(two_);
  }
  ~TurnTest() override { store_.reset(); }
  // Writes the run, the only disk change of a turn in these tests.
  void write(uint64_t epoch) {
    ASSERT_TRUE(turn_.check(store_->begin()));
    ASSERT_TRUE(turn_.check(store_->streams().put_run({epoch, false, 0})));
  }
  uint64_t on_disk() { return store_->streams().run()->session_epoch; }
  Turn::Refused refused() {
    return [this](const Error& error) { log_.push_back("told: " + error.text); };
  }
  std::function<void()> logs(std::string what) {
    return [this, what = std::move(what)] { log_.push_back(what); };
  }

  std::vector<std::string> log_;
  Loop loop_;
  LoopMachine machine_{loop_};
  Room one_{log_, "one"}, two_{log_, "two"};
  Turn turn_{machine_, *store_, refused()};
};

TEST_F(TurnTest, NobodyHearsOfATurnBeforeItIsOnDiskAndEveryRoomKnows) {
  write(7);
  turn_.after_commit([this] { log_.push_back("told of " + std::to_string(on_disk())); });
  turn_.after_rollback([this](const Error&) { log_.push_back("never"); });
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("one works", "two works", "one is on disk", "two is on disk", "told of 7",
                                "one is idle", "two is idle"));
  EXPECT_FALSE(turn_.unfinished());
  open();
}

TEST_F(TurnTest, AFailureUndoesTheWholeTurnAndIsToldLast) {
  write(7);
  turn_.run();
  log_.clear();
  write(8);
  turn_.after_commit(logs("never"));
  turn_.after_rollback([this](const Error& error) { log_.push_back("not done: " + error.text); });
  EXPECT_FALSE(turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full"))));
  EXPECT_FALSE(turn_.check(Result<int>(err(Code::kLocalDisk, "the second failure"))));
  ASSERT_TRUE(turn_.error().has_value());
  EXPECT_EQ(turn_.error()->text, "the disk is full");
  turn_.run();
  EXPECT_THAT(log_,
              ElementsAre("one works", "two works", "one undoes: the disk is full", "two undoes: the disk is full",
                          "not done: the disk is full", "told: the disk is full", "one is idle", "two is idle"));
  EXPECT_EQ(on_disk(), 7u);
  EXPECT_FALSE(turn_.error().has_value());
  log_.clear();
  write(9);
  turn_.run();
  EXPECT_EQ(on_disk(), 9u) << "the next turn starts anew";
  EXPECT_EQ(std::count(log_.begin(), log_.end(), "never"), 0);
}

TEST_F(TurnTest, WhatAListenerDoesInAnswerJoinsTheTurnAFewTimes) {
  int answers = 0;
  std::function<void()> answer = [&] {
    if (++answers == 100) return;
    write(static_cast<uint64_t>(answers));
    turn_.after_commit(answer);
  };
  turn_.after_commit(answer);
  turn_.run();
  EXPECT_EQ(answers, 4);
  EXPECT_TRUE(turn_.unfinished());
  turn_.run();
  EXPECT_EQ(answers, 8);
}

TEST_F(TurnTest, ACallBeforeTheCommitIsMadeWhateverBecomesOfTheTurn) {
  turn_.before_commit(logs("before"));
  EXPECT_FALSE(turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full"))));
  turn_.run();
  EXPECT_EQ(std::count(log_.begin(), log_.end(), "before"), 1);
}

TEST_F(TurnTest, ACallBeforeTheCommitMayEndTheTurnThatAskedForIt) {
  turn_.before_commit([this] {
    log_.push_back("before");
    turn_.after_commit(logs("after"));
    turn_.before_commit(logs("before the next"));
  });
  turn_.run();
  std::erase_if(
      log_, [](const std::string& line) { return line != "before" && line != "after" && line != "before the next"; });
  EXPECT_THAT(log_, ElementsAre("before", "after", "before the next"));
}

TEST_F(TurnTest, TheNextTurnComesWhenItIsDueAndAtOnceWhenPoked) {
  int turns = 0;
  loop_.on_turn_end([&](int64_t) {
    ++turns;
    if (turns == 1) {
      turn_.wake_at(turn_.now_ms() + 3'600'000);
      turn_.wake();
      turn_.wake_at(turn_.now_ms() + 3'600'000);  // does not put off a turn that comes at once
    } else if (turns == 2) {
      turn_.wake_at(turn_.now_ms() + 20);
    } else {
      loop_.stop();
    }
  });
  turn_.wake();
  loop_.run();
  EXPECT_EQ(turns, 3);
}

}  // namespace
}  // namespace fastchat::client
