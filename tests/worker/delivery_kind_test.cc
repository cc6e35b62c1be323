// A worker reports with each delivery whether its message was sent to a user or to a group (PROTOCOL.md sections 4 and
// 6).
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

class DeliveryKind : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1, kBt = 2, kA2t = 3;  // routing ids
  static constexpr uint64_t kA2 = 102, kGid = 70;
  const Bytes kTeam = Bytes(32, 'g');

  DeliveryKind() { live(kAt, kAlice, "alice", kA1); }

  // Attaches bob with a client of `version`; his queue is `rows`.
  void bob_is_here(uint32_t version, std::vector<worker::QueuedMessage> rows = {}) {
    grant(kBob, "bob", kB1);
    attach(kBt, kB1, 1, version);
    answer_drain(std::move(rows));
  }
  void other_device_is_here() {
    grant(kAlice, "alice", kA2);
    attach(kA2t, kA2, 1, 2);
    answer_drain({});
  }
  void answer_directory() {
    while (find<worker::Lookup>() != nullptr) {
      const auto asked = take<worker::Lookup>();
      worker::LookedUp reply{asked.asked_at, Code::kOk, asked.names, {}};
      for (const auto& name : asked.names) {
        if (name == "alice") reply.users.push_back({"alice", kAlice, "", kMailboxA, {kA1, kA2}});
        if (name == "bob") reply.users.push_back({"bob", kBob, "", kMailboxB, {kB1}});
      }
      engine->on_store_reply(now, std::move(reply));
      turn();
    }
  }
  void to_bob(uint64_t ref) {
    send(kAt, kA1, ref, "bob");
    answer_directory();
  }
  void to_team(uint64_t ref) {
    UpstreamWriter w;
    w.send(ref, {.user = {}, .group = kTeam, .epoch = 1}, Bytes(16, 's'), ref, "sealed");
    engine->on_client_frame(now, kAt, user_id(kA1), w.take());
    turn();
    if (find<worker::GroupLookup>() != nullptr) {
      const auto asked = take<worker::GroupLookup>();
      const worker::GroupRow row{kTeam, kGid, 1, 1, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 0}}};
      engine->on_store_reply(now, worker::GroupsLookedUp{asked.asked_at, Code::kOk, {kTeam}, {row}});
      turn();
    }
    answer_directory();
  }
  std::vector<v1::DeliveryKind> kinds(uint64_t rid) {
    std::vector<v1::DeliveryKind> out;
    const v1::Downstream got = traffic(rid);
    for (const auto& d : got.deliveries()) out.push_back(d.kind());
    return out;
  }
  std::vector<uint32_t> kinds_on_the_bus() {
    std::vector<uint32_t> out;
    const v1::BusTraffic sent = bus_traffic(kPeer);
    for (const auto& d : sent.deliveries()) out.push_back(d.kind());
    return out;
  }
};

using testing::ElementsAre;

TEST_F(DeliveryKind, OfWhatIsGivenToASessionHereIsThatOfTheSend) {
  bob_is_here(2);
  other_device_is_here();
  to_bob(5);
  to_team(6);
  EXPECT_THAT(kinds(kBt), ElementsAre(v1::TO_USER, v1::TO_GROUP));
  EXPECT_THAT(kinds(kA2t), ElementsAre(v1::TO_USER, v1::TO_GROUP)) << "copies of what alice sent elsewhere";
}

TEST_F(DeliveryKind, OfWhatWasQueuedIsKnownFromItsRow) {
  const worker::QueuedMessage direct{
      .mid = 9, .from_did = kA1, .ref = 5, .to_uid = kBob, .from_uid = kAlice, .envelope = "one"};
  const worker::QueuedMessage in_group{
      .mid = 10, .from_did = kA1, .ref = 6, .from_uid = kAlice, .to_gid = kGid, .envelope = "two"};
  const worker::QueuedMessage own{
      .mid = 11, .from_did = 999, .ref = 7, .to_uid = kAlice, .from_uid = kBob, .envelope = "three"};
  bob_is_here(2, {direct, in_group, own});
  EXPECT_THAT(kinds(kBt), ElementsAre(v1::TO_USER, v1::TO_GROUP, v1::TO_USER));
}

TEST_F(DeliveryKind, IsNotSaidToAClientOfVersion1) {
  bob_is_here(1, {{.mid = 9, .from_did = kA1, .ref = 5, .from_uid = kAlice, .to_gid = kGid, .envelope = "one"}});
  to_bob(6);
  to_team(7);
  EXPECT_THAT(kinds(kBt), ElementsAre(v1::KIND_NOT_KNOWN, v1::KIND_NOT_KNOWN, v1::KIND_NOT_KNOWN));
}

TEST_F(DeliveryKind, GoesOverTheBusToAWorkerOfVersion2) {
  add_peer(2);
  snapshot_of_peer(3, {kB1});
  to_bob(5);
  to_team(6);
  EXPECT_THAT(kinds_on_the_bus(), ElementsAre(1u, 2u));
}

TEST_F(DeliveryKind, IsNotSaidOnTheBusToAWorkerThatIsNotKnownToTakeIt) {
  for (const uint32_t version : {0u, 1u}) {
    add_peer(version);
    snapshot_of_peer(3, {kB1});
    ports->bus.clear();
    to_bob(5 + 2 * version);
    to_team(6 + 2 * version);
    EXPECT_THAT(kinds_on_the_bus(), ElementsAre(0u, 0u)) << version;
  }
  add_peer(2);
  ports->bus.clear();
  to_team(20);
  EXPECT_THAT(kinds_on_the_bus(), ElementsAre(2u)) << "another broker knows it";
}

TEST_F(DeliveryKind, OfWhatAPeerAsksForIsWhatThePeerSays) {
  bob_is_here(2);
  add_peer(2);
  BusTrafficWriter w;
  const uint64_t did = kB1;
  w.delivery(41, &did, 1, "one", v1::TO_GROUP);
  w.delivery(42, &did, 1, "two", v1::TO_USER);
  w.delivery(43, &did, 1, "three");
  traffic_of_peer(w);
  EXPECT_THAT(kinds(kBt), ElementsAre(v1::TO_GROUP, v1::TO_USER, v1::KIND_NOT_KNOWN)) << "version 1 does not say it";
}

}  // namespace
}  // namespace fastchat::test
