// Requests to the server: each is answered once, from the loop, even when the session ends.
#include "client/runtime/server.h"

#include <gmock/gmock.h>

#include "tests/client/attached_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServerTest : public AttachedFixture {
 protected:
  void ask(int64_t timeout_ms = 0) {
    v1::ClientFrame frame;
    frame.mutable_get_vault();
    server_.ask(
        std::move(frame), [this](const Result<v1::ServerFrame*>& answer) { answers_.push_back(answer.code()); },
        timeout_ms);
  }
  void connect() {
    server_.open(core::World::config(), ports_);
    server_.engine().start(turn_.now_ms(), core::World::credentials());
  }

  std::vector<Code> answers_;
};

TEST_F(ServerTest, WithoutASessionTheAnswerComesFromTheLoop) {
  for (const bool opened : {false, true}) {
    if (opened) server_.open(core::World::config(), ports_);
    EXPECT_TRUE(server_.ended());
    answers_.clear();
    ask();
    EXPECT_THAT(answers_, IsEmpty());
    turn_.run();
    EXPECT_THAT(answers_, ElementsAre(Code::kLocalUnreachable));
  }
}

TEST_F(ServerTest, AQuestionIsAnsweredOnce) {
  connect();
  EXPECT_FALSE(server_.ended());
  EXPECT_FALSE(server_.attached());
  ask(1'000);
  turn_.run();
  EXPECT_THAT(answers_, IsEmpty());
  server_.engine().tick(turn_.now_ms() + 60'000);
  EXPECT_THAT(answers_, ElementsAre(Code::kLocalTimeout));
  ASSERT_EQ(ports_.replied.size(), 1u);
  server_.reply(ports_.replied[0], err(Code::kLocalTimeout, "again"));
  server_.reply(4711, err(Code::kLocalTimeout, "never asked"));
  EXPECT_EQ(answers_.size(), 1u);
}

TEST_F(ServerTest, WhatIsWrittenInAnswerJoinsTheTurn) {
  connect();
  ask(1'000);
  turn_.run();
  EXPECT_FALSE(store_->in_transaction());
  server_.engine().tick(turn_.now_ms() + 60'000);
  EXPECT_TRUE(store_->in_transaction());
}

TEST_F(ServerTest, AFrameThatIsWrittenElsewhereIsAnsweredUnderItsNumber) {
  connect();
  const uint64_t request = server_.reserve_request();
  server_.ask(
      request, Bytes("a frame"), [this](const Result<v1::ServerFrame*>& answer) { answers_.push_back(answer.code()); },
      1'000);
  server_.engine().tick(turn_.now_ms() + 60'000);
  EXPECT_THAT(ports_.replied, ElementsAre(request));
  EXPECT_THAT(answers_, ElementsAre(Code::kLocalTimeout));
}

}  // namespace
}  // namespace fastchat::client
