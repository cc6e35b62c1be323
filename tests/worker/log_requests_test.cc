// The requests about the log of keys: who may ask, which reads the store gets, and the answers.
#include "common/wire.h"
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

class WorkerLogRequests : public WorkerEngineTest {
 protected:
  void SetUp() override { attach_version(1, kAlice, "alice", kA1, 5); }
  void attach_version(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did, uint32_t version) {
    grant(uid, user, did);
    attach(rid, did, 1, version);
    answer_drain({});
    ports->clients[rid].clear();
  }
  void ask(v1::ClientFrame frame, uint64_t request = 5, uint64_t rid = 1, uint64_t did = kA1) {
    frame.set_request(request);
    engine->on_client_frame(now, rid, user_id(did), frame.SerializeAsString());
    turn();
  }
  static v1::ClientFrame leaves(uint64_t from) {
    v1::ClientFrame f;
    f.mutable_get_log_leaves()->set_from(from);
    return f;
  }
  v1::ServerFrame only(uint64_t rid = 1) {
    const auto frames = received(rid);
    EXPECT_EQ(frames.size(), 1u);
    return frames.empty() ? v1::ServerFrame() : frames[0];
  }
};

TEST_F(WorkerLogRequests, EachRequestIsOneReadAndOneAnswer) {
  v1::ClientFrame head;
  head.mutable_get_log_head()->add_from(3);
  ask(head);
  const auto asked = expect<worker::ReadLogHead>();
  EXPECT_EQ(asked.from, std::vector<uint64_t>{3});
  worker::LogRead reply{asked.session, asked.request, Code::kOk, {}};
  reply.answer.mutable_log_growth()->mutable_head()->set_size(9);
  engine->on_store_reply(now, reply);
  turn();
  const auto growth = only();
  EXPECT_EQ(growth.request(), 5u);
  EXPECT_EQ(growth.log_growth().head().size(), 9u);

  v1::ClientFrame proofs;
  proofs.mutable_get_log_proofs()->add_users("ann");
  proofs.mutable_get_log_proofs()->add_users("bob");
  ask(proofs, 6);
  EXPECT_EQ(expect<worker::ReadLogProofs>().users, (std::vector<std::string>{"ann", "bob"}));
  ask(leaves(4096), 7);
  EXPECT_EQ(expect<worker::ReadLogLeaves>().from, 4096u);
}

TEST_F(WorkerLogRequests, OlderSessionsAreRefused) {
  attach_version(2, kBob, "bob", kB1, 4);
  ask(leaves(0), 5, 2, kB1);
  EXPECT_EQ(only(2).error().code(), v1::NOT_ALLOWED);
  EXPECT_EQ(find<worker::ReadLogLeaves>(), nullptr);
}

TEST_F(WorkerLogRequests, NoLogAndNoDatabaseAreTold) {
  for (const auto& [code, told] : std::vector<std::pair<Code, v1::ErrorCode>>{
           {Code::kNotAllowed, v1::NOT_ALLOWED}, {Code::kBusy, v1::BUSY}, {Code::kInternal, v1::BUSY}}) {
    ask(leaves(0));
    const auto asked = expect<worker::ReadLogLeaves>();
    engine->on_store_reply(now, worker::LogRead{asked.session, asked.request, code, {}});
    turn();
    EXPECT_EQ(only().error().code(), told);
  }
}

TEST_F(WorkerLogRequests, ASessionHasFewPagesUnderWay) {
  for (uint64_t i = 0; i < 4; ++i) ask(leaves(i * 4096), 10 + i);
  EXPECT_TRUE(received(1).empty());
  ask(leaves(9 * 4096), 20);
  EXPECT_EQ(only().error().code(), v1::BUSY);
  const auto asked = expect<worker::ReadLogLeaves>();
  engine->on_store_reply(now, worker::LogRead{asked.session, asked.request, Code::kOk, {}});
  turn();
  received(1);
  ask(leaves(9 * 4096), 21);
  EXPECT_TRUE(received(1).empty());
}

TEST_F(WorkerLogRequests, AnAnswerForASessionThatIsGoneGoesNowhere) {
  ask(leaves(0));
  const auto asked = expect<worker::ReadLogLeaves>();
  v1::ClientFrame bye;
  bye.mutable_bye();
  engine->on_client_frame(now, 1, user_id(kA1), bye.SerializeAsString());
  turn();
  received(1);
  engine->on_store_reply(now, worker::LogRead{asked.session, asked.request, Code::kOk, {}});
  turn();
  EXPECT_TRUE(received(1).empty());
}

}  // namespace
}  // namespace fastchat::test
