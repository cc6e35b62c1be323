// The adversary's tests of docs/e2e.md that concern this layer, part one: the attacks of a malicious server (1 to 13).
// Each attack fails closed, with a reason.
#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/password_for_tests.h"
#include "client/e2e/receipt.h"
#include "client/e2e/rekey.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/vault.h"
#include "proto/content.pb.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

const Secret kWrap = Secret::copy_of(Bytes(32, 'w'));
const Secret kVaultKey = Secret::copy_of(Bytes(32, 'v'));

TEST(MaliciousServer, T01CannotChangeAByteOfTheIdentityBlobUnnoticed) {
  const Bytes blob = seal_identity(kWrap, alice(), kVaultKey);
  for (size_t i = 0; i < blob.size(); ++i) {
    Bytes bad = blob;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_EQ(open_identity(kWrap, kRealmA, "alice", bad).code(), Code::kLocalCrypto) << i;
  }
}

TEST(MaliciousServer, T02CannotServeAnotherUsersOrAnotherPurposesBlob) {
  EXPECT_FALSE(open_identity(kWrap, kRealmA, "alice", seal_identity(kWrap, bob(), kVaultKey)).ok());
  VaultContent v;
  v.set_version(1);
  const Bytes vault = seal_vault(kWrap, "alice", v).value();
  EXPECT_FALSE(open_identity(kWrap, kRealmA, "alice", vault).ok());
  EXPECT_FALSE(open_identity(kWrap, kRealmA, "alice", alice().fpr() + vault).ok());
  EXPECT_FALSE(open_vault(kWrap, "alice", 1, 0, seal_identity(kWrap, alice(), kVaultKey).substr(32)).ok());
}

TEST(MaliciousServer, T03CannotSubstituteAContactsKeyOnAnyTerminalThatHasTheVault) {
  // The pin comes out of the vault on a fresh terminal; the server's own "bob" is then refused.
  VaultContent v;
  v.set_version(2);
  pb::Pin& pin = *v.add_pins();
  pin.set_user("bob");
  pin.set_fpr(bob().fpr());
  pin.set_spki(test_key(1).public_key().spki());
  pin.set_trust(pb::FIRST_CONTACT);
  const VaultContent opened = open_vault(kVaultKey, "alice", 2, 0, seal_vault(kVaultKey, "alice", v).value()).value();
  Client fresh(alice()), fake_bob(person("bob", 3));
  fresh.pins.pin(peer_key(kRealmA, opened.pins(0).user(), opened.pins(0).spki()).value());
  expect_refused(fresh.receive(fake_bob.say(fresh.me.peer(), "it is me").envelope), Reason::kKeyChanged);
  // With Bob's fingerprint pasted in, the signature does not hold.
  Header h = header_to(fake_bob.me, fresh.me.peer());
  h.id.from_fpr = bob().fpr();
  const Bytes body = seal(Bytes(32, 'k'), body_context(encode_header(h)), Bytes(256, '\1'));
  const Bytes w = wrap(test_key(0).public_key(), Bytes(32, 'k'));
  expect_refused(fresh.receive(forge(h, {w, w}, body, test_key(3))), Reason::kBadSignature);
}

TEST(MaliciousServer, T04CannotRollTheVaultBack) {
  VaultContent v;
  v.set_version(4);
  const Bytes old_box = seal_vault(kVaultKey, "alice", v).value();
  EXPECT_FALSE(open_vault(kVaultKey, "alice", 4, 5, old_box).ok());
  EXPECT_FALSE(open_vault(kVaultKey, "alice", 5, 5, old_box).ok());  // nor pass the old vault off as the newer one
}

TEST(MaliciousServer, T05HasNoSuiteToOffer) {
  Trio t;
  const Bytes envelope = t.a.say(t.b.me.peer(), "x").envelope;
  for (const uint32_t suite : {0u, 3u, 4294967295u}) {
    pb::Envelope e;
    pb::Header h;
    ASSERT_TRUE(parse_strict(envelope, kMaxEnvelope, e).ok());
    ASSERT_TRUE(parse_strict(e.header(), kMaxHeader, h).ok());
    h.set_suite(suite);
    e.set_header(encode(h));
    expect_refused(t.b.receive(encode(e)), Reason::kUnknownSuite);
  }
  // Without the fields of suite 2 there is no message of suite 2.
  expect_refused(t.b.receive(altered(envelope, t.a.me.key(), [](pb::Header& h, auto&) { h.set_suite(2); })),
                 Reason::kMalformed);
}

TEST(MaliciousServer, T06ReplayingAnEnvelopeShowsItOnce) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "once");
  EXPECT_EQ(t.b.receive(m.envelope).outcome, Outcome::kOpened);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(t.b.receive(m.envelope).outcome, Outcome::kDuplicate);
  // After a restart only the persisted marks are left.
  Client restarted(bob());
  restarted.pins = t.b.pins;
  restarted.marks = t.b.marks;
  EXPECT_EQ(restarted.receive(m.envelope).outcome, Outcome::kDuplicate);
  // A terminal that has the stream from the vault alone has no hash. The message is a duplicate all the same.
  Client fresh(bob());
  fresh.pins = t.b.pins;
  fresh.marks.add(m.id, "");
  EXPECT_EQ(fresh.receive(m.envelope).outcome, Outcome::kDuplicate);
}

TEST(MaliciousServer, T07ReorderingAndDroppingInsideAStreamIsSeen) {
  Trio t;
  std::vector<Bytes> sent;
  for (const char* text : {"1", "2", "3", "4"}) sent.push_back(t.a.say(t.b.me.peer(), text).envelope);
  EXPECT_TRUE(t.b.receive(sent[2]).gap);
  const Received first = t.b.receive(sent[0]);
  EXPECT_FALSE(first.gap);
  EXPECT_EQ(first.header.id.seq, 1u);
  EXPECT_FALSE(t.b.receive(sent[3]).gap);
  EXPECT_FALSE(t.b.receive(sent[1]).gap);
}

TEST(MaliciousServer, T08ReflectingAMessageShowsItNeverAsIncoming) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "to bob");
  EXPECT_EQ(t.a.receive(m.envelope).outcome, Outcome::kDuplicate);
  Client tablet(alice());
  const Received r = tablet.receive(m.envelope);
  EXPECT_TRUE(r.own_copy);
  EXPECT_EQ(r.header.to_user, "bob");
}

TEST(MaliciousServer, T09CannotSwapWrapsOrBodiesBetweenMessages) {
  Trio t;
  const Envelope one = *parse_envelope(t.a.say(t.b.me.peer(), "one").envelope).envelope;
  const Envelope two = *parse_envelope(t.a.say(t.b.me.peer(), "two").envelope).envelope;
  const auto try_it = [&](const std::vector<Bytes>& wraps, const Bytes& body, const Bytes& sig) {
    expect_refused(t.b.receive(encode_envelope(one.header_bytes, wraps, body, sig)), Reason::kBadSignature);
  };
  try_it(two.wraps, one.body, one.sig);
  try_it(one.wraps, two.body, one.sig);
  try_it({one.wraps[1], one.wraps[0]}, one.body, one.sig);
  try_it(one.wraps, one.body, two.sig);
  try_it(two.wraps, two.body, two.sig);
}

TEST(MaliciousServer, T10CannotAddAGhostMember) {
  Trio t;
  const GroupState one = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  // A state with Mallory in it, made from the real one, signed with the only keys a server can have.
  pb::SignedGroupState outer;
  pb::GroupState s;
  ASSERT_TRUE(parse_strict(one.encoded, kMaxGroupState, outer).ok());
  ASSERT_TRUE(parse_strict(outer.state(), kMaxGroupState, s).ok());
  s.set_epoch(2);
  s.set_prev_hash(one.hash);
  s.clear_nonce();
  s.set_epoch_spki(test_key(7).public_key().spki());
  pb::GroupMember& ghost = *s.add_members();
  ghost.set_user("mallory");
  ghost.set_fpr(mallory().fpr());
  outer.set_state(encode(s));
  for (const Bytes& sig : {outer.sig(), sign(test_key(3), SignType::kGroup, outer.state())}) {
    outer.set_sig(sig);
    EXPECT_EQ(follow_group(one, encode(outer), t.a.me.peer()).code(), Code::kLocalUntrustedKey);
  }
  // The members' messages are not sealed to her either.
  const Envelope e = *parse_envelope(t.a.say_group(one, "secret").envelope).envelope;
  EXPECT_FALSE(unwrap(test_key(3), e.wraps[0]).ok());
}

TEST(MaliciousServer, T11CannotServeAStaleGroupState) {
  Trio t;
  const GroupState one = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  const GroupState two = change_group(t.a.me, one, change_of(one), test_key(7).public_key()).value();
  EXPECT_FALSE(follow_group(two, one.encoded, t.a.me.peer()).ok());
  EXPECT_FALSE(join_group(one.encoded, make_group_key(two, test_key(7)), t.a.me.peer(), t.b.me).ok());
}

TEST(MaliciousServer, T12CannotForgeRead) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "unread");
  ReadReceipt forged = make_receipt(mallory(), {{m.id, m.hash}}, kNowMs);
  EXPECT_FALSE(verify_receipt(forged, t.b.me.peer()));
  forged.reader_fpr = t.b.me.fpr();
  EXPECT_FALSE(verify_receipt(forged, t.b.me.peer()));
  // Moving Bob's receipt for one message to another does not help either.
  const SealedMessage n = t.a.say(t.b.me.peer(), "also unread");
  ReadReceipt moved = make_receipt(t.b.me, {{m.id, m.hash}}, kNowMs);
  moved.entries[0] = {n.id, n.hash};
  EXPECT_FALSE(verify_receipt(moved, t.b.me.peer()));
}

TEST(MaliciousServer, T13CannotChangeAKeyWithoutTheOldKeysSignature) {
  const Identity fake = person("bob", 3);
  Rekey rekey = make_rekey(fake, fake, 1);
  rekey.old_fpr = bob().fpr();
  EXPECT_EQ(accept_rekey(rekey, bob().peer(), 0, kRealmA).code(), Code::kLocalUntrustedKey);
  Rekey replayed = make_rekey(bob(), person("bob", 5), 1);
  EXPECT_EQ(accept_rekey(replayed, bob().peer(), 1, kRealmA).code(), Code::kLocalUntrustedKey);
}

}  // namespace
}  // namespace fastchat::tests
