// The engine with a database that lost its last commits or takes no writes.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StoreChanges : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1;  // a routing id
  StoreChanges() { turn(); }

  void drained(uint64_t store, std::vector<worker::QueuedMessage> rows = {}) {
    const auto d = expect<worker::Drain>();
    engine->on_store_reply(now, worker::Drained{d.session, Code::kOk, std::move(rows), false, {}, store});
    turn();
  }
  void alice_is_here(uint64_t store, std::vector<worker::QueuedMessage> rows = {}) {
    grant(kAlice, "alice", kA1, ++epoch_);
    attach(kAt, kA1, epoch_);
    drained(store, std::move(rows));
  }
  void probed(uint64_t store, Code code = Code::kOk, std::string why = {}) {
    (void)expect<worker::Probe>();
    engine->on_store_reply(now, worker::Probed{code, std::move(why), store});
    turn();
  }
  static worker::QueuedMessage row(uint64_t mid) {
    return {.mid = mid, .from_did = kB1, .ref = 1, .to_uid = kAlice, .from_uid = kBob, .envelope = "sealed"};
  }
  uint64_t epoch_ = 0;
};

TEST_F(StoreChanges, EndSessionsSoThatClientsAskAndRemoveNothingInTheNewDatabase) {
  alice_is_here(1, {row(77)});
  ack(kAt, kA1, 1);
  EXPECT_EQ(expect<worker::RemoveBatch>().store, 1u);
  probed(2);
  EXPECT_THAT(ports->closed, ElementsAre(kAt));
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_EQ(engine->counters().store_changes, 1u);
  // The batch on its way failed with the connection.
  worker::RemoveDone failed{Code::kBusy, {.rows = {{kA1, 77}}, .keep_receipts = {}, .drop_receipts = {}, .store = 1}};
  engine->on_store_reply(now, std::move(failed));
  later(5'000'000);
  EXPECT_EQ(find<worker::RemoveBatch>(), nullptr);
}

TEST_F(StoreChanges, AreNoticedByWhicheverReplyComesFirst) {
  alice_is_here(1);
  engine->on_store_reply(now, worker::Swept{.code = Code::kOk, .dids = {}, .store = 2});
  turn();
  EXPECT_EQ(engine->sessions(), 0u);
  alice_is_here(2);
  EXPECT_EQ(engine->sessions(), 1u);
  EXPECT_EQ(engine->counters().store_changes, 1u) << "once";
}

TEST_F(StoreChanges, RowsReadBeforeAreNotGivenAfter) {
  probed(2);
  grant(kAlice, "alice", kA1, 1);
  attach(kAt, kA1, 1);
  ports->clients[kAt].clear();
  drained(1, {row(77)});
  EXPECT_THAT(traffic(kAt).deliveries(), IsEmpty());
  later(2'000'000);
  EXPECT_EQ(find<worker::Drain>()->store, 2u);
  drained(2, {row(1'000'077)});
  EXPECT_EQ(traffic(kAt).deliveries_size(), 1);
}

TEST_F(StoreChanges, LetGoOfGrantsAndOfWhatIsKnownOfUsers) {
  alice_is_here(1);
  send(kAt, kA1, 1, "bob");
  answer_lookup();
  answer_insert();
  grant(kBob, "bob", kB1);
  later(1'000);
  probed(2);
  EXPECT_FALSE(engine->admits(now, user_id(kB1)));
  alice_is_here(2);
  send(kAt, kA1, 2, "bob");
  EXPECT_NE(find<worker::Lookup>(), nullptr) << "looked up anew";
}

TEST_F(StoreChanges, ADeviceThatWasLostEndsAndHearsFromABrokerWhatItIs) {
  alice_is_here(1);
  probed(2);
  alice_is_here(2);
  ports->closed.clear();
  engine->on_store_reply(now, worker::Swept{.code = Code::kOk, .dids = {}, .gone = {kA1}, .store = 2});
  EXPECT_THAT(ports->closed, ElementsAre(kAt));
}

TEST_F(StoreChanges, AProbeThatFailsOrIsNotAnsweredSaysSo) {
  probed(1);
  EXPECT_EQ(engine->store_trouble(now), "");
  later(3'000'000);
  probed(1, Code::kBusy, "the database: disk full (53100)");
  EXPECT_EQ(engine->store_trouble(now), "the database: disk full (53100)");
  EXPECT_EQ(engine->counters().probes_failed, 1u);
  later(3'000'000);
  probed(1);
  later(3'000'000);
  ASSERT_NE(find<worker::Probe>(), nullptr);
  EXPECT_EQ(engine->store_trouble(now), "");
  later(4'500'000);
  EXPECT_EQ(engine->store_trouble(now), "the database does not answer");
  probed(1);
  EXPECT_EQ(engine->store_trouble(now), "");
}

TEST_F(StoreChanges, ASweepIsToldWhatWasRemovedAndWhoIsHere) {
  alice_is_here(1, {row(77)});
  ack(kAt, kA1, 1);
  const auto batch = expect<worker::RemoveBatch>();
  engine->on_store_reply(now, worker::RemoveDone{Code::kOk, batch, 1});
  later(31'000'000);
  const auto reap = expect<worker::Reap>();
  EXPECT_THAT(reap.mids, ElementsAre(77u));
  EXPECT_THAT(reap.attached, ElementsAre(kA1));
}

}  // namespace
}  // namespace fastchat::test
