// Authentication of a link: by password once, by the device's secret from then on; and the change of a password.
#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

using S = LinkState;

const Bytes kOld = pad("old secret", 32), kNext = pad("next secret", 32), kHash = pad("hash", 32);

Credentials by_password() {
  Credentials c = World::credentials();
  c.next_secret = kNext;
  c.next_hash = kHash;
  return c;
}

Credentials by_secrets(std::vector<Bytes> secrets) {
  Credentials c = World::credentials();
  c.auth.clear();
  c.secrets = std::move(secrets);
  return c;
}

// Connects up to the login at a broker of this version; returns the login that was sent.
v1::LogIn logging_in(World& w, const Credentials& c, uint32_t version = 2) {
  w.engine.start(w.now, c);
  w.engine.on_link_up(w.now);
  w.hello(version);
  EXPECT_EQ(w.engine.state(), S::kLoggingIn);
  return w.sent.cold.back().log_in();
}

// Returns the login of the next try, after the engine gave up the link.
v1::LogIn next_try(World& w) {
  w.turn();
  w.at(w.wake);
  EXPECT_EQ(w.engine.state(), S::kBrokerHello);
  w.engine.on_link_up(w.now);
  w.hello(2);
  return w.sent.cold.back().log_in();
}

TEST(LinkLogIn, APasswordIsShownOnceAndTheSecretFromThenOn) {
  World w;
  const v1::LogIn first = logging_in(w, by_password());
  EXPECT_EQ(first.auth(), pad("auth", 32));
  EXPECT_EQ(first.secret_hash(), kHash);
  EXPECT_TRUE(first.secret().empty());
  w.logged_in_reply();
  EXPECT_TRUE(w.last_login.by_password);
  EXPECT_EQ(w.last_login.secret, kNext);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  const v1::LogIn again = next_try(w);
  EXPECT_TRUE(again.auth().empty());
  EXPECT_TRUE(again.secret_hash().empty());
  EXPECT_EQ(again.secret(), kNext);
}

TEST(LinkLogIn, ALogInBySecretBringsNoBlobAndIsWell) {
  World w;
  logging_in(w, by_secrets({kOld}));
  w.logged_in_reply("");
  EXPECT_EQ(w.engine.state(), S::kAwaitingAssignment);
  EXPECT_FALSE(w.last_login.by_password);
  EXPECT_EQ(w.last_login.secret, kOld);
}

TEST(LinkLogIn, ABlobForASecretOrNoneForAPasswordBreaksTheProtocol) {
  World secret, password;
  logging_in(secret, by_secrets({kOld}));
  secret.logged_in_reply("blob");
  EXPECT_EQ(secret.engine.state(), S::kOffline);
  logging_in(password, by_password());
  password.logged_in_reply("");
  EXPECT_EQ(password.engine.state(), S::kOffline);
  EXPECT_TRUE(password.blobs.empty());
}

TEST(LinkLogIn, AnInterruptedLogInLeavesTwoSecretsOfWhichOneHolds) {
  World w;
  EXPECT_EQ(logging_in(w, by_secrets({kOld, kNext})).secret(), kOld);
  w.feed_error(Link::kLogInId, v1::PASSWORD_NEEDED);
  ASSERT_EQ(w.engine.state(), S::kLoggingIn);
  EXPECT_EQ(w.sent.cold.back().log_in().secret(), kNext);
  w.logged_in_reply("");
  EXPECT_EQ(w.last_login.secret, kNext);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(next_try(w).secret(), kNext) << "the one that held";
}

TEST(LinkLogIn, AnInterruptedLogInMayComeThroughAfterTheOtherSecretHeld) {
  World w;
  EXPECT_EQ(logging_in(w, by_secrets({kOld, kNext})).secret(), kOld);
  w.logged_in_reply("");
  EXPECT_EQ(w.last_login.secret, kOld);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(next_try(w).secret(), kOld);
  w.feed_error(Link::kLogInId, v1::BAD_CREDENTIALS);
  ASSERT_EQ(w.engine.state(), S::kLoggingIn);
  EXPECT_EQ(w.sent.cold.back().log_in().secret(), kNext);
  w.logged_in_reply("");
  EXPECT_EQ(w.last_login.secret, kNext);
}

TEST(LinkLogIn, WhenNoSecretHoldsThePasswordIsNeeded) {
  for (const auto code : {v1::PASSWORD_NEEDED, v1::BAD_CREDENTIALS}) {
    World w;
    logging_in(w, by_secrets({kOld, kNext}));
    w.feed_error(Link::kLogInId, code);
    EXPECT_EQ(w.sent.cold.back().log_in().secret(), kNext);
    w.feed_error(Link::kLogInId, code);
    EXPECT_EQ(w.engine.state(), S::kEnded);
    EXPECT_EQ(w.note.code, Code::kPasswordNeeded);
  }
}

TEST(LinkLogIn, ARemovedDeviceEndsAtTheBrokerAndInTheMiddleOfASession) {
  World at_broker, live;
  logging_in(at_broker, by_secrets({kOld, kNext}));
  at_broker.feed_error(Link::kLogInId, v1::DEVICE_ENDED);
  EXPECT_EQ(at_broker.engine.state(), S::kEnded);
  EXPECT_EQ(at_broker.note.code, Code::kDeviceEnded);
  live.to_live();
  live.feed_error(0, v1::DEVICE_ENDED);
  EXPECT_EQ(live.engine.state(), S::kEnded);
  EXPECT_EQ(live.note.code, Code::kDeviceEnded);
}

TEST(LinkLogIn, TooManyDevicesNamesThemAndTheNextLogInReplacesOne) {
  World w;
  logging_in(w, by_password());
  w.feed(Link::kLogInId, [](auto& f) {
    f.mutable_error()->set_code(v1::TOO_MANY_DEVICES);
    v1::Device& d = *f.mutable_error()->add_devices();
    d.set_device(pad("phone", 16));
    d.set_name("phone");
    d.set_address("192.0.2.7");
  });
  EXPECT_EQ(w.engine.state(), S::kEnded);
  ASSERT_EQ(w.note.devices.size(), 1u);
  EXPECT_EQ(w.note.devices[0].id, pad("phone", 16));
  EXPECT_EQ(w.note.devices[0].address, "192.0.2.7");
  Credentials c = by_password();
  c.replaces = pad("phone", 16);
  EXPECT_EQ(logging_in(w, c).replaces(), pad("phone", 16));
}

TEST(LinkLogIn, AnOldBrokerGetsThePasswordAloneAndNeverASecret) {
  World password, secret;
  const v1::LogIn sent = logging_in(password, by_password(), 1);
  EXPECT_EQ(sent.auth(), pad("auth", 32));
  EXPECT_TRUE(sent.secret_hash().empty());
  password.logged_in_reply();
  EXPECT_TRUE(password.last_login.secret.empty());
  password.engine.on_link_down(password.now, LinkLoss::kClosed);
  EXPECT_EQ(next_try(password).auth(), pad("auth", 32)) << "there is nothing else to log in with";

  secret.engine.start(secret.now, by_secrets({kOld}));
  secret.engine.on_link_up(secret.now);
  secret.hello(1);
  EXPECT_EQ(secret.engine.state(), S::kOffline) << "another broker may be newer";
  EXPECT_EQ(secret.sent.cold.size(), 1u);
}

// ---- parts of the vault

// Logs in at a broker of this version, up to the state in which parts are fetched.
void to_fetching(World& w, const Credentials& c, uint32_t version = 5) {
  w.wants_parts = true;
  logging_in(w, c, version);
  w.logged_in_reply();
  w.engine.get_parts(w.now, {pad("hash", 32)});
  EXPECT_TRUE(w.sent.cold.back().has_log_in()) << "there is nobody to ask yet";
  w.assignment();
  ASSERT_EQ(w.engine.state(), S::kFetchingVault);
}

TEST(LinkParts, AreFetchedBeforeTheDeviceAttaches) {
  World w;
  to_fetching(w, by_password());
  w.engine.get_parts(w.now, {pad("hash", 32)});
  w.engine.get_parts(w.now, {pad("again", 32)});
  EXPECT_EQ(w.sent.cold.back().get_vault_parts().hashes(0), pad("hash", 32)) << "one request at a time";
  w.feed(Link::kPartsId, [](auto& f) {
    f.mutable_vault_parts()->set_looked(1);
    f.mutable_vault_parts()->add_parts("part");
  });
  ASSERT_EQ(w.parts.size(), 1u);
  EXPECT_EQ(w.engine.state(), S::kFetchingVault) << "the owner may ask for more";
  w.engine.get_parts(w.now, {pad("more", 32)});
  EXPECT_EQ(w.sent.cold.back().get_vault_parts().hashes(0), pad("more", 32));
  w.feed(Link::kPartsId, [](auto& f) { f.mutable_vault_parts()->set_looked(1); });
  w.engine.parts_done(w.now);
  EXPECT_EQ(w.engine.state(), S::kAttaching);
}

TEST(LinkParts, ThatWereNotAskedForBreakTheProtocol) {
  World w;
  to_fetching(w, by_password());
  w.feed(Link::kPartsId, [](auto& f) { f.mutable_vault_parts()->set_looked(1); });
  EXPECT_EQ(w.engine.state(), S::kOffline);
}

TEST(LinkParts, AreAskedForAgainAfterALostLinkOrABusyBroker) {
  for (const bool busy : {false, true}) {
    World w;
    to_fetching(w, by_password());
    w.engine.get_parts(w.now, {pad("hash", 32)});
    if (busy) w.feed_error(Link::kPartsId, v1::BUSY, 100);
    if (!busy) w.engine.on_link_down(w.now, LinkLoss::kClosed);
    EXPECT_EQ(w.engine.state(), S::kOffline);
    EXPECT_EQ(next_try(w).secret(), kNext) << "the device is known, and logs in by its secret";
    w.logged_in_reply("");
    w.assignment();
    EXPECT_EQ(w.engine.state(), S::kFetchingVault);
  }
}

TEST(LinkParts, AnOlderBrokerIsLeftForAnotherOne) {
  World w;
  to_fetching(w, by_password(), 4);
  w.engine.get_parts(w.now, {pad("hash", 32)});
  EXPECT_EQ(w.engine.state(), S::kOffline);
  EXPECT_EQ(w.note.code, Code::kUnsupportedVersion);
  ASSERT_EQ(w.connects.back(), "tcp://one:1");
  (void)next_try(w);
  EXPECT_EQ(w.connects.back(), "tcp://two:2");
}

TEST(LinkParts, ComeBeforeAChangeOfThePassword) {
  World w;
  Credentials c = by_password();
  c.changes_password = true;
  to_fetching(w, c);
  w.engine.change_password(w.now, {pad("new verifier", 32), "new blob", "new vault", 8});
  w.engine.parts_done(w.now);
  EXPECT_EQ(w.engine.state(), S::kChangingPassword);
  EXPECT_TRUE(w.sent.cold.back().has_change_password());
}

// ---- the change of a password

PasswordChange change() {
  return {pad("new verifier", 32), "new blob", "new vault", 8};
}

Credentials changing() {
  Credentials c = by_password();
  c.changes_password = true;
  return c;
}

void to_changing(World& w) {
  logging_in(w, changing());
  w.logged_in_reply();
  w.assignment();
  ASSERT_EQ(w.engine.state(), S::kChangingPassword);
}

TEST(LinkPassword, IsChangedBetweenAssignmentAndAttach) {
  World w;
  to_changing(w);
  EXPECT_TRUE(w.sent.cold.back().has_log_in()) << "nothing is sent before it is on the owner's disk";
  w.engine.change_password(w.now, change());
  const v1::ChangePassword sent = w.sent.cold.back().change_password();
  EXPECT_EQ(sent.auth(), pad("auth", 32));
  EXPECT_EQ(sent.verifier(), pad("new verifier", 32));
  EXPECT_EQ(sent.vault_version(), 8u);
  w.feed(Link::kChangeId, [](auto& f) { f.mutable_password_changed()->set_devices(3); });
  EXPECT_EQ(w.changed_for, std::vector<uint64_t>{3});
  EXPECT_EQ(w.engine.state(), S::kAttaching);
  w.engine.on_link_up(w.now);
  w.attached();
  EXPECT_EQ(w.engine.state(), S::kDraining);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(next_try(w).secret(), kNext);
}

TEST(LinkPassword, AnOfferBeforeTheAssignmentWaitsForIt) {
  World w;
  logging_in(w, changing());
  w.logged_in_reply();
  w.engine.change_password(w.now, change());
  EXPECT_TRUE(w.sent.cold.back().has_log_in());
  w.assignment();
  EXPECT_TRUE(w.sent.cold.back().has_change_password());
}

TEST(LinkPassword, ALostAnswerIsFoundOutByTheSecret) {
  for (int how = 0; how < 3; ++how) {
    World w;
    to_changing(w);
    w.engine.change_password(w.now, change());
    if (how == 0) w.engine.on_link_down(w.now, LinkLoss::kClosed);
    if (how == 1) w.feed_error(Link::kChangeId, v1::BUSY);
    if (how == 2) w.at(w.now + 10'000);
    ASSERT_EQ(w.engine.state(), S::kOffline);
    const v1::LogIn again = next_try(w);
    EXPECT_TRUE(again.auth().empty());
    EXPECT_EQ(again.secret(), kNext);
  }
}

TEST(LinkPassword, WhatWasNeverSentIsTriedAgainWithThePassword) {
  World w;
  to_changing(w);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(next_try(w).auth(), pad("auth", 32));
}

// The owner writes a change to its disk first, and the link may be lost by then. The next login gets a change of its
// own, with another vault key. The server must never get the first change: the owner forgot the key of that one.
TEST(LinkPassword, AChangeIsNeverSentInALaterLogin) {
  World w;
  logging_in(w, changing());
  w.logged_in_reply();
  w.feed_error(Link::kLogInId, v1::NO_WORKER);
  ASSERT_EQ(w.engine.state(), S::kOffline);
  w.engine.change_password(w.now, change());
  EXPECT_EQ(next_try(w).auth(), pad("auth", 32));
  w.engine.change_password(w.now, change());
  w.logged_in_reply();
  w.assignment();
  EXPECT_TRUE(w.sent.cold.back().has_log_in()) << "the change of this login is not on disk yet";
  PasswordChange second = change();
  second.identity_blob = "second blob";
  w.engine.change_password(w.now, second);
  EXPECT_EQ(w.sent.cold.back().change_password().identity_blob(), "second blob");
}

TEST(LinkPassword, AConflictBringsTheNewerVaultAndAnotherTry) {
  World w;
  to_changing(w);
  w.engine.change_password(w.now, change());
  w.feed_error(Link::kChangeId, v1::CONFLICT);
  ASSERT_EQ(w.engine.state(), S::kOffline);
  EXPECT_EQ(next_try(w).auth(), pad("auth", 32));
  w.logged_in_reply();
  w.assignment();
  PasswordChange second = change();
  second.vault_version = 9;
  w.engine.change_password(w.now, second);
  EXPECT_EQ(w.sent.cold.back().change_password().vault_version(), 9u);
}

TEST(LinkPassword, AnotherPasswordMeanwhileMayBeAnEarlierTryOfItsOwn) {
  World w;
  to_changing(w);
  w.engine.change_password(w.now, change());
  w.feed_error(Link::kChangeId, v1::BAD_CREDENTIALS);
  ASSERT_EQ(w.engine.state(), S::kOffline);
  EXPECT_EQ(next_try(w).secret(), kNext);
}

TEST(LinkPassword, AnOldBrokerIsNotShownThePassword) {
  World w;
  w.engine.start(w.now, changing());
  w.engine.on_link_up(w.now);
  w.hello(1);
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.sent.cold.size(), 1u);
}

TEST(LinkPassword, AnAnswerThatNobodyAskedForGivesTheLinkUp) {
  World w;
  to_changing(w);
  w.feed(Link::kChangeId, [](auto& f) { f.mutable_password_changed()->set_devices(1); });
  EXPECT_EQ(w.engine.state(), S::kOffline);
  EXPECT_TRUE(w.changed_for.empty());
}

TEST(LinkPassword, ASessionThatStartsAnewSaysByeAndItsPartsHearOfIt) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1));
  w.turn();
  w.engine.start(w.now, changing());
  EXPECT_TRUE(w.sent.cold.back().has_bye());
  EXPECT_EQ(w.engine.state(), S::kBrokerHello);
  w.engine.on_link_up(w.now);
  w.hello(2);
  w.logged_in_reply();
  w.assignment();
  w.engine.change_password(w.now, change());
  w.feed(Link::kChangeId, [](auto& f) { f.mutable_password_changed(); });
  w.engine.on_link_up(w.now);
  w.attached();
  w.turn();
  EXPECT_EQ(w.engine.unaccepted(), 1u) << "asked about, as after any reconnect";
}

// ---- the end of an account

void to_deleting(World& w, uint32_t version = 3) {
  Credentials c = by_password();
  c.deletes_account = true;
  w.engine.start(w.now, c);
  w.engine.on_link_up(w.now);
  w.hello(version);
  if (version < 3) return;
  w.logged_in_reply();
  w.assignment();
  ASSERT_EQ(w.engine.state(), S::kChangingPassword);
}

TEST(LinkDeletion, IsAskedForWithThePasswordOnceTheOwnerIsReady) {
  World w;
  to_deleting(w);
  EXPECT_TRUE(w.sent.cold.back().has_log_in()) << "nothing is sent before it is on the owner's disk";
  w.engine.delete_account(w.now);
  EXPECT_EQ(w.sent.cold.back().delete_account().auth(), pad("auth", 32));
  w.feed(Link::kChangeId, [](auto& f) { f.mutable_account_deleted(); });
  EXPECT_EQ(w.deleted, 1);
  EXPECT_EQ(w.engine.state(), S::kEnded);
}

TEST(LinkDeletion, ALostAnswerIsFoundOutByTheSecret) {
  for (int how = 0; how < 4; ++how) {
    World w;
    to_deleting(w);
    w.engine.delete_account(w.now);
    if (how == 0) w.engine.on_link_down(w.now, LinkLoss::kClosed);
    if (how == 1) w.feed_error(Link::kChangeId, v1::BUSY);
    if (how == 2) w.at(w.now + 10'000);
    if (how == 3) w.feed_error(Link::kChangeId, v1::BAD_CREDENTIALS);
    ASSERT_EQ(w.engine.state(), S::kOffline);
    EXPECT_EQ(next_try(w).secret(), kNext);
    EXPECT_EQ(w.deleted, 0);
  }
}

TEST(LinkDeletion, ARefusalNamesTheGroups) {
  World w;
  to_deleting(w);
  w.engine.delete_account(w.now);
  w.feed(Link::kChangeId, [](auto& f) {
    f.mutable_error()->set_code(v1::OWNS_GROUPS);
    f.mutable_error()->set_text("hand them over");
    f.mutable_error()->add_groups("apple");
    f.mutable_error()->add_groups("zebra");
  });
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.note.code, Code::kOwnsGroups);
  EXPECT_EQ(w.note.text, "hand them over: #apple, #zebra");
}

TEST(LinkDeletion, AnOlderBrokerIsNotShownThePassword) {
  World w;
  to_deleting(w, 2);
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.sent.cold.size(), 1u);
}

TEST(LinkDeletion, AnAnswerThatNobodyAskedForDeletesNothing) {
  World early;
  to_deleting(early);
  early.feed(Link::kChangeId, [](auto& f) { f.mutable_account_deleted(); });
  EXPECT_EQ(early.engine.state(), S::kOffline);
  World other;
  to_deleting(other);
  other.engine.delete_account(other.now);
  other.feed(Link::kChangeId, [](auto& f) { f.mutable_password_changed(); });
  EXPECT_EQ(other.engine.state(), S::kOffline);
  World live;
  live.to_live();
  live.feed(Link::kChangeId, [](auto& f) { f.mutable_account_deleted(); });
  EXPECT_EQ(early.deleted + other.deleted + live.deleted, 0);
}

TEST(LinkDevices, AHintReachesTheOwner) {
  World w;
  w.to_live();
  w.feed(0, [](auto& f) { f.mutable_devices_changed(); });
  EXPECT_EQ(w.device_hints, 1);
}

}  // namespace
}  // namespace fastchat::core
