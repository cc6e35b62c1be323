// The adversary's tests of docs/e2e.md that concern this layer, part two: malicious senders, members and clients (15 to
// 23). The signatures and keys that suite 1 never makes come from OpenSSL directly.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

const Bytes kKeyA(32, 'a'), kKeyB(32, 'b');

Bytes text_plaintext(const std::string& text) {
  return Bytes(encode_plaintext(Text{text})->view());
}

// Makes an RSA signature with any padding and salt, over the bytes that SIGN(msg) covers.
Bytes odd_signature(const KeyPair& key, ByteView part, int padding, int salt) {
  const Bytes m = label("sig/msg") + Bytes(part);
  EVP_MD_CTX* ctx = EVP_MD_CTX_new();
  EVP_PKEY_CTX* pkey = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(ctx, &pkey, EVP_sha256(), nullptr, key.native()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(pkey, padding), 1);
  if (padding == RSA_PKCS1_PSS_PADDING) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, salt), 1);
  }
  Bytes out(384, '\0');
  size_t n = out.size();
  EXPECT_EQ(EVP_DigestSign(ctx, reinterpret_cast<unsigned char*>(out.data()), &n,
                           reinterpret_cast<const unsigned char*>(m.data()), m.size()),
            1);
  EVP_MD_CTX_free(ctx);
  return out;
}

TEST(MaliciousSender, T15ADifferentKeyPerWrapNeverShowsTwoTexts) {
  Trio t;
  const Header h = header_to(t.a.me, t.b.me.peer());
  const Bytes body = seal(kKeyA, body_context(encode_header(h)), text_plaintext("for bob only"));
  const Bytes envelope =
      forge(h, {wrap(t.b.me.key().public_key(), kKeyA), wrap(t.a.me.key().public_key(), kKeyB)}, body, t.a.me.key());
  EXPECT_EQ(text_of(t.b.receive(envelope)), "for bob only");
  Client tablet(alice());
  expect_refused(tablet.receive(envelope), Reason::kCannotOpen);
}

TEST(MaliciousSender, T16ForwardingAlicesEnvelopeToCarolFails) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "for bob");
  expect_refused(t.c.receive(m.envelope), Reason::kNotForMe);
  // Bob knows K and may wrap it for Carol, but Alice's signature covers header and wraps.
  const Envelope e = *parse_envelope(m.envelope).envelope;
  const Secret key = unwrap(t.b.me.key(), e.wraps[0]).value();
  const std::vector<Bytes> wraps = {wrap(t.c.me.key().public_key(), key.view()), e.wraps[1]};
  expect_refused(t.c.receive(encode_envelope(e.header_bytes, wraps, e.body, e.sig)), Reason::kBadSignature);
  Header to_carol = e.header;
  to_carol.to_user = "carol";
  to_carol.to_fpr = t.c.me.fpr();
  expect_refused(t.c.receive(encode_envelope(encode_header(to_carol), wraps, e.body, e.sig)), Reason::kBadSignature);
}

TEST(MaliciousSender, T17StrippingTheSignatureAndSigningAnewFails) {
  Trio t;
  const Envelope e = *parse_envelope(t.a.say(t.b.me.peer(), "mine").envelope).envelope;
  // Under Alice's name, with Carol's signature.
  expect_refused(t.b.receive(forge(e.header, e.wraps, e.body, t.c.me.key())), Reason::kBadSignature);
  // Under Carol's own name: the body is bound to Alice's header.
  Header h = e.header;
  h.from_user = "carol";
  h.id.from_fpr = t.c.me.fpr();
  expect_refused(t.b.receive(forge(h, e.wraps, e.body, t.c.me.key())), Reason::kCannotOpen);
}

// A group of three in its second epoch, which alice made without bob. Bob's and carol's clients have both epochs.
struct AfterRemoval : Trio {
  AfterRemoval() {
    for (Client* reader : {&b, &c}) {
      reader->groups.enter(one, &test_key(6));
      reader->groups.enter(two, &test_key(7));
    }
  }
  const GroupMember bob_member{"bob", b.me.fpr()}, carol_member{"carol", c.me.fpr()};
  const GroupState one = create_group(a.me, "club", {bob_member, carol_member}, test_key(6).public_key()).value();
  const GroupState two = change_group(a.me, one, without_bob(), test_key(7).public_key()).value();

 private:
  GroupChange without_bob() const {
    GroupChange change = change_of(one);
    std::erase(change.members, bob_member);
    return change;
  }
};

TEST(MaliciousMember, T18RemovedMemberSendingOnAnOldEpochIsRefused) {
  AfterRemoval t;
  expect_refused(t.c.receive(t.b.say_group(t.one, "still here").envelope), Reason::kNotMember);
  // A header that names the new epoch does not help bob either: he is not in its state.
  Header h;
  h.realm = kRealmA;
  h.from_user = "bob";
  h.id = MessageId{t.b.me.fpr(), Bytes(16, 'x'), 1};
  h.group_id = t.two.group_id;
  h.to_fpr = epoch_fingerprint(t.two.group_id, 2, t.two.epoch_key.spki());
  h.epoch = 2;
  h.state_hash = t.two.hash;
  h.prev = Bytes(32, '\0');
  const Bytes body = seal(kKeyA, body_context(encode_header(h)), text_plaintext("x"));
  expect_refused(t.c.receive(forge(h, {wrap(t.two.epoch_key, kKeyA)}, body, t.b.me.key())), Reason::kNotMember);
}

TEST(Member, WhatWaitedCountsForWhoWasListedWhenItCame) {
  AfterRemoval t;
  const Bytes said = t.b.say_group(t.one, "before I was removed").envelope;
  const auto open = [&](std::optional<uint64_t> as_of) {
    return open_message(t.c.me, said, t.c.pins, t.c.marks, t.c.groups, as_of);
  };
  EXPECT_EQ(text_of(open(0)), "before I was removed") << "it came before carol knew the group at all";
  EXPECT_EQ(text_of(open(1)), "before I was removed");
  expect_refused(open(2), Reason::kNotMember);
  expect_refused(open(std::nullopt), Reason::kNotMember);
}

TEST(Member, AMessageOnItsWayAtARemovalCountsUntilTheNewListHasSettled) {
  AfterRemoval t;
  const Bytes said = t.b.say_group(t.one, "on its way").envelope;
  for (const uint64_t settled : {0u, 1u}) {
    t.c.groups.settled_epoch = settled;
    EXPECT_EQ(text_of(t.c.look(said)), "on its way");
  }
  t.c.groups.settled_epoch = 2;
  expect_refused(t.c.look(said), Reason::kNotMember);
}

TEST(Member, WhoeverWasRemovedReadsWhatWasOnItsWayToHim) {
  AfterRemoval t;
  const Bytes said = t.a.say_group(t.one, "while bob was here").envelope;
  t.b.groups.settled_epoch = 1;
  EXPECT_EQ(text_of(t.b.look(said)), "while bob was here");
  t.b.groups.settled_epoch = 2;
  expect_refused(t.b.look(said), Reason::kNotMember);
}

// An account chooses the recipient of an envelope. Readers go by the header.
TEST(MaliciousMember, AMessageThatWasSentAsAnotherKindThanItsHeaderSaysIsRefused) {
  Trio t;
  const GroupMember bob_member{"bob", t.b.me.fpr()}, carol_member{"carol", t.c.me.fpr()};
  const GroupState club = create_group(t.a.me, "club", {bob_member, carol_member}, test_key(6).public_key()).value();
  for (Client* one : {&t.a, &t.b, &t.c}) one->groups.enter(club, &test_key(6));
  const SealedMessage to_club = t.a.say_group(club, "for all"), to_bob = t.a.say(t.b.me.peer(), "for bob");
  expect_refused(t.b.look(to_club.envelope, CameAs::kDirect), Reason::kWrongKind);
  expect_refused(t.b.look(to_bob.envelope, CameAs::kGroup), Reason::kWrongKind);
  expect_refused(t.c.look(to_bob.envelope, CameAs::kGroup), Reason::kWrongKind);
  EXPECT_EQ(t.b.look(to_club.envelope, CameAs::kDirect).why, "a message to a group that was sent to you alone");
  for (const CameAs came : {CameAs::kNotKnown, CameAs::kGroup}) {
    EXPECT_EQ(text_of(t.b.look(to_club.envelope, came)), "for all");
  }
  for (const CameAs came : {CameAs::kNotKnown, CameAs::kDirect}) {
    EXPECT_EQ(text_of(t.b.look(to_bob.envelope, came)), "for bob");
  }
  // Alice's other device has copies of both.
  Client tablet(alice());
  tablet.groups.enter(club, &test_key(6));
  EXPECT_EQ(text_of(tablet.look(to_club.envelope, CameAs::kGroup)), "for all");
  EXPECT_EQ(text_of(tablet.look(to_bob.envelope, CameAs::kDirect)), "for bob");
  expect_refused(tablet.look(to_bob.envelope, CameAs::kGroup), Reason::kWrongKind);
}

// A member can forward to one reader a message that another member wrote to all.
TEST(MaliciousMember, AMessageSentOnAsAnotherKindNeitherKeepsTheRealOneAwayNorIsSeenBesideIt) {
  Trio t;
  const GroupMember bob_member{"bob", t.b.me.fpr()}, carol_member{"carol", t.c.me.fpr()};
  const GroupState club = create_group(t.a.me, "club", {bob_member, carol_member}, test_key(6).public_key()).value();
  t.c.groups.enter(club, &test_key(6));
  const SealedMessage said = t.a.say_group(club, "for all");
  expect_refused(t.c.look(said.envelope, CameAs::kDirect), Reason::kWrongKind);
  EXPECT_EQ(text_of(t.c.receive(said.envelope)), "for all");
  EXPECT_EQ(t.c.look(said.envelope, CameAs::kDirect).outcome, Outcome::kDuplicate);
}

TEST(MaliciousMember, T19AdminWhoShowsTwoStatesIsFoundOut) {
  Trio t;
  const GroupMember bob_member{"bob", t.b.me.fpr()}, carol_member{"carol", t.c.me.fpr()};
  const GroupState one = create_group(t.a.me, "club", {bob_member, carol_member}, test_key(6).public_key()).value();
  GroupChange renamed = change_of(one);
  renamed.name = "other";
  const GroupState for_bob = change_group(t.a.me, one, change_of(one), test_key(7).public_key()).value();
  const GroupState for_carol = change_group(t.a.me, one, renamed, test_key(7).public_key()).value();
  t.b.groups.enter(for_bob, &test_key(7));
  t.c.groups.enter(for_carol, &test_key(7));
  expect_refused(t.c.receive(t.b.say_group(for_bob, "hi").envelope), Reason::kWrongState);
}

// Seals and signs any content unchecked, as a client that breaks the rules can.
Bytes say_anyway(const Client& from, const Client& to, const Content& content) {
  Header h = header_to(from.me, to.me.peer());
  const Secret plain = encode_plaintext(content).value();
  h.id.stream = sha256(plain.view()).substr(0, 16);
  const Bytes body = seal(kKeyA, body_context(encode_header(h)), plain.view());
  return forge(h, {wrap(to.me.key().public_key(), kKeyA), wrap(from.me.key().public_key(), kKeyA)}, body,
               from.me.key());
}

TEST(MaliciousSender, T20EditingOrDeletingWhatAnotherSaidIsRefused) {
  Trio t;
  const SealedMessage said = t.c.say(t.b.me.peer(), "carol's words");
  EXPECT_EQ(text_of(t.b.receive(said.envelope)), "carol's words");
  expect_refused(t.b.receive(say_anyway(t.a, t.b, Edit{said.id, "other words"})), Reason::kBadContent);
  expect_refused(t.b.receive(say_anyway(t.a, t.b, Delete{said.id})), Reason::kBadContent);
  EXPECT_EQ(t.b.receive(say_anyway(t.a, t.b, Reaction{said.id, "!"})).outcome, Outcome::kOpened);
}

TEST(MaliciousMember, T20ReplacingWhatAnotherSaidIsRefused) {
  Trio t;
  const GroupState one =
      create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}, {"carol", t.c.me.fpr()}}, test_key(6).public_key()).value();
  t.c.groups.enter(one, &test_key(6));
  const SealedMessage said = t.b.say_group(one, "bob's words");
  Header h = parse_envelope(t.a.say_group(one, "x").envelope).envelope->header;
  const Secret plain = encode_plaintext(Text{"other words", {}, said.id}).value();
  const Bytes body = seal(kKeyA, body_context(encode_header(h)), plain.view());
  expect_refused(t.c.receive(forge(h, {wrap(one.epoch_key, kKeyA)}, body, t.a.me.key())), Reason::kBadContent);
  // Between two people no message replaces another one.
  const SealedMessage direct = t.a.say(t.b.me.peer(), "1");
  expect_refused(t.b.receive(say_anyway(t.a, t.b, Text{"1", {}, direct.id})), Reason::kBadContent);
}

TEST(MaliciousSender, T20TwoBodiesUnderOneNumberRaiseTheAlarm) {
  Trio t;
  const StreamPosition at{Bytes(16, 's'), 1, {}};
  const SealedMessage one = seal_message(t.a.me, t.b.me.peer(), at, Text{"pay 1"}, kNowMs).value();
  const SealedMessage two = seal_message(t.a.me, t.b.me.peer(), at, Text{"pay 9"}, kNowMs).value();
  EXPECT_EQ(text_of(t.b.receive(one.envelope)), "pay 1");
  const Received r = t.b.receive(two.envelope);
  EXPECT_EQ(r.outcome, Outcome::kAlarm);
  EXPECT_EQ(r.header.id, one.id);
  EXPECT_FALSE(r.why.empty());
}

TEST(MaliciousSender, T20AnotherSendersStreamIsAStreamOfOnesOwn) {
  Trio t;
  const StreamPosition at{Bytes(16, 's'), 1, {}};
  const SealedMessage by_alice = seal_message(t.a.me, t.b.me.peer(), at, Text{"a"}, kNowMs).value();
  const SealedMessage by_carol = seal_message(t.c.me, t.b.me.peer(), at, Text{"c"}, kNowMs).value();
  EXPECT_EQ(text_of(t.b.receive(by_carol.envelope)), "c");
  EXPECT_EQ(text_of(t.b.receive(by_alice.envelope)), "a");
}

TEST(MaliciousSender, T20ForkedStreamIsRefused) {
  Trio t;
  const SealedMessage one = t.a.say(t.b.me.peer(), "1");
  EXPECT_EQ(t.b.receive(one.envelope).outcome, Outcome::kOpened);
  const StreamPosition fork{one.id.stream, 2, Bytes(32, 'f')};
  expect_refused(t.b.receive(seal_message(t.a.me, t.b.me.peer(), fork, Text{"2"}, kNowMs)->envelope), Reason::kForked);
}

TEST(MaliciousSender, T21SignaturesOtherThanPssWithA32ByteSaltAreRefused) {
  Trio t;
  const Envelope e = *parse_envelope(t.a.say(t.b.me.peer(), "x").envelope).envelope;
  const Bytes part = signed_part(e.header_bytes, e.wraps, e.body);
  const auto look = [&](const Bytes& sig) { return t.b.look(encode_envelope(e.header_bytes, e.wraps, e.body, sig)); };
  ASSERT_EQ(look(odd_signature(t.a.me.key(), part, RSA_PKCS1_PSS_PADDING, 32)).outcome, Outcome::kOpened);
  for (const int salt : {0, 20, 31, 33, 64}) {
    expect_refused(look(odd_signature(t.a.me.key(), part, RSA_PKCS1_PSS_PADDING, salt)), Reason::kBadSignature);
  }
  expect_refused(look(odd_signature(t.a.me.key(), part, RSA_PKCS1_PADDING, 0)), Reason::kBadSignature);
}

Bytes spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int n = i2d_PUBKEY(key, &der);
  Bytes out(reinterpret_cast<char*>(der), static_cast<size_t>(n));
  OPENSSL_free(der);
  return out;
}

TEST(MaliciousSender, T21KeysOfOtherKindsSizesAndExponentsAreRefused) {
  EVP_PKEY* small = EVP_RSA_gen(2048);
  EXPECT_FALSE(PublicKey::from_spki(spki_of(small)).ok());
  EVP_PKEY_free(small);
  EVP_PKEY* curve = EVP_EC_gen("P-256");
  EXPECT_FALSE(PublicKey::from_spki(spki_of(curve)).ok());
  EVP_PKEY_free(curve);
  // The last three bytes of the DER are e = 65537. 65539 has the same length, and e = 3 makes the DER shorter.
  const Bytes good = test_key(0).public_key().spki();
  ASSERT_EQ(good.substr(good.size() - 5), Bytes("\x02\x03\x01\x00\x01", 5));
  Bytes other = good;
  other.back() = 3;
  EXPECT_FALSE(PublicKey::from_spki(other).ok());
  Bytes padded = good;
  padded.replace(good.size() - 3, 3, Bytes("\x00\x00\x03", 3));
  EXPECT_FALSE(PublicKey::from_spki(padded).ok());
  // 3071 bits: the top bit of n cleared.
  Bytes shorter = good;
  const size_t n_at = good.find(Bytes("\x02\x82\x01\x81\x00", 5)) + 5;
  shorter[n_at] = static_cast<char>(shorter[n_at] & 0x7f);
  EXPECT_FALSE(PublicKey::from_spki(shorter).ok());
  // 3073 bits: the sign byte before n becomes part of n; the DER keeps its length.
  Bytes longer = good;
  longer[n_at - 1] = 1;
  EXPECT_FALSE(PublicKey::from_spki(longer).ok());
}

TEST(MaliciousSender, T21AKeyMadeToFitASignatureHasAnotherFingerprint) {
  // A duplicate-key attacker has a key of his own under which Alice's signature would hold. Alice's name is bound to
  // the fingerprint in the signed header, so his key is never asked.
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "x");
  t.b.pins.pin(person("alice", 3).peer());
  expect_refused(t.b.receive(m.envelope), Reason::kKeyChanged);
}

TEST(MaliciousClient, T22EscapesInAnyStringAreGoneAndInvalidUtf8IsRefused) {
  Trio t;
  const Received r = t.b.receive(t.a.say(t.b.me.peer(), "\x1b]0;owned\x07\xE2\x80\xAEtxt").envelope);
  // A text stays as it was sent, for programs. Every reader for people sanitises the text
  // (client/messages/timeline.cc).
  EXPECT_EQ(sanitise(text_of(r)), "]0;ownedtxt");
  const auto send_raw = [&t](const Bytes& content, char kind) {
    Header h = header_to(t.a.me, t.b.me.peer());
    h.id.stream = sha256(content + kind).substr(0, 16);
    Bytes plain(1, kind);
    put_u32(plain, static_cast<uint32_t>(content.size()));
    plain += content;
    plain.resize((plain.size() + 255) / 256 * 256, '\0');
    const Bytes body = seal(kKeyA, body_context(encode_header(h)), plain);
    const Bytes envelope =
        forge(h, {wrap(t.b.me.key().public_key(), kKeyA), wrap(t.a.me.key().public_key(), kKeyA)}, body, t.a.me.key());
    return t.b.receive(envelope);
  };
  EXPECT_EQ(text_of(send_raw(Bytes("\x0a\x02ok", 4), 1)), "ok");
  expect_refused(send_raw(Bytes("\x0a\x02\xff\xfe", 4), 1), Reason::kBadContent);
  expect_refused(send_raw(Bytes("\x0a\x02ok\x0a\x02ok", 8), 1), Reason::kBadContent);
  expect_refused(send_raw(Bytes("\x0a\x02ok\x50\x01", 6), 1), Reason::kBadContent);
  expect_refused(send_raw(Bytes("\x0a\x02ok", 4), 2), Reason::kBadContent);
  expect_refused(send_raw("", 1), Reason::kBadContent);
}

TEST(MaliciousClient, T23HostileProtobufIsRefusedInTheEnvelopeAndTheHeader) {
  Trio t;
  const Bytes good = t.a.say(t.b.me.peer(), "x").envelope;
  expect_refused(t.b.look(good + Bytes("\x50\x01", 2)), Reason::kMalformed);
  expect_refused(t.b.look(good + good), Reason::kMalformed);
  expect_refused(t.b.look(Bytes(20000, '\x0b')), Reason::kMalformed);
  expect_refused(t.b.look(""), Reason::kUnknownSuite);  // no header, so no suite
  pb::Envelope e;
  ASSERT_TRUE(parse_strict(good, kMaxEnvelope, e).ok());
  const Bytes header = e.header();
  for (const Bytes& extra : {Bytes("\xa0\x06\x01", 3), Bytes("\x08\x01", 2), header}) {
    e.set_header(header + extra);
    expect_refused(t.b.look(encode(e)), Reason::kMalformed);
  }
  e.set_header(header);
  for (int i = 0; i < 5; ++i) e.add_wraps(e.wraps(0));
  expect_refused(t.b.look(encode(e)), Reason::kMalformed);
}

}  // namespace
}  // namespace fastchat::tests
