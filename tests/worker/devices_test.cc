// Devices that end while their sessions run or their grants wait, and the devices that get the notice about changed
// devices of a user.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WorkerDevices : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kRid = 1;
  static constexpr uint64_t kA2 = 102;

  void invalidate(uint64_t uid, uint64_t did, uint64_t epoch, uint64_t id = 0) {
    v1::BrokerFrame f;
    f.mutable_invalidate()->set_id(id);
    f.mutable_invalidate()->set_uid(uid);
    f.mutable_invalidate()->set_did(did);
    f.mutable_invalidate()->set_session_epoch(epoch);
    from_broker(f);
    turn();
  }
  void from_peer(BusTrafficWriter& w) {
    engine->on_bus_frame(now, w.take(0, kPeer));
    turn();
  }
  // Makes a session of version 2, or of `version`, live.
  void live2(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did, uint32_t version = 2) {
    grant(uid, user, did);
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_attach()->set_version_min(1);
    f.mutable_attach()->set_version_max(version);
    f.mutable_attach()->set_device(Bytes(16, 'd'));
    f.mutable_attach()->set_session_epoch(1);
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
    turn();
    answer_drain({});
    ports->clients[rid].clear();
  }
  size_t told(uint64_t rid) {
    size_t n = 0;
    for (const auto& frame : received(rid)) n += frame.has_devices_changed() ? 1 : 0;
    return n;
  }
};

TEST_F(WorkerDevices, ARemovalElsewhereEndsTheSessionTheGrantAndTheOneThatComesLate) {
  live(kRid, kAlice, "alice", kA1);
  grant(kBob, "bob", kB1);
  BusTrafficWriter w;
  w.kick(kA1);
  w.kick(kB1);
  from_peer(w);
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(ports->closed, ElementsAre(kRid));
  EXPECT_FALSE(engine->admits(now, user_id(kB1)));
  grant(kBob, "bob", kB1, 9);
  EXPECT_FALSE(engine->admits(now, user_id(kB1))) << "a login that was under way when the device was removed";
}

TEST_F(WorkerDevices, ARemovalHereDoesTheSame) {
  grant(kAlice, "alice", kA1);
  engine->on_store_reply(now, worker::DeviceGone{0, 0, kAlice, kA1, Code::kOk});
  EXPECT_FALSE(engine->admits(now, user_id(kA1)));
  grant(kAlice, "alice", kA1, 2);
  EXPECT_FALSE(engine->admits(now, user_id(kA1)));
}

TEST_F(WorkerDevices, AGrantThatIsRefusedIsAnsweredSoThatTheBrokerAsksNobodyElse) {
  BusTrafficWriter w;
  w.kick(kA1);
  from_peer(w);
  ports->broker.clear();
  grant(kAlice, "alice", kA1);
  ASSERT_EQ(ports->broker.size(), 1u);
  v1::WorkerFrame f;
  ASSERT_TRUE(f.ParseFromString(ports->broker[0]));
  EXPECT_TRUE(f.has_granted());
}

TEST_F(WorkerDevices, AnEndOfAllEpochsIsSilentAndTheBrokerSaysWhy) {
  live(kRid, kAlice, "alice", kA1, 5);
  invalidate(kAlice, kA1, UINT64_MAX);
  EXPECT_THAT(errors(kRid), IsEmpty()) << "it was not superseded: its client asks a broker";
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(ports->closed, ElementsAre(kRid));
}

TEST_F(WorkerDevices, AfterAnotherPasswordAnOlderGrantIsRefusedAndANewerOneIsNot) {
  invalidate(kAlice, kA1, UINT64_MAX);
  invalidate(kAlice, kA1, 6);
  grant(kAlice, "alice", kA1, 5);
  EXPECT_FALSE(engine->admits(now, user_id(kA1)));
  grant(kAlice, "alice", kA1, 6);
  EXPECT_TRUE(engine->admits(now, user_id(kA1)));
}

TEST_F(WorkerDevices, WhatWasRefusedIsForgottenWhenNoGrantCanBeUnderWay) {
  invalidate(kAlice, kA1, 6);
  for (int i = 0; i < 61; ++i) later(1'000'000);
  grant(kAlice, "alice", kA1, 5);
  EXPECT_TRUE(engine->admits(now, user_id(kA1)));
}

TEST_F(WorkerDevices, ASweepEndsWhatNoWordReached) {
  live(kRid, kAlice, "alice", kA1, 5);
  later(5'000'001);
  const auto swept = expect<worker::Sweep>();
  EXPECT_THAT(swept.dids, ElementsAre(kA1));
  EXPECT_THAT(swept.epochs, ElementsAre(5u));
  engine->on_store_reply(now, worker::Swept{Code::kOk, {}, {kA1}});
  EXPECT_EQ(engine->sessions(), 0u);
  grant(kAlice, "alice", kA1, 6);
  EXPECT_TRUE(engine->admits(now, user_id(kA1))) << "it may have logged in with the new password meanwhile";
}

TEST_F(WorkerDevices, ANewDeviceIsToldToTheSessionsOfItsUserThatUnderstand) {
  live2(1, kAlice, "alice", kA1);
  live(2, kAlice, "alice", kA2);
  live2(3, kBob, "bob", kB1);
  invalidate(kAlice, 103, 1, 9);
  EXPECT_EQ(told(1), 1u);
  EXPECT_THAT(received(2), IsEmpty()) << "version 1";
  EXPECT_EQ(told(3), 0u);
  invalidate(kAlice, 103, 2);
  EXPECT_EQ(told(1), 0u) << "a known device logged in";
}

TEST_F(WorkerDevices, ARemovalAndAnotherPasswordAreToldAsWell) {
  live2(1, kAlice, "alice", kA1);
  engine->on_store_reply(now, worker::DeviceGone{0, 0, kAlice, kA2, Code::kOk});
  EXPECT_EQ(told(1), 1u);
  later(2'000'000);
  BusTrafficWriter w;
  w.stale_user(kAlice);
  from_peer(w);
  EXPECT_EQ(told(1), 1u);
  later(2'000'000);
  invalidate(kAlice, kA2, UINT64_MAX);
  EXPECT_EQ(told(1), 1u);
}

TEST_F(WorkerDevices, ASessionIsToldOnceASecondHoweverMuchChanges) {
  live2(1, kAlice, "alice", kA1);
  for (uint64_t did = 103; did < 120; ++did) invalidate(kAlice, did, 1, did);
  EXPECT_EQ(told(1), 1u);
  later(500'000);
  EXPECT_EQ(told(1), 0u);
  later(600'000);
  EXPECT_EQ(told(1), 1u) << "what came meanwhile is told once";
  later(2'000'000);
  EXPECT_EQ(told(1), 0u);
}

TEST_F(WorkerDevices, TheChangesOfAKeyAreForVersionThree) {
  const auto ask = [this](uint64_t rid, uint64_t did) {
    v1::ClientFrame f;
    f.set_request(8);
    f.mutable_get_rekeys()->set_user("bob");
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
    turn();
  };
  live2(1, kAlice, "alice", kA1);
  ask(1, kA1);
  EXPECT_EQ(received(1).at(0).error().code(), v1::NOT_ALLOWED);
  live2(2, kAlice, "alice", kA2, 3);
  ask(2, kA2);
  auto asked = expect<worker::ListRekeys>();
  EXPECT_EQ(asked.name, "bob");
  engine->on_store_reply(now, worker::RekeyList{asked.session, asked.request, Code::kOk, "first", {"one", "two"}});
  turn();
  ask(2, kA2);
  asked = expect<worker::ListRekeys>();
  engine->on_store_reply(now,
                         worker::RekeyList{.session = asked.session, .request = asked.request, .code = Code::kBusy});
  turn();
  ask(2, kA2);
  asked = expect<worker::ListRekeys>();
  engine->on_store_reply(
      now, worker::RekeyList{.session = asked.session, .request = asked.request, .code = Code::kUnknownUser});
  turn();
  const auto got = received(2);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].rekeys().first_public_key(), "first");
  EXPECT_EQ(got[0].rekeys().rekeys_size(), 2);
  EXPECT_EQ(got[1].error().code(), v1::BUSY);
  EXPECT_EQ(got[2].error().code(), v1::UNKNOWN_USER);
}

TEST_F(WorkerDevices, AnotherNameIsForVersionThreeAndTheOtherSessionsAreTold) {
  const auto ask = [this](uint64_t rid, uint64_t did) {
    v1::ClientFrame f;
    f.set_request(8);
    f.mutable_rename_device()->set_device(Bytes(16, 'd'));
    f.mutable_rename_device()->set_name("kitchen");
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
    turn();
  };
  live2(1, kAlice, "alice", kA1);
  ask(1, kA1);
  EXPECT_EQ(received(1).at(0).error().code(), v1::NOT_ALLOWED);
  ports->clients[1].clear();
  live2(2, kAlice, "alice", kA2, 3);
  ask(2, kA2);
  auto asked = expect<worker::RenameDevice>();
  EXPECT_EQ(asked.uid, kAlice);
  EXPECT_EQ(asked.name, "kitchen");
  const auto reply = [&](Code code) {
    engine->on_store_reply(now, worker::DeviceRenamed{asked.session, asked.request, kAlice, code});
    turn();
  };
  reply(Code::kBusy);
  ask(2, kA2);
  asked = expect<worker::RenameDevice>();
  reply(Code::kUnknownDevice);
  EXPECT_EQ(told(1), 0u) << "nothing changed";
  ask(2, kA2);
  asked = expect<worker::RenameDevice>();
  reply(Code::kOk);
  EXPECT_EQ(told(1), 1u);
  std::vector<v1::ServerFrame> got;
  for (const auto& frame : received(2)) {
    if (frame.request() != 0) got.push_back(frame);
  }
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].error().code(), v1::BUSY);
  EXPECT_EQ(got[1].error().code(), v1::UNKNOWN_DEVICE);
  EXPECT_TRUE(got[2].has_device_renamed());
}

TEST_F(WorkerDevices, AChangedKeyMakesTheWorkerForgetTheUserAndEndsNoSession) {
  live(2, kBob, "bob", kB1);
  live(1, kAlice, "alice", kA1);
  const auto ask = [this] {
    v1::ClientFrame f;
    f.set_request(8);
    f.mutable_get_users()->add_names("bob");
    engine->on_client_frame(now, 1, user_id(kA1), f.SerializeAsString());
    turn();
  };
  ask();
  answer_lookup();
  ask();
  EXPECT_EQ(count<worker::Lookup>(), 0u) << "cached";
  invalidate(kBob, 0, 0);
  ask();
  EXPECT_EQ(count<worker::Lookup>(), 1u) << "asked for again";
  EXPECT_EQ(engine->sessions(), 2u);
}

TEST_F(WorkerDevices, TheAddressOfADeviceIsForVersionTwo) {
  live2(1, kAlice, "alice", kA1);
  live(2, kAlice, "alice", kA2);
  for (const uint64_t rid : {1, 2}) {
    v1::ClientFrame f;
    f.set_request(8);
    f.mutable_get_devices();
    engine->on_client_frame(now, rid, user_id(rid == 1 ? kA1 : kA2), f.SerializeAsString());
    const auto asked = expect<worker::ListDevices>();
    engine->on_store_reply(
        now, worker::DeviceList{
                 asked.session, asked.request, Code::kOk, {{kA1, Bytes(16, 'd'), "laptop", 1, 2, "192.0.2.7"}}});
    turn();
  }
  EXPECT_EQ(received(1).at(0).devices().devices(0).address(), "192.0.2.7");
  EXPECT_EQ(received(2).at(0).devices().devices(0).address(), "");
}

}  // namespace
}  // namespace fastchat::test
