// The adversary's tests of docs/e2e.md, part three: prekeys (27 to 29). Each rule was broken once in the code, as
// prekey_test.cc says.
#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/seal.h"
#include "client/e2e/x25519.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

TEST(MaliciousPrekeys, T27AnOldPrekeyShownAgainIsRefused) {
  const Prekey six = new_prekey(bob(), 6).prekey, seven = new_prekey(bob(), 7).prekey;
  const PrekeyView seen{7, prekey_hash(seven)};
  EXPECT_TRUE(accept_prekey(six, bob().peer(), kRealmA).ok()) << "bob signed it, so only its number tells";
  const auto shown = [&](PrekeySource source) { return decide_prekey(seen, six.n, prekey_hash(six), source); };
  EXPECT_FALSE(may_seal_to(shown(PrekeySource::kServed))) << "asked for once more";
  EXPECT_EQ(shown(PrekeySource::kServedAfresh), PrekeyDecision::kOlder);
  EXPECT_TRUE(is_refusal(PrekeyDecision::kOlder));
}

TEST(MaliciousPrekeys, T27AnotherPrekeyUnderTheSameNumberIsRefusedWhoeverNamesIt) {
  const Prekey seven = new_prekey(bob(), 7).prekey, other = new_prekey(bob(), 7).prekey;
  const PrekeyView seen{7, prekey_hash(seven)};
  for (const PrekeySource source : {PrekeySource::kServed, PrekeySource::kNamed}) {
    EXPECT_EQ(decide_prekey(seen, 7, prekey_hash(other), source), PrekeyDecision::kSwapped);
    EXPECT_EQ(decide_prekey(seen, 7, prekey_hash(signed_again(bob(), seven)), source), PrekeyDecision::kKnown);
  }
}

TEST(MaliciousPrekeys, T27APrekeyOfAnotherUserKeyOrRealmIsRefused) {
  const Prekey bobs = new_prekey(bob(), 7).prekey;
  const auto refuses = [](const Prekey& prekey, const PeerKey& key, const Bytes& realm = kRealmA) {
    return accept_prekey(prekey, key, realm).code() == Code::kLocalUntrustedKey;
  };
  EXPECT_TRUE(refuses(new_prekey(carol(), 7).prekey, bob().peer()));
  EXPECT_TRUE(refuses(new_prekey(person("bob", 5), 7).prekey, bob().peer())) << "another key of bob's";
  EXPECT_TRUE(refuses(new_prekey(person("bob", 1, kRealmB), 7).prekey, bob().peer()));
  EXPECT_TRUE(refuses(bobs, bob().peer(), kRealmB));
  EXPECT_TRUE(refuses(new_prekey(person("robert", 1), 7).prekey, bob().peer())) << "the same RSA key";
  // Carol signs a prekey in bob's name.
  EXPECT_TRUE(refuses(signed_again(carol(), bobs), bob().peer()));
  Prekey claimed = bobs;
  claimed.user = "carol";
  claimed.fpr = carol().fpr();
  EXPECT_TRUE(refuses(claimed, carol().peer()));
  // Bob himself signs a prekey in carol's name, with the fingerprint of his own key.
  Prekey odd = bobs;
  odd.user = "carol";
  EXPECT_TRUE(refuses(signed_again(bob(), odd), bob().peer()));
}

TEST(MaliciousPrekeys, T27NoFieldOfAPrekeyCanBeChanged) {
  const Prekey good = new_prekey(bob(), 7).prekey;
  std::vector<Prekey> bad(5, good);
  bad[0].n = 8;
  bad[1].x25519 = new_prekey(bob(), 7).prekey.x25519;
  bad[2].from_ms += 1;
  bad[3].until_ms += 1;
  bad[4].sig[9] = static_cast<char>(bad[4].sig[9] ^ 1);
  for (const Prekey& p : bad) EXPECT_EQ(accept_prekey(p, bob().peer(), kRealmA).code(), Code::kLocalUntrustedKey);
  // The signature of a message, or of a change of key, is none of a prekey.
  for (const SignType type : {SignType::kMessage, SignType::kRekey, SignType::kRekeyed, SignType::kReceipt}) {
    Prekey other = good;
    Bytes m = other.user + other.fpr;
    put_u64(m, other.n);
    m += other.x25519;
    put_u64(m, static_cast<uint64_t>(other.from_ms));
    put_u64(m, static_cast<uint64_t>(other.until_ms));
    other.sig = sign(bob().key(), type, m);
    EXPECT_FALSE(accept_prekey(other, bob().peer(), kRealmA).ok());
  }
}

// Failed when the message was refused, and when the flag was left out.
TEST(MaliciousPrekeys, T27AHeaderThatNamesAnotherPrekeyUnderASeenNumberOpensAndIsTold) {
  Duo t;
  PrekeyView& seen = t.bobs.views[{"alice", t.a.me.fpr()}];
  seen = {3, Bytes(32, 'o')};
  const Received swapped = t.bob_reads(t.say("authentic").envelope);
  EXPECT_EQ(text_of(swapped), "authentic") << "a thief's junk, or a restored copy, must not destroy it";
  EXPECT_TRUE(swapped.prekey_swapped);
  seen = {3, prekey_hash(t.alices.newest())};
  const Bytes m = t.say("hello").envelope;
  const Received known = t.bob_reads(m);
  EXPECT_EQ(text_of(known), "hello");
  EXPECT_FALSE(known.prekey_swapped);
  // Of the reader's own name, too: the owner makes the next number.
  t.alices.views[{"alice", t.a.me.fpr()}] = {3, Bytes(32, 'o')};
  const Received own = t.tablet_reads(m);
  EXPECT_EQ(text_of(own), "hello");
  EXPECT_TRUE(own.own_copy && own.prekey_swapped);
  // Only the flag goes beyond: such a prekey is refused for sealing, as every other one under a seen number.
  EXPECT_TRUE(is_refusal(
      decide_prekey(t.alices.views.begin()->second, 3, prekey_hash(t.alices.newest()), PrekeySource::kServed)));
}

// Failed when the flag was set before the signature was verified.
TEST(MaliciousServer, T27CannotRaiseTheFlagInAnothersName) {
  Duo t;
  t.bobs.views[{"alice", t.a.me.fpr()}] = {3, Bytes(32, 'o')};
  const Received r = t.bob_reads(altered(t.say("x").envelope, test_key(3), [](auto&, auto&) {}));
  expect_refused(r, Reason::kBadSignature);
  EXPECT_FALSE(r.prekey_swapped);
}

TEST(MaliciousPrekeys, T27AMessageOutOfTheQueueMayNameAnOlderPrekey) {
  Duo t;
  t.bobs.views[{"alice", t.a.me.fpr()}] = {4, Bytes(32, 'n')};
  const Received r = t.bob_reads(t.say("sealed a week ago").envelope);
  EXPECT_EQ(text_of(r), "sealed a week ago");
  EXPECT_FALSE(r.prekey_swapped);
}

TEST(MaliciousPrekeys, T27WhatAThiefOfAFormerKeyNamedSaysNothingOfTheNext) {
  Duo t;
  t.bobs.views[{"alice", Bytes(32, 'f')}] = {3, Bytes(32, 'o')};
  const Received r = t.bob_reads(t.say("hello").envelope);
  EXPECT_EQ(text_of(r), "hello");
  EXPECT_FALSE(r.prekey_swapped);
}

TEST(MaliciousSender, T28Suite1AfterSuite2IsRefusedWhereTheRuleIsOn) {
  Duo t;
  const Bytes before = t.say("before", false).envelope;
  EXPECT_EQ(text_of(t.bob_reads(before)), "before");
  EXPECT_EQ(text_of(t.bob_reads(t.say("two").envelope)), "two");
  const Bytes after = t.say("after", false).envelope, again = t.say("again").envelope;
  std::set<Bytes> streams = {parse_envelope(again).envelope->header.id.stream};  // as the client will know them
  t.bobs.only = [&](const Header& h) { return h.from_user == "alice" && streams.contains(h.id.stream); };
  const Received r = t.bob_reads(after);
  expect_refused(r, Reason::kDowngrade);
  EXPECT_TRUE(r.authentic) << "loud, and about alice herself";
  EXPECT_EQ(t.bob_reads(before).outcome, Outcome::kDuplicate) << "taken in when it was right";
  EXPECT_EQ(text_of(t.bob_reads(again)), "again");
  t.bobs.only = nullptr;
  EXPECT_EQ(text_of(t.bob_reads(after)), "after") << "the rule is off without input";
}

// Failed when the sender passed over the line, and when it passed over its own missing pair.
TEST(MaliciousServer, T28ThatShowsNoPrekeyOrARefusedOneGetsNoMessageOfSuite1) {
  // Alice and bob have prekeys, and alice has seen one of bob's.
  SealingState state{.own_ever = true, .own_here = true, .line_shown = true, .usable = true};
  EXPECT_EQ(suite_to_seal(state), SealIn::kSuiteTwo);
  state.usable = false;  // none, an older one, a swapped one, or one of a former key of bob's
  EXPECT_EQ(suite_to_seal(state), SealIn::kWaits);
  state.own_here = false;  // and the vault of alice's other device is held back
  EXPECT_EQ(suite_to_seal(state), SealIn::kWaits);
  state.usable = true;
  EXPECT_EQ(suite_to_seal(state), SealIn::kWaits);
}

// Failed when the sender passed over the line.
TEST(MaliciousServer, T28AChangeOfTheContactsKeyIsNoWayBack) {
  Duo t;
  const Identity bob_now(kRealmA, "bob", {test_key(5), test_key(1)});
  const Prekey old_prekey = t.bobs.newest();
  const auto decide = [&](bool served_old) {
    // A prekey of the former key was shown: this closes suite 1 for the whole line of keys.
    SealingState state{.own_ever = true, .own_here = true, .line_shown = true};
    state.usable = served_old && accept_prekey(old_prekey, bob_now.peer(), kRealmA).ok();
    return suite_to_seal(state);
  };
  EXPECT_EQ(decide(false), SealIn::kWaits);
  EXPECT_EQ(decide(true), SealIn::kWaits);
}

// Failed when any of the four was passed over.
TEST(Suite2Sender, T28EveryStateHasItsSuite) {
  for (int bits = 0; bits < 16; ++bits) {
    const SealingState s{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    const bool waits = s.own_ever && (s.line_shown || s.usable) && !(s.usable && s.own_here);
    const bool two = s.own_ever && s.own_here && s.usable;
    EXPECT_EQ(suite_to_seal(s), two ? SealIn::kSuiteTwo : waits ? SealIn::kWaits : SealIn::kSuiteOne) << bits;
  }
}

TEST(MaliciousSender, T28TheRuleAsksOnlyAboutWhatItsSenderSigned) {
  Duo t;
  t.bobs.only = [](const Header&) { return true; };
  // A server's own message in alice's name is a bad signature. Nobody hears that alice went back.
  const Bytes forged = altered(t.say("x", false).envelope, test_key(3), [](auto&, auto&) {});
  expect_refused(t.bob_reads(forged), Reason::kBadSignature);
  // Groups stay in suite 1.
  const GroupState g = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  t.b.groups.enter(g, &test_key(6));
  EXPECT_EQ(text_of(t.bob_reads(t.a.say_group(g, "hello").envelope)), "hello");
}

TEST(MaliciousPrekeys, T29NoPointOfLowOrderGivesASecret) {
  ASSERT_EQ(low_order_points().size(), 14u);
  for (const Bytes& point : low_order_points()) {
    EXPECT_TRUE(low_order(point)) << to_hex(point);
    for (const char s : {'s', '\1', '\xff'}) {
      EXPECT_EQ(x25519(Secret::copy_of(Bytes(32, s)), point).code(), Code::kLocalCrypto) << to_hex(point);
    }
  }
  EXPECT_FALSE(low_order('\x09' + Bytes(31, '\0')));
}

// Failed without the check, and when the check read one byte only.
TEST(MaliciousPrekeys, T29AnOutputOfZerosIsNoSecretWhoeverComputedIt) {
  EXPECT_TRUE(known_to_all(Bytes(32, '\0')));
  for (const size_t i : {0u, 15u, 31u}) {
    for (const char bit : {'\1', '\x80'}) {
      Bytes shared(32, '\0');
      shared[i] = bit;
      EXPECT_FALSE(known_to_all(shared)) << i;
    }
  }
}

TEST(MaliciousPrekeys, T29APrekeyOfLowOrderOrOfAnotherEncodingIsRefused) {
  std::vector<Bytes> points = low_order_points();
  points.push_back('\x09' + Bytes(30, '\0') + '\x80');    // of high order, with the bit that X25519 ignores
  points.push_back('\xf6' + Bytes(30, '\xff') + '\x7f');  // 9, with the prime added
  for (const Bytes& point : points) {
    Prekey prekey = new_prekey(bob(), 7).prekey;
    prekey.x25519 = point;
    prekey = signed_again(bob(), prekey);
    const Result<Unit> r = accept_prekey(prekey, bob().peer(), kRealmA);
    EXPECT_EQ(r.code(), Code::kLocalUntrustedKey) << to_hex(point);
    EXPECT_TRUE(r.error().text.find("point") != std::string::npos) << r.error().text;
  }
}

TEST(MaliciousSender, T29AnEphemeralPointOfLowOrderIsRefusedAlthoughEverythingFits) {
  Duo t;
  size_t canonical = 0;
  for (const Bytes& point : low_order_points()) {
    Header h = header_to(t.a.me, t.b.me.peer());
    h.prekeys =
        HeaderPrekeys{'\x09' + Bytes(31, '\0'), 7, prekey_hash(t.bobs.newest()), 3, prekey_hash(t.alices.newest())};
    if (!canonical_point(point)) {
      const Bytes good = t.say("x").envelope;
      expect_refused(t.bob_reads(altered(good, t.a.me.key(), [&](auto& header, auto&) { header.set_eph(point); })),
                     Reason::kMalformed);
      continue;
    }
    ++canonical;
    h.prekeys->eph = point;
    const Bytes header = encode_header(h), k(32, 'k'), key(32, 'K');
    const Secret kek = wrap2_key(k, Bytes(32, '\0'), point, header);  // everybody knows the shared secret
    const auto wrap_to = [&](const Identity& to, size_t i) {
      return wrap(to.key().public_key(), k) + seal(kek.view(), wrap2_context(header, i), key);
    };
    const Bytes body = seal(key, body_context(header), encode_plaintext(Text{"x"})->view());
    const Bytes m = forge(h, {wrap_to(t.b.me, 1), wrap_to(t.a.me, 2)}, body, t.a.me.key());
    expect_refused(t.bob_reads(m), Reason::kCannotUnwrap);
    expect_refused(t.tablet_reads(m), Reason::kCannotUnwrap);
  }
  EXPECT_EQ(canonical, 5u);
}

}  // namespace
}  // namespace fastchat::tests
