// The client link of the engine: greeting, signing up, logging in, every row of PROTOCOL.md section 3 that needs no
// worker.
#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

TEST(Accounts, AHelloIsAnsweredWithVersionRealmAndRegistration) {
  Broker b(v1::INVITE);
  b.hello(7, 1, 9);
  const auto reply = b.last(7);
  EXPECT_EQ(1u, reply.request());
  EXPECT_EQ(wire::kVersion, reply.hello().version());
  EXPECT_EQ(Bytes(16, 'R'), reply.hello().realm());
  EXPECT_EQ(v1::INVITE, reply.hello().registration());
  EXPECT_EQ(1u, b.engine.links());
}

TEST(Accounts, VersionsWithoutACommonOneAreRefused) {
  const std::pair<uint32_t, uint32_t> ranges[] = {{6, 7}, {0, 0}, {2, 0}};
  for (const auto& [least, most] : ranges) {
    Broker b;
    b.hello(7, least, most);
    EXPECT_EQ(v1::UNSUPPORTED_VERSION, b.last_error(7)) << least << ".." << most;
    EXPECT_EQ((std::vector<Rid>{7}), b.ports.closed);
    EXPECT_EQ(0u, b.engine.links());
  }
}

TEST(Accounts, OnlyASignUpThatKnowsContactsGetsThePolicyForStrangers) {
  const auto policy = [](v1::Strangers configured, uint32_t version) {
    broker::EngineConfig config{Bytes(16, 'R'), "test broker"};
    EXPECT_EQ(config.strangers, v1::ASK) << "unless configured";
    config.strangers = configured;
    Broker b(config);
    b.hello(7, 1, version);
    b.client(7, Broker::sign_up_frame("alice"));
    b.serve_store();
    return static_cast<v1::Strangers>(b.db.users.at(b.db.uid_by_name.at("alice")).strangers);
  };
  EXPECT_EQ(policy(v1::ASK, 4), v1::ASK);
  EXPECT_EQ(policy(v1::REFUSE, 4), v1::REFUSE);
  EXPECT_EQ(policy(v1::ASK, 3), v1::TAKE);
  EXPECT_EQ(policy(v1::REFUSE, 1), v1::TAKE);
}

TEST(Accounts, AnythingBeforeHelloIsRefusedAndAHelloBeginsAnew) {
  Broker b;
  b.client(7, Broker::sign_up_frame("alice"));
  EXPECT_EQ(v1::NOT_LOGGED_IN, b.last_error(7));
  auto ping = Broker::request(5);
  ping.mutable_ping();
  b.client(7, ping);
  EXPECT_EQ(v1::NOT_LOGGED_IN, b.last_error(7));
  EXPECT_EQ(5u, b.last(7).request());
  EXPECT_TRUE(b.ports.requests.empty());
  b.hello(7);
  b.client(7, ping);
  EXPECT_TRUE(b.last(7).has_pong());
}

TEST(Accounts, AMalformedFrameClosesTheLink) {
  Broker b;
  b.hello(7);
  b.client_bytes(7, "\xff\xff");
  EXPECT_EQ(v1::MALFORMED, b.last_error(7));
  EXPECT_EQ((std::vector<Rid>{7}), b.ports.closed);
  EXPECT_EQ(0u, b.engine.links());
  b.client(7, Broker::sign_up_frame("alice"));
  EXPECT_EQ(v1::NOT_LOGGED_IN, b.last_error(7));
}

TEST(Accounts, ARequestForAWorkerClosesTheLink) {
  Broker b;
  b.hello(7);
  auto f = Broker::request(4);
  f.mutable_get_devices();
  b.client(7, f);
  EXPECT_EQ(v1::NOT_LOGGED_IN, b.last_error(7));
  EXPECT_EQ(4u, b.last(7).request());
  EXPECT_EQ(0u, b.engine.links());
}

TEST(Accounts, ByeEndsALinkInSilence) {
  Broker b;
  b.hello(7);
  v1::ClientFrame bye;
  bye.mutable_bye();
  b.client(7, bye);
  EXPECT_EQ(1u, b.to(7).size());
  EXPECT_EQ(0u, b.engine.links());
  b.client(7, bye);
  EXPECT_EQ(1u, b.to(7).size());
}

TEST(Accounts, ALinkThatIsSilentForAMinuteIsForgotten) {
  Broker b;
  b.hello(7);
  b.pass(59 * kSecond);
  EXPECT_EQ(1u, b.engine.links());
  b.pass(kSecond);
  EXPECT_EQ(0u, b.engine.links());
  EXPECT_EQ((std::vector<Rid>{7}), b.ports.closed);
}

TEST(Accounts, SigningUpAndAgain) {
  Broker b;
  b.hello(7);
  b.client(7, Broker::sign_up_frame("alice"));
  EXPECT_EQ(1u, b.to(7).size()) << "nothing is said before it is stored";
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up());
  EXPECT_EQ(2u, b.last(7).request());
  auto other = Broker::sign_up_frame("alice");
  other.mutable_sign_up()->set_verifier(Bytes(32, 'x'));
  b.client(7, other);
  b.serve_store();
  EXPECT_EQ(v1::NAME_TAKEN, b.last_error(7));
  b.client(7, Broker::sign_up_frame("alicia"));
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up()) << "an error leaves the link where it was";
}

TEST(Accounts, NamesOfAnotherGrammarAndReservedOnesAreNotAllowed) {
  Broker b;
  b.hello(7);
  for (const std::string name : {"", "al", "Alice", "-alice", "al ice", "root", "mailbox"}) {
    b.client(7, Broker::sign_up_frame(name));
    EXPECT_EQ(v1::NAME_NOT_ALLOWED, b.last_error(7)) << name;
  }
  EXPECT_TRUE(b.ports.requests.empty());
}

TEST(Accounts, ClosedRegistrationTakesNobody) {
  Broker b(v1::CLOSED);
  b.hello(7);
  b.client(7, Broker::sign_up_frame("alice", "token"));
  EXPECT_EQ(v1::REGISTRATION_CLOSED, b.last_error(7));
  EXPECT_TRUE(b.ports.requests.empty());
}

TEST(Accounts, RegistrationByInviteTakesTokensByTheirHash) {
  Broker b(v1::INVITE);
  ASSERT_TRUE(b.store.create_invite(broker::hash_invite("secret token"), 1, 0).ok());
  b.hello(7);
  b.client(7, Broker::sign_up_frame("alice"));
  EXPECT_EQ(v1::BAD_INVITE, b.last_error(7));
  b.client(7, Broker::sign_up_frame("alice", "wrong"));
  b.serve_store();
  EXPECT_EQ(v1::BAD_INVITE, b.last_error(7));
  b.client(7, Broker::sign_up_frame("alice", "secret token"));
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up());
  for (const auto& [hash, invite] : b.db.invites) EXPECT_EQ(Bytes::npos, hash.find("secret"));
}

TEST(Accounts, OneRequestAtATime) {
  Broker b;
  b.account("alice");
  b.hello(7);
  b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice"), 'd', 4));
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  EXPECT_EQ(4u, b.last(7).request());
  b.client(7, Broker::sign_up_frame("bobby"));
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  EXPECT_EQ(1u, b.ports.requests.size());
  b.hello(7);
  EXPECT_EQ(v1::NOT_ALLOWED, b.last_error(7));
  b.serve_store();
  EXPECT_TRUE(b.to(7)[4].has_logged_in());
}

TEST(Accounts, WrongPasswordAndUnknownUserGetTheSameBytesAfterTheSameWork) {
  Broker b;
  b.account("alice");
  std::vector<Bytes> answers;
  for (const std::string user : {"alice", "nobody", "root"}) {
    b.hello(7);
    const size_t before = b.ports.requests.size();
    b.client(7, Broker::log_in_frame(user, Bytes(32, 'w')));
    EXPECT_EQ(before + 1, b.ports.requests.size());
    b.serve_one();
    EXPECT_TRUE(b.ports.requests.empty()) << "one look into the database, whoever was asked for";
    EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(7)) << user;
    answers.push_back(b.ports.client_bytes.back());
    b.engine.on_client_gone(b.now, 7);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[0], answers[2]);
}

TEST(Accounts, NothingHashesToTheVerifierOfAnUnknownUser) {
  Broker b;
  b.hello(7);
  b.client(7, Broker::log_in_frame("nobody", Bytes(32, '\0')));
  // A store answer with the matching hash but without a uid lets nobody in.
  const auto id = b.ports.requests.front().id;
  const Bytes hash = sha256({std::string_view("FastChat/1/verifier\0", 20), Bytes(32, '\0')});
  b.engine.on_store_reply(b.now, {id, broker::StoreAnswer(broker::LoginRow{0, hash})});
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(7));
}

TEST(Accounts, BlobAndVaultComeOnlyAfterAuthVerified) {
  Broker b;
  b.account("alice");
  b.hello(7);
  b.client(7, Broker::log_in_frame("alice", Bytes(32, 'w')));
  b.serve_store();
  for (const Bytes& bytes : b.ports.client_bytes) EXPECT_EQ(Bytes::npos, bytes.find("blob of alice"));
  b.log_in(7, "alice");
  ASSERT_TRUE(b.to(7)[2].has_logged_in());
  EXPECT_EQ("blob of alice", b.to(7)[2].logged_in().identity_blob());
  EXPECT_EQ("vault", b.to(7)[2].logged_in().vault());
  EXPECT_EQ(1u, b.to(7)[2].logged_in().vault_version());
  EXPECT_EQ(3u, b.to(7)[2].request());
}

TEST(Accounts, FailuresAreThrottledForKnownAndUnknownNamesAlike) {
  for (const std::string user : {"alice", "nobody"}) {
    Broker b;
    b.account("alice");
    b.hello(7);
    for (int i = 0; i < 5; ++i) {
      b.client(7, Broker::log_in_frame(user, Bytes(32, 'w')));
      b.serve_store();
      EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(7));
    }
    b.client(7, Broker::log_in_frame(user, Bytes(32, 'w')));
    b.serve_store();
    EXPECT_EQ(v1::THROTTLED, b.last_error(7)) << user;
    EXPECT_EQ(1'000u, b.last(7).error().retry_after_ms());
    b.pass(kSecond);
    b.client(7, Broker::log_in_frame(user, Bytes(32, 'w')));
    b.serve_store();
    EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(7));
    b.client(7, Broker::log_in_frame(user, Bytes(32, 'w')));
    b.serve_store();
    EXPECT_EQ(2'000u, b.last(7).error().retry_after_ms());
  }
}

TEST(Accounts, AFailureCountsForAClientThatDidNotWaitForIt) {
  Broker b;
  for (int i = 0; i < 20; ++i) {
    b.hello(7);
    b.client(7, Broker::log_in_frame("user" + std::to_string(i), Bytes(32, 'w')));
    b.engine.on_client_gone(b.now, 7);
    b.serve_store();
  }
  b.hello(7);
  b.client(7, Broker::log_in_frame("another", Bytes(32, 'w')));
  b.serve_store();
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
}

TEST(Accounts, ADatabaseThatIsAwayIsBusyAndNobodysFailure) {
  Broker b;
  b.account("alice");
  b.hello(7);
  for (int i = 0; i < 30; ++i) {
    b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice")));
    b.fail_one();
    ASSERT_EQ(v1::BUSY, b.last_error(7));
    ASSERT_GT(b.last(7).error().retry_after_ms(), 0u);
  }
  b.client(7, Broker::sign_up_frame("bobby"));
  b.fail_one();
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  b.serve_one();
  b.fail_one();
  EXPECT_EQ(v1::BUSY, b.last_error(7)) << "also when it goes away in between";
  b.log_in(7, "alice");
  EXPECT_TRUE(b.to(7).at(b.to(7).size() - 2).has_logged_in());
}

TEST(Accounts, TooMuchWaitingForTheDatabaseIsBusyAtOnce) {
  Broker b;
  for (Rid rid = 1; rid <= broker::Engine::kMaxPending + 1; ++rid) {
    b.address = "192.0.2." + std::to_string(rid);
    b.hello(rid);
    b.client(rid, Broker::log_in_frame("user" + std::to_string(rid), Bytes(32, 'w')));
  }
  EXPECT_EQ(broker::shape_of(broker::Lane::kFind).threads, b.ports.requests.size());
  EXPECT_EQ(v1::BUSY, b.last_error(broker::Engine::kMaxPending + 1));
}

TEST(Accounts, OneAddressFillsItsOwnShareAlone) {
  Broker b;
  b.account("alice");
  for (Rid rid = 1; rid <= broker::Engine::kShare + 3; ++rid) {
    b.hello(rid);
    b.client(rid, Broker::log_in_frame("user" + std::to_string(rid), Bytes(32, 'w')));
  }
  EXPECT_EQ(v1::BUSY, b.last_error(broker::Engine::kShare + 3));
  EXPECT_EQ(1, b.ports.events[Event::kStoreShareFull]);
  b.address = "192.0.2.9";
  b.hello(500);
  b.client(500, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  for (int i = 0; i < 8; ++i) b.serve_one();
  ASSERT_LE(2u, b.to(500).size()) << "it does not stand behind the crowd";
  EXPECT_TRUE(b.to(500)[1].has_logged_in());
}

TEST(Accounts, SignUpsOfAnAddressAreFewAnHour) {
  Broker b;
  b.hello(7);
  b.client(7, Broker::sign_up_frame("taken"));
  b.serve_store();
  auto other = Broker::sign_up_frame("taken");
  other.mutable_sign_up()->set_verifier(Bytes(32, 'x'));
  for (int i = 1; i < 20; ++i) {
    b.client(7, other);
    b.serve_store();
    ASSERT_EQ(v1::NAME_TAKEN, b.last_error(7)) << i;
  }
  b.client(7, other);
  EXPECT_EQ(v1::THROTTLED, b.last_error(7)) << "who asks which names are taken pays as well";
  EXPECT_EQ(180'000u, b.last(7).error().retry_after_ms());
  EXPECT_TRUE(b.ports.requests.empty());
  EXPECT_EQ(1, b.ports.events[Event::kSignUpThrottled]);
  b.address = "192.0.2.2";
  b.hello(8);
  b.client(8, Broker::sign_up_frame("alice"));
  b.serve_store();
  EXPECT_TRUE(b.last(8).has_signed_up());
}

TEST(Accounts, ASignUpThatTheDatabaseDidNotAnswerCostsNothing) {
  Broker b;
  b.hello(7);
  for (int i = 0; i < 30; ++i) {
    b.client(7, Broker::sign_up_frame("alice"));
    b.fail_one();
    ASSERT_EQ(v1::BUSY, b.last_error(7)) << i;
  }
  b.client(7, Broker::sign_up_frame("alice"));
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up());
}

TEST(Accounts, AnAddressWithAHighLimitSignsUpFiftyTimesAsMany) {
  broker::EngineConfig config{Bytes(16, 'R'), "test broker"};
  config.many_behind = *AddressSet::parse("2001:db8::/32");
  Broker b(config);
  b.address = "2001:db8::7";
  b.hello(7);
  for (int i = 0; i < 1'000; ++i) {
    b.client(7, Broker::sign_up_frame("user" + std::to_string(i)));
    b.serve_store();
    ASSERT_TRUE(b.last(7).has_signed_up()) << i;
  }
  b.client(7, Broker::sign_up_frame("another"));
  EXPECT_EQ(v1::THROTTLED, b.last_error(7));
}

TEST(Accounts, AFirstVaultIsSmall) {
  Broker b;
  b.hello(7);
  auto f = Broker::sign_up_frame("alice");
  f.mutable_sign_up()->set_vault(Bytes(broker::Engine::kMaxFirstVault + 1, 'v'));
  b.client(7, f);
  EXPECT_EQ(v1::TOO_LARGE, b.last_error(7));
  EXPECT_TRUE(b.ports.requests.empty());
  f.mutable_sign_up()->set_vault(Bytes(broker::Engine::kMaxFirstVault, 'v'));
  b.client(7, f);
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up());
}

TEST(Accounts, AReplyForALinkThatBeganAnewIsNotItsAnswer) {
  Broker b;
  b.hello(7);
  b.client(7, Broker::sign_up_frame("alice"));
  b.client_bytes(7, "\xff");
  b.hello(7);
  const size_t before = b.to(7).size();
  b.serve_store();
  EXPECT_EQ(before, b.to(7).size());
  EXPECT_EQ(1u, b.db.users.size());
}

TEST(Accounts, ShuttingDownFinishesWhatIsUnderWayAndTakesNothingNew) {
  Broker b;
  b.account("alice");
  b.hello(7);
  b.hello(8);
  b.client(7, Broker::sign_up_frame("bobby"));
  b.engine.begin_shutdown(b.now);
  EXPECT_FALSE(b.engine.quiet());
  EXPECT_EQ(v1::SHUTTING_DOWN, b.last_error(8)) << "those that wait for nothing are told";
  b.client(8, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  EXPECT_EQ(v1::SHUTTING_DOWN, b.last_error(8));
  b.hello(9);
  EXPECT_EQ(v1::SHUTTING_DOWN, b.last_error(9));
  b.serve_store();
  EXPECT_TRUE(b.last(7).has_signed_up());
  EXPECT_TRUE(b.engine.quiet());
}

TEST(Accounts, AfterOversleepingNobodyIsRemembered) {
  Broker b;
  b.join(1);
  b.hello(7);
  b.engine.on_overslept(b.now);
  EXPECT_EQ(0u, b.engine.links());
  EXPECT_EQ(0u, b.engine.roster().size());
  EXPECT_EQ((std::vector<Rid>{7}), b.ports.closed);
}

}  // namespace
}  // namespace fastchat::test
