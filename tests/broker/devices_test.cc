// Devices with secrets, ended devices, too many devices, a changed password: PROTOCOL.md section 3, version 2.
#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

class Devices : public testing::Test {
 protected:
  void SetUp() override { b.account("alice"); }
  // Logs the device in by password up to LOGGED_IN, over a link of its own that is then gone. The device has a secret
  // from then on.
  void add(char device) {
    ASSERT_TRUE(b.ask(8'000, Broker::log_in_with_hash("alice", device)).has_logged_in());
    b.engine.on_client_gone(b.now, 8'000);
    b.settle("alice", device);
  }
  void remove(char device) { b.db.end_device(b.db.did_by_device.at({1, Bytes(16, device)})); }
  v1::ServerFrame by_secret(Rid rid, char device) {
    return b.ask(rid, Broker::log_in_by_secret("alice", device, Broker::secret_of(device)));
  }
  v1::ServerFrame by_password(Rid rid, char device, const std::string& auth = Broker::auth_of("alice")) {
    return b.ask(rid, Broker::log_in_frame("alice", auth, device));
  }
  // Sends the login `frame` and completes it up to the assignment.
  void assigned(Rid rid, const v1::ClientFrame& frame) {
    b.join(1);
    b.ask(rid, frame);
    b.granted(1, b.last_grant().grant_id());
    ASSERT_TRUE(b.last(rid).has_assignment()) << b.last(rid).ShortDebugString();
    b.ports.to_workers.clear();
  }
  // Returns (did, epoch) of every Invalidate.
  std::vector<std::pair<uint64_t, uint64_t>> ended() const {
    std::vector<std::pair<uint64_t, uint64_t>> out;
    for (const auto& [rid, frame] : b.ports.to_workers) {
      if (frame.has_invalidate()) out.emplace_back(frame.invalidate().did(), frame.invalidate().session_epoch());
    }
    return out;
  }

  Broker b;
};

using Ended = std::vector<std::pair<uint64_t, uint64_t>>;

TEST_F(Devices, ASecretLogsInWithTheVaultAndWithoutTheBlob) {
  add('d');
  const auto answer = by_secret(7, 'd');
  ASSERT_TRUE(answer.has_logged_in()) << answer.ShortDebugString();
  EXPECT_TRUE(answer.logged_in().identity_blob().empty());
  EXPECT_EQ("vault", answer.logged_in().vault());
  EXPECT_EQ(1u, answer.logged_in().vault_version());
  for (const auto& [did, device] : b.db.devices) EXPECT_NE(Broker::secret_of('d'), device.secret_hash);
  EXPECT_EQ(1, b.ports.events[Event::kLoggedInBySecret]);
}

TEST_F(Devices, AWrongSecretAnUnknownDeviceAndAnUnknownUserGetTheSameBytesAfterTheSameWork) {
  add('d');
  const std::pair<std::string, char> tries[] = {{"alice", 'd'}, {"alice", 'q'}, {"nobody", 'd'}};
  std::vector<Bytes> answers;
  for (const auto& [user, device] : tries) {
    b.hello(7, 1, 2);
    b.client(7, Broker::log_in_by_secret(user, device, Bytes(32, 'w')));
    ASSERT_EQ(1u, b.ports.requests.size());
    b.serve_one();
    EXPECT_TRUE(b.ports.requests.empty());
    EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(7)) << user << device;
    answers.push_back(b.ports.client_bytes.back());
    b.engine.on_client_gone(b.now, 7);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[0], answers[2]);
}

TEST_F(Devices, TheHashIsNoSecretAndTheSecretNoPassword) {
  add('d');
  const Bytes hash = Broker::hash_of(Broker::secret_of('d'));
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.ask(7, Broker::log_in_by_secret("alice", 'd', hash)).error().code());
  EXPECT_EQ(v1::BAD_CREDENTIALS, by_password(7, 'd', Broker::secret_of('d')).error().code());
  EXPECT_EQ(v1::BAD_CREDENTIALS,
            b.ask(7, Broker::log_in_by_secret("alice", 'd', Broker::auth_of("alice"))).error().code());
}

TEST_F(Devices, GuessingTheNamesPasswordDoesNotTouchADeviceWithItsSecret) {
  add('d');
  for (int i = 0; i < 60; ++i) {
    b.address = "198.51.100." + std::to_string(i % 3);
    by_password(7, 'q', Bytes(32, 'w'));
  }
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
  EXPECT_EQ(v1::THROTTLED, by_password(7, 'q').error().code()) << "also with the right one, from an unknown device";
  b.engine.on_client_gone(b.now, 7);
  EXPECT_TRUE(by_secret(7, 'd').has_logged_in()) << "from the very address";
  EXPECT_TRUE(by_password(8, 'd').has_logged_in()) << "a device that she has is counted by itself";
}

TEST_F(Devices, WrongSecretsOfADeviceAreSlowedAndTheRightOneIsTakenAllTheSame) {
  add('d');
  b.hello(7, 1, 2);
  for (int i = 0; i < 6; ++i) b.ask(7, Broker::log_in_by_secret("alice", 'd', Bytes(32, 'w')));
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
  EXPECT_TRUE(by_secret(7, 'd').has_logged_in());
}

TEST_F(Devices, ARemovedDeviceIsToldSoOnceItHasShownThePassword) {
  add('d');
  add('e');
  remove('d');
  EXPECT_EQ(v1::DEVICE_ENDED, by_secret(7, 'd').error().code());
  EXPECT_EQ(v1::BAD_CREDENTIALS, by_password(7, 'd', Bytes(32, 'w')).error().code());
  EXPECT_EQ(v1::DEVICE_ENDED, by_password(7, 'd').error().code());
  EXPECT_EQ(v1::DEVICE_ENDED, b.ask(7, Broker::log_in_with_hash("alice", 'd')).error().code());
  EXPECT_EQ(1u, b.db.devices_of(1).size());
  EXPECT_EQ(v1::BAD_CREDENTIALS,
            b.ask(9, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'), 1).error().code())
      << "a peer of version 1 knows no better code";
}

TEST_F(Devices, ARemovalBetweenVerifyingAndEnteringWins) {
  add('d');
  add('e');
  b.hello(7, 1, 2);
  for (const auto& frame : {Broker::log_in_by_secret("alice", 'd', Broker::secret_of('d')),
                            Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd')}) {
    b.client(7, frame);
    b.serve_one();
    if (b.db.did_by_device.contains({1, Bytes(16, 'd')})) remove('d');
    b.serve_store();
    EXPECT_EQ(v1::DEVICE_ENDED, b.last_error(7));
  }
}

TEST_F(Devices, ADeviceWithoutASecretNeedsThePassword) {
  b.settle("alice", 'o');
  EXPECT_EQ(v1::PASSWORD_NEEDED, by_secret(7, 'o').error().code());
  EXPECT_TRUE(b.ask(8, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'o'), 1).has_logged_in())
      << "version 1 goes on with the password alone";
}

TEST_F(Devices, APeerOfVersionOneHasNoSecrets) {
  add('d');
  b.hello(7, 1, 1);
  EXPECT_EQ(v1::NOT_ALLOWED, by_secret(7, 'd').error().code());
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(7, Broker::log_in_with_hash("alice", 'd')).error().code());
  EXPECT_TRUE(b.ports.requests.empty());
}

TEST_F(Devices, OfTooManyTheListIsGivenToWhoKnowsThePassword) {
  b.address = "2001:db8::7";
  for (char device = 'a'; device < 'a' + 20; ++device) {
    add(device);
    for (auto& [did, row] : b.db.devices) row.created_ms = -4'000'000;
  }
  EXPECT_EQ(v1::BAD_CREDENTIALS, by_password(7, 'z', Bytes(32, 'w')).error().code());
  const auto answer = by_password(7, 'z');
  ASSERT_EQ(v1::TOO_MANY_DEVICES, answer.error().code());
  ASSERT_EQ(20, answer.error().devices_size());
  EXPECT_EQ(Bytes(16, 'a'), answer.error().devices(0).device());
  EXPECT_EQ("laptop", answer.error().devices(0).name());
  EXPECT_EQ("2001:db8::7", answer.error().devices(0).address()) << "the address itself, not what the throttle counts";
  EXPECT_TRUE(by_secret(8, 'a').has_logged_in()) << "those that are known are not asked";
  const auto old = b.ask(9, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'z'), 1);
  EXPECT_EQ(v1::NOT_ALLOWED, old.error().code());
  EXPECT_EQ(0, old.error().devices_size());
}

TEST_F(Devices, OneGoesForOneThatComesAndEveryWorkerEndsIt) {
  b.join(1);
  b.join(2);
  for (char device = 'a'; device < 'a' + 20; ++device) {
    add(device);
    for (auto& [did, row] : b.db.devices) row.created_ms = -4'000'000;
  }
  const auto gone = static_cast<uint64_t>(b.db.did_by_device.at({1, Bytes(16, 'c')}));
  b.ports.to_workers.clear();
  auto frame = Broker::log_in_with_hash("alice", 'z');
  frame.mutable_log_in()->set_replaces(Bytes(16, 'c'));
  ASSERT_TRUE(b.ask(7, frame).has_logged_in());
  const auto all = ended();
  EXPECT_EQ(2, std::count(all.begin(), all.end(), std::pair(gone, UINT64_MAX)));
  EXPECT_EQ(2, std::count(all.begin(), all.end(), std::pair(gone, UINT64_MAX - 1)));
  EXPECT_EQ(v1::DEVICE_ENDED, by_secret(8, 'c').error().code());
}

TEST_F(Devices, NewOnesAnHourAreFew) {
  for (char device = 'a'; device < 'a' + 10; ++device) add(device);
  const auto answer = by_password(7, 'z');
  EXPECT_EQ(v1::THROTTLED, answer.error().code());
  EXPECT_GT(answer.error().retry_after_ms(), 3'000'000u);
  EXPECT_TRUE(by_secret(7, 'a').has_logged_in());
  EXPECT_EQ(1, b.ports.events[Event::kNewDeviceThrottled]);
}

TEST_F(Devices, LogInsOfOneDeviceAreFewAMinuteHoweverRight) {
  add('d');
  add('e');
  for (int i = 0; i < broker::Engine::kDeviceLogins + 5; ++i) {
    b.engine.on_client_gone(b.now, 7);
    by_secret(7, 'd');
  }
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
  EXPECT_GT(b.last(7).error().retry_after_ms(), 0u);
  EXPECT_TRUE(by_secret(8, 'e').has_logged_in());
  b.pass(kSecond);
  EXPECT_TRUE(by_secret(7, 'd').has_logged_in());
}

TEST_F(Devices, ARemovedDeviceThatTriesForEverUsesUpNothingOfItsFormerUser) {
  add('d');
  add('e');
  remove('d');
  for (int i = 0; i < broker::Engine::kUserLogins + 5; ++i) by_secret(7, 'd');
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
  EXPECT_TRUE(by_secret(8, 'e').has_logged_in());
}

TEST_F(Devices, ALongQueueIsAdoptedSliceBySliceBeforeTheGrant) {
  add('d');
  for (int64_t mid = 1; mid <= 10; ++mid) b.db.queue[{b.db.did_by_device.at({1, Bytes(16, 'd')}), mid}] = false;
  b.join(1);
  b.hello(7, 1, 2);
  b.client(7, Broker::log_in_with_hash("alice", 'e'));
  b.serve_one();
  b.serve_one();
  b.invalidated(1, b.invalidates().back().second);
  for (int slice = 0; slice < 4; ++slice) {
    ASSERT_EQ(1u, b.ports.requests.size());
    EXPECT_TRUE(b.grants().empty());
    b.serve_one();
  }
  EXPECT_EQ(1u, b.grants().size());
  EXPECT_EQ(10u, b.db.queued_for(b.db.did_by_device.at({1, Bytes(16, 'e')})).size());
}

TEST_F(Devices, AQueueThatTakesTooLongIsGoneOnWithAtTheNextLogIn) {
  add('d');
  for (int64_t mid = 1; mid <= 10; ++mid) b.db.queue[{b.db.did_by_device.at({1, Bytes(16, 'd')}), mid}] = false;
  b.join(1);
  b.hello(7, 1, 2);
  b.client(7, Broker::log_in_with_hash("alice", 'e'));
  b.serve_one();
  b.serve_one();
  b.invalidated(1, b.invalidates().back().second);
  b.serve_one();
  b.pass(5 * kSecond);
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  b.serve_one();
  EXPECT_TRUE(b.ports.requests.empty()) << "nobody waits for more";
  EXPECT_EQ(6u, b.db.queued_for(b.db.did_by_device.at({1, Bytes(16, 'e')})).size());
}

// ---- another password

TEST_F(Devices, AnotherPasswordEndsTheOtherDevicesEverywhere) {
  add('d');
  add('e');
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  const auto answer = b.ask(7, Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n')));
  ASSERT_TRUE(answer.has_password_changed()) << answer.ShortDebugString();
  EXPECT_EQ(1u, answer.password_changed().devices());
  const auto e = static_cast<uint64_t>(b.db.did_by_device.at({1, Bytes(16, 'e')}));
  const auto epoch = static_cast<uint64_t>(b.db.devices.at(static_cast<int64_t>(e)).session_epoch);
  EXPECT_EQ((Ended{{e, UINT64_MAX}, {e, epoch}}), ended());
  EXPECT_EQ(v1::PASSWORD_NEEDED, by_secret(8, 'e').error().code());
  EXPECT_EQ(v1::BAD_CREDENTIALS, by_password(8, 'e').error().code());
  EXPECT_EQ(v1::BAD_CREDENTIALS,
            b.ask(9, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'o'), 1).error().code());
  EXPECT_TRUE(by_secret(8, 'd').has_logged_in()) << "who changed it keeps its secret";
  const auto again = by_password(10, 'e', Bytes(32, 'n'));
  ASSERT_TRUE(again.has_logged_in());
  EXPECT_EQ("blob under " + Bytes(32, 'n'), again.logged_in().identity_blob());
  EXPECT_EQ(2u, again.logged_in().vault_version());
}

TEST_F(Devices, AnotherPasswordAgainOverTheSameLinkIsTheSameAnswer) {
  add('d');
  add('e');
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  const auto frame = Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'));
  b.client(7, frame);
  b.fail_one();
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  ASSERT_TRUE(b.ask(7, frame).has_password_changed());
  b.ports.to_workers.clear();
  const auto answer = b.ask(7, frame);
  ASSERT_TRUE(answer.has_password_changed());
  EXPECT_EQ(1u, answer.password_changed().devices());
  EXPECT_EQ(2u, ended().size()) << "the first word of it may have got lost";
}

TEST_F(Devices, AnotherPasswordNeedsTheOldOneOnALinkThatShowedIt) {
  add('d');
  const auto frame = Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'));
  EXPECT_EQ(v1::NOT_LOGGED_IN, [&] {
    b.client(70, frame);
    return b.last_error(70);
  }());
  b.hello(7, 1, 2);
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(7, frame).error().code()) << "READY";
  assigned(8, Broker::log_in_by_secret("alice", 'd', Broker::secret_of('d')));
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(8, frame).error().code()) << "by secret";
  b.hello(9, 1, 1);
  assigned(9, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(9, frame).error().code()) << "version 1";
  assigned(10, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  EXPECT_EQ(v1::CONFLICT, b.ask(10, Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'), 3)).error().code());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(v1::BAD_CREDENTIALS, b.ask(10, Broker::new_password(Bytes(32, 'w'), Bytes(32, 'n'))).error().code());
  }
  EXPECT_EQ(v1::THROTTLED, b.ask(10, frame).error().code()) << "wrong ones count";
  b.pass(kSecond);
  EXPECT_TRUE(b.ask(10, frame).has_password_changed()) << "the link stays ASSIGNED";
}

TEST_F(Devices, AChangeOfTheKeyEndsTheOtherDevicesAndEveryWorkerForgetsTheUser) {
  add('d');
  add('e');
  b.hello(7, 1, 3);
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  b.ports.to_workers.clear();
  const auto done = b.ask(7, Broker::new_key("alice", 1, 1));
  ASSERT_TRUE(done.has_password_changed());
  EXPECT_EQ(1u, done.password_changed().devices());
  EXPECT_EQ(1, b.ports.events[broker::Event::kKeyChanged]);
  bool forgets = false;
  for (const auto& [rid, frame] : b.ports.to_workers) {
    forgets = forgets || (frame.has_invalidate() && frame.invalidate().uid() == 1 && frame.invalidate().did() == 0);
  }
  EXPECT_TRUE(forgets);
  b.hello(8, 1, 3);
  const auto entered = b.ask(8, Broker::log_in_with_hash("alice", 'd'));
  EXPECT_EQ("blob with key 1", entered.logged_in().identity_blob());
  EXPECT_EQ(1u, entered.logged_in().rekeys());
}

TEST_F(Devices, AChangeOfTheKeyNeedsVersionThree) {
  add('d');
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(7, Broker::new_key("alice", 1, 1)).error().code());
  EXPECT_EQ(0u, b.ask(8, Broker::log_in_with_hash("alice", 'd')).logged_in().rekeys()) << "nor is the number told";
}

TEST_F(Devices, ARemovedDeviceChangesNoPassword) {
  add('d');
  add('e');
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  remove('d');
  EXPECT_EQ(v1::DEVICE_ENDED, b.ask(7, Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'))).error().code());
}

TEST_F(Devices, WhileThePasswordChangesTheLinkIsBusy) {
  add('d');
  assigned(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd'));
  const auto frame = Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'));
  b.client(7, frame);
  b.client(7, frame);
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  EXPECT_EQ(1u, b.ports.requests.size());
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_password_changed());
}

TEST_F(Devices, ALogInByTheOldPasswordThatWasVerifiedAlreadyIsRefused) {
  add('d');
  add('e');
  b.hello(8, 1, 2);
  b.client(8, Broker::log_in_with_hash("alice", 'e'));
  b.serve_one();
  // Another broker changes the password now.
  const auto done = b.store.change_password({1, Bytes(16, 'd'), Broker::verifier_of(Broker::auth_of("alice")),
                                             Broker::verifier_of(Bytes(32, 'n')), "blob", "vault", 2});
  ASSERT_EQ(Code::kOk, done->code);
  b.serve_store();
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(8));
}

}  // namespace
}  // namespace fastchat::test
