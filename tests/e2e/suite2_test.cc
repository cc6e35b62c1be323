// Direct messages of suite 2: who opens them, and what each field of their header must be. Each rule was broken once in
// the code, as prekey_test.cc says.
#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/seal.h"
#include "client/e2e/x25519.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

TEST(Suite2, OpensForItsRecipientWithEverythingItSays) {
  Duo t;
  const SealedMessage m = t.say("hello bob");
  const Received r = t.bob_reads(m.envelope);
  EXPECT_EQ(text_of(r), "hello bob") << r.why;
  EXPECT_EQ(r.header.id, m.id);
  EXPECT_EQ(r.hash, m.hash);
  EXPECT_TRUE(r.authentic);
  EXPECT_FALSE(r.own_copy);
  ASSERT_TRUE(r.header.prekeys);
  EXPECT_EQ(r.header.prekeys->n, 7u);
  EXPECT_EQ(r.header.prekeys->hash, prekey_hash(t.bobs.newest()));
  EXPECT_EQ(r.header.prekeys->own_n, 3u);
  EXPECT_EQ(r.header.prekeys->own_hash, prekey_hash(t.alices.newest()));
  EXPECT_TRUE(canonical_point(r.header.prekeys->eph));
}

TEST(Suite2, OpensOnTheSendersOtherDevice) {
  Duo t;
  const Received r = t.tablet_reads(t.say("hello bob").envelope);
  EXPECT_EQ(text_of(r), "hello bob") << r.why;
  EXPECT_TRUE(r.own_copy);
}

TEST(Suite2, ToOneselfOpensOnTheOtherDevice) {
  Duo t;
  const Bytes note = t.say_to_herself("note").envelope;
  const Received r = t.tablet_reads(note);
  EXPECT_EQ(text_of(r), "note") << r.why;
  EXPECT_TRUE(r.own_copy);
  EXPECT_EQ(r.header.prekeys->n, r.header.prekeys->own_n);
  EXPECT_EQ(r.header.prekeys->hash, r.header.prekeys->own_hash);
}

TEST(Suite2, StandsBesideSuite1InOneStream) {
  Duo t;
  EXPECT_EQ(text_of(t.bob_reads(t.say("one", false).envelope)), "one");
  EXPECT_EQ(text_of(t.bob_reads(t.say("two").envelope)), "two");
  const Received r = t.bob_reads(t.say("three", false).envelope);
  EXPECT_EQ(text_of(r), "three");
  EXPECT_FALSE(r.gap);
  EXPECT_FALSE(r.header.prekeys);
}

TEST(Suite2, IsUnknownToAReaderWithoutPrekeys) {
  Duo t;
  expect_refused(t.b.look(t.say("hello").envelope), Reason::kUnknownSuite);
}

TEST(Suite2, OfTheLargestTextFitsAnEnvelope) {
  Duo t;
  const SealedMessage m = t.say(std::string(kMaxText, 'x'));
  EXPECT_LE(m.envelope.size(), kMaxEnvelope);
  EXPECT_EQ(text_of(t.bob_reads(m.envelope)).size(), kMaxText);
}

TEST(Suite2, ItsHeaderFitsWithTheLongestNamesAndNumbers) {
  const Identity longest(kRealmA, std::string(32, 'z'), {test_key(0)});
  const MessagePrekeys keys{new_prekey(longest, kMaxCount).prekey, new_prekey(bob(), kMaxCount).prekey};
  const StreamPosition at{Bytes(16, 's'), kMaxCount, Bytes(32, 'p')};
  const auto m = seal_message(bob(), longest.peer(), at, Text{"x"}, kMaxTimeMs - 1, keys);
  ASSERT_TRUE(m.ok());
  const ParsedEnvelope parsed = parse_envelope(m->envelope);
  ASSERT_TRUE(parsed.envelope) << parsed.why;
  EXPECT_LE(parsed.envelope->header_bytes.size(), kMaxHeader);
}

TEST(Suite2, EachMessageHasAFreshKeyAndFreshWraps) {
  Duo t;
  const Envelope one = *parse_envelope(t.say("x").envelope).envelope;
  const Envelope two = *parse_envelope(t.say("x").envelope).envelope;
  EXPECT_NE(one.header.prekeys->eph, two.header.prekeys->eph);
  EXPECT_NE(one.wraps, two.wraps);
}

TEST(Suite2, TheRsaKeyAloneOpensNothing) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  t.bobs.erase(7);
  expect_refused(t.bob_reads(m), Reason::kNoPrekey);
  // A thief who has bob's RSA keys and another prekey in the place of the erased one.
  t.bobs.add(new_prekey(t.b.me, 7));
  expect_refused(t.bob_reads(m), Reason::kOtherPrekey);
  const Envelope e = *parse_envelope(m).envelope;
  EXPECT_FALSE(unwrap_message_key(e, 0, t.b.me.key(), &t.bobs.pairs().back()).ok());
}

// Failed when the reader compared no hash, and when a look-up for an own copy took the numbers of the recipient.
TEST(Suite2, AReaderTellsAPrekeyItDidNotMakeFromAWrapThatDoesNotOpen) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  PrekeyPair bobs = t.bobs.take(7), alices = t.alices.take(3);
  t.bobs.add(new_prekey(t.b.me, 7));
  t.alices.add(new_prekey(t.a.me, 3));
  expect_refused(t.bob_reads(m), Reason::kOtherPrekey);
  expect_refused(t.tablet_reads(m), Reason::kOtherPrekey);
  EXPECT_EQ(reopen_own_message(m, t.a.me, &t.alices).code(), Code::kLocalCrypto);
  // Both devices made number 7, and the vault brought the other one's. Each opens what was sealed to it.
  t.bobs.add(std::move(bobs));
  t.alices.add(std::move(alices));
  EXPECT_EQ(text_of(t.bob_reads(m)), "hello");
  EXPECT_EQ(text_of(t.tablet_reads(m)), "hello");
  EXPECT_TRUE(reopen_own_message(m, t.a.me, &t.alices).ok());
}

// Keeps no fingerprints: the mistake of a client whose table of prekeys has numbers alone.
class ByNumber final : public Prekeys {
 public:
  explicit ByNumber(PrekeyPair pair) : pair_(std::move(pair)) {}
  const PrekeyPair* own(ByteView /*fpr*/, uint64_t n, ByteView /*hash*/) const override {
    return n == pair_.prekey.n ? &pair_ : nullptr;
  }
  bool awaited(ByteView /*fpr*/, uint64_t /*n*/) const override { return false; }

 private:
  PrekeyPair pair_;
};

// Failed when the reader compared no fingerprint: the careless look-up opened the message.
TEST(Suite2, ThePrekeyIsOfTheKeyToWhichTheMessageIsSealed) {
  Duo t;
  const KeyPair& old_key = test_key(1);
  Client bob(Identity(kRealmA, "bob", {test_key(5), old_key}));
  bob.pins.pin(t.a.me.peer());
  MapPrekeys keys;
  keys.add(new_prekey(t.b.me, 7));
  const Prekey of_old = keys.newest();
  keys.add(new_prekey(bob.me, 7));  // the numbers begin anew with the key
  EXPECT_EQ(text_of(Duo::read(bob, keys, t.say_to(of_old).envelope)), "hello");

  // Alice seals to bob's new key, and to the prekey of his old one. Everything else fits.
  const Bytes m = t.wrapped_to(bob.me.peer(), of_old);
  expect_refused(Duo::read(bob, keys, m), Reason::kOtherPrekey);
  const ByNumber careless(keys.take(7));
  const Received r =
      open_message(bob.me, m, bob.pins, bob.marks, bob.groups, std::nullopt, CameAs::kNotKnown, &careless);
  expect_refused(r, Reason::kOtherPrekey);
}

TEST(Suite2, ThePrekeyAloneOpensNothing) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  const Envelope e = *parse_envelope(m).envelope;
  const PrekeyPair* pair = &t.bobs.pairs().back();
  EXPECT_TRUE(unwrap_message_key(e, 0, t.b.me.key(), pair).ok());
  EXPECT_FALSE(unwrap_message_key(e, 0, t.a.me.key(), pair).ok());
  EXPECT_FALSE(unwrap_message_key(e, 0, t.b.me.key(), nullptr).ok());
}

TEST(Suite2, AnErasedPrekeyIsARefusalOfItsOwnAndNotOfADuplicate) {
  Duo t;
  const Bytes read = t.say("read before").envelope, late = t.say("too late").envelope;
  EXPECT_EQ(text_of(t.bob_reads(read)), "read before");
  t.bobs.erase(7);
  const Received r = t.bob_takes_in(late);
  expect_refused(r, Reason::kNoPrekey);
  EXPECT_TRUE(r.authentic);
  EXPECT_EQ(t.bob_reads(read).outcome, Outcome::kDuplicate);
  EXPECT_EQ(t.bob_reads(late).outcome, Outcome::kDuplicate) << "it keeps its place";
  EXPECT_FALSE(t.bob_reads(t.say("next", false).envelope).gap) << "and is no hole before the next";
  t.alices.erase(3);
  expect_refused(t.tablet_reads(late), Reason::kNoPrekey);
}

// Failed when nothing was awaited, and when a pair with another hash ended the wait.
TEST(Suite2, WaitsWithoutAMarkForThePrekeyThatTheVaultMayBring) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  PrekeyPair seven = t.bobs.take(7);
  t.bobs.waits = [&](ByteView fpr, uint64_t n) { return fpr == t.b.me.fpr() && n == 7; };
  for (int i = 0; i < 2; ++i) {
    const Received r = t.bob_takes_in(m);
    EXPECT_EQ(r.outcome, Outcome::kNeedsPrekey);
    EXPECT_FALSE(r.why.empty());
    EXPECT_TRUE(r.authentic);
  }
  // Another device made a number 7, too, and its vault came first. The wait goes on.
  t.bobs.add(new_prekey(t.b.me, 7));
  EXPECT_EQ(t.bob_takes_in(m).outcome, Outcome::kNeedsPrekey);
  t.bobs.add(std::move(seven));
  EXPECT_EQ(text_of(t.bob_takes_in(m)), "hello");
  EXPECT_EQ(t.bob_takes_in(m).outcome, Outcome::kDuplicate);
  // The sender's other devices wait for the key that signed.
  t.alices.waits = [&](ByteView fpr, uint64_t n) { return fpr == t.a.me.fpr() && n == 3; };
  const PrekeyPair three = t.alices.take(3);
  EXPECT_EQ(t.tablet_reads(m).outcome, Outcome::kNeedsPrekey);
}

// Failed when the wait had no end, and when either reason left no mark.
TEST(Suite2, AfterTheWaitItIsRefusedOnceAndLeavesItsMark) {
  for (const bool another : {false, true}) {
    Duo t;
    const Bytes m = t.say("hello").envelope;
    t.bobs.erase(7);
    if (another) t.bobs.add(new_prekey(t.b.me, 7));
    t.bobs.waits = [](ByteView, uint64_t) { return true; };
    EXPECT_EQ(t.bob_takes_in(m).outcome, Outcome::kNeedsPrekey);
    t.bobs.waits = nullptr;
    expect_refused(t.bob_takes_in(m), another ? Reason::kOtherPrekey : Reason::kNoPrekey);
    EXPECT_EQ(t.bob_takes_in(m).outcome, Outcome::kDuplicate);
  }
}

// Failed when the rules of suite 2 came before the replay marks.
TEST(Suite2, AForkIsFoundBeforeTheWait) {
  Duo t;
  EXPECT_EQ(text_of(t.bob_takes_in(t.say("one").envelope)), "one");
  const Bytes bad = altered(t.say("two").envelope, t.a.me.key(), [](pb::Header& h, pb::Envelope&) {
    h.set_prev(Bytes(32, 'p'));
    h.set_prekey_n(8);
  });
  t.bobs.waits = [](ByteView, uint64_t) { return true; };
  expect_refused(t.bob_takes_in(bad), Reason::kForked);
}

// Failed when any of the last three was left out.
TEST(Suite2, TheReasonsThatKeepTheirPlaceAreThoseOfThePage) {
  std::set<std::string_view> keep;
  for (int i = 0; i <= static_cast<int>(Reason::kOtherPrekey); ++i) {
    if (keeps_its_place(static_cast<Reason>(i))) keep.insert(reason_name(static_cast<Reason>(i)));
  }
  EXPECT_EQ(keep, (std::set<std::string_view>{"forked", "cannot-unwrap", "cannot-open", "bad-content", "no-prekey",
                                              "downgrade", "other-prekey"}));
}

TEST(Suite2, OpensWithThePrekeyThatItNamesAlsoWhenANewerOneCame) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  t.bobs.add(new_prekey(t.b.me, 8));
  t.alices.add(new_prekey(t.a.me, 4));
  EXPECT_EQ(text_of(t.bob_reads(m)), "hello");
  EXPECT_EQ(text_of(t.tablet_reads(m)), "hello");
}

TEST(Suite2, ItsSenderOpensItAgainToSealItAnew) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  const Result<Content> again = reopen_own_message(m, t.a.me, &t.alices);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(std::get<Text>(*again).text, "hello");
  EXPECT_EQ(reopen_own_message(m, t.a.me, nullptr).code(), Code::kLocalCrypto);
  EXPECT_EQ(message_id(m)->from_fpr, t.a.me.fpr());
  EXPECT_TRUE(signed_by(m, t.a.me.peer()));
}

TEST(Suite2, IsSealedOnlyToPrekeysOfTheKeysOfTheMessage) {
  Duo t;
  const StreamPosition at{Bytes(16, 's'), 1, {}};
  const auto seal_to = [&](const PeerKey& to, const MessagePrekeys& keys) {
    return seal_message(t.a.me, to, at, Text{"x"}, kNowMs, keys).code();
  };
  const Prekey alices = t.alices.newest(), bobs = t.bobs.newest(), carols = new_prekey(carol(), 7).prekey;
  const Prekey later = new_prekey(person("bob", 5), 8).prekey;
  const Prekey second = new_prekey(t.a.me, 4).prekey;
  const PeerKey bob_key = t.b.me.peer(), self = t.a.me.peer();
  EXPECT_EQ(seal_to(bob_key, {bobs, alices}), Code::kOk);
  EXPECT_EQ(seal_to(bob_key, {carols, alices}), Code::kLocalUntrustedKey);
  EXPECT_EQ(seal_to(bob_key, {later, alices}), Code::kLocalUntrustedKey) << "of bob's next key";
  EXPECT_EQ(seal_to(bob_key, {bobs, bobs}), Code::kLocalUntrustedKey);
  EXPECT_EQ(seal_to(bob_key, {bobs, new_prekey(person("alice", 5), 3).prekey}), Code::kLocalUntrustedKey);
  EXPECT_EQ(seal_to(self, {alices, alices}), Code::kOk);
  EXPECT_EQ(seal_to(self, {alices, second}), Code::kLocalUntrustedKey);
  Prekey zero = bobs;
  zero.x25519 = Bytes(32, '\0');
  EXPECT_EQ(seal_to(bob_key, {zero, alices}), Code::kLocalCrypto) << "accept_prekey() refuses it before";
}

// A sender who signs what he likes. The message's key was made for the header as it was, so a well-formed change
// leaves a wrap that does not open.
struct FieldChange {
  const char* what;
  Reason reason;
  std::function<void(pb::Header&)> change;
};

TEST(Suite2, EveryFieldOfItsHeaderIsHeldToItsRule) {
  Duo t;
  const Bytes m = t.say("hello").envelope;
  const std::vector<FieldChange> changes = {
      {"other eph", Reason::kCannotUnwrap,
       [](pb::Header& h) { h.set_eph(x25519_public(Secret::copy_of(Bytes(32, 'e')))); }},
      {"no eph", Reason::kMalformed, [](pb::Header& h) { h.clear_eph(); }},
      {"short eph", Reason::kMalformed, [](pb::Header& h) { h.set_eph(Bytes(31, '\1')); }},
      {"long eph", Reason::kMalformed, [](pb::Header& h) { h.set_eph(Bytes(33, '\1')); }},
      {"eph of another encoding", Reason::kMalformed, [](pb::Header& h) { h.mutable_eph()->back() |= '\x80'; }},
      {"the number of another prekey of bob", Reason::kOtherPrekey, [](pb::Header& h) { h.set_prekey_n(6); }},
      {"another prekey of bob", Reason::kCannotUnwrap,
       [&](pb::Header& h) { h.set_prekey_n(6), h.set_prekey_hash(prekey_hash(t.bobs.pairs().front().prekey)); }},
      {"a prekey that bob does not have", Reason::kNoPrekey, [](pb::Header& h) { h.set_prekey_n(8); }},
      {"no prekey_n", Reason::kMalformed, [](pb::Header& h) { h.clear_prekey_n(); }},
      {"large prekey_n", Reason::kMalformed, [](pb::Header& h) { h.set_prekey_n(kMaxCount + 1); }},
      {"other prekey_hash", Reason::kOtherPrekey, [](pb::Header& h) { h.set_prekey_hash(Bytes(32, 'h')); }},
      {"no prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.clear_prekey_hash(); }},
      {"short prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.set_prekey_hash(Bytes(31, 'h')); }},
      {"long prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.set_prekey_hash(Bytes(33, 'h')); }},
      {"other own_prekey_n", Reason::kCannotUnwrap, [](pb::Header& h) { h.set_own_prekey_n(4); }},
      {"no own_prekey_n", Reason::kMalformed, [](pb::Header& h) { h.clear_own_prekey_n(); }},
      {"large own_prekey_n", Reason::kMalformed, [](pb::Header& h) { h.set_own_prekey_n(kMaxCount + 1); }},
      {"other own_prekey_hash", Reason::kCannotUnwrap, [](pb::Header& h) { h.set_own_prekey_hash(Bytes(32, 'h')); }},
      {"no own_prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.clear_own_prekey_hash(); }},
      {"short own_prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.set_own_prekey_hash(Bytes(31, 'h')); }},
      {"long own_prekey_hash", Reason::kMalformed, [](pb::Header& h) { h.set_own_prekey_hash(Bytes(33, 'h')); }},
      {"another stream", Reason::kCannotUnwrap, [](pb::Header& h) { h.set_stream(Bytes(16, 'S')); }},
      {"another number", Reason::kCannotUnwrap, [](pb::Header& h) { h.set_seq(9), h.set_prev(Bytes(32, 'p')); }},
      {"another time", Reason::kCannotUnwrap, [](pb::Header& h) { h.set_sent_ms(kNowMs + 1); }},
      {"another recipient", Reason::kNotForMe, [](pb::Header& h) { h.set_to_user("carol"); }},
      {"another key of the recipient", Reason::kNotForMe, [](pb::Header& h) { h.set_to_fpr(Bytes(32, 'f')); }},
      {"another realm", Reason::kWrongRealm, [](pb::Header& h) { h.set_realm(Bytes(16, 'Q')); }},
      {"suite 0", Reason::kUnknownSuite, [](pb::Header& h) { h.set_suite(0); }},
      {"suite 3", Reason::kUnknownSuite, [](pb::Header& h) { h.set_suite(3); }},
      {"suite 1 with the fields of suite 2", Reason::kMalformed, [](pb::Header& h) { h.set_suite(1); }},
  };
  for (const FieldChange& c : changes) {
    SCOPED_TRACE(c.what);
    const Bytes signed_anew = altered(m, t.a.me.key(), [&](pb::Header& h, pb::Envelope&) { c.change(h); });
    expect_refused(t.bob_reads(signed_anew), c.reason);
    // A server cannot sign, so it does not come so far.
    const Bytes by_server = altered(m, test_key(3), [&](pb::Header& h, pb::Envelope&) { c.change(h); });
    const Received r = t.bob_reads(by_server);
    EXPECT_NE(r.outcome, Outcome::kOpened);
    EXPECT_FALSE(r.authentic);
  }
  EXPECT_EQ(text_of(t.bob_reads(m)), "hello");
}

TEST(Suite2, NoFieldOfItStandsInAMessageOfSuite1) {
  Duo t;
  const Bytes m = t.say("hello", false).envelope;
  const std::vector<std::function<void(pb::Header&)>> fields = {
      [](pb::Header& h) { h.set_eph(Bytes(32, '\1')); },
      [](pb::Header& h) { h.set_prekey_n(7); },
      [](pb::Header& h) { h.set_prekey_hash(Bytes(32, 'h')); },
      [](pb::Header& h) { h.set_own_prekey_n(3); },
      [](pb::Header& h) { h.set_own_prekey_hash(Bytes(32, 'h')); },
  };
  for (size_t i = 0; i < fields.size(); ++i) {
    const Bytes bad = altered(m, t.a.me.key(), [&](pb::Header& h, pb::Envelope&) { fields[i](h); });
    SCOPED_TRACE(i);
    expect_refused(t.bob_reads(bad), Reason::kMalformed);
  }
  expect_refused(t.bob_reads(altered(m, t.a.me.key(), [](pb::Header& h, pb::Envelope&) { h.set_suite(2); })),
                 Reason::kMalformed);
}

TEST(Suite2, IsNotForGroups) {
  Trio t;
  Duo keys;
  const GroupState g = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  t.b.groups.enter(g, &test_key(6));
  const Bytes m = t.a.say_group(g, "hello").envelope;
  const Bytes bad = altered(m, t.a.me.key(), [](pb::Header& h, pb::Envelope& e) {
    h.set_suite(2);
    h.set_eph(Bytes(31, '\0') + '\x09');
    h.set_prekey_n(7);
    h.set_prekey_hash(Bytes(32, 'h'));
    h.set_own_prekey_n(3);
    h.set_own_prekey_hash(Bytes(32, 'h'));
    e.set_wraps(0, Bytes(kWrap2, 'w'));
  });
  expect_refused(Duo::read(t.b, keys.bobs, bad), Reason::kMalformed);
  EXPECT_EQ(text_of(Duo::read(t.b, keys.bobs, m)), "hello") << "prekeys change nothing for a group";
}

// Failed when any of the three comparisons was left out.
TEST(Suite2, ToOneselfNamesOneKeyAndOnePrekey) {
  Duo t;
  const Bytes note = t.say_to_herself("note").envelope;
  const std::vector<std::function<void(pb::Header&)>> changes = {
      [](pb::Header& h) { h.set_prekey_n(2); },
      [](pb::Header& h) { h.set_own_prekey_n(2); },
      [](pb::Header& h) { h.set_prekey_hash(Bytes(32, 'h')); },
      [](pb::Header& h) { h.set_to_fpr(Bytes(32, 'f')); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    const Bytes bad = altered(note, t.a.me.key(), [&](pb::Header& h, pb::Envelope&) { changes[i](h); });
    expect_refused(t.tablet_reads(bad), Reason::kMalformed);
  }
}

TEST(Suite2, WrapsHaveTheirPlaceAndTheirSize) {
  Duo t;
  const Bytes m = t.say("hello").envelope, other = t.say("other").envelope;
  const Envelope o = *parse_envelope(other).envelope;
  const auto with_wraps = [&](const Bytes& envelope, auto&& change) {
    return altered(envelope, t.a.me.key(), [&](pb::Header&, pb::Envelope& e) { change(*e.mutable_wraps()); });
  };
  const auto swap = [](auto& wraps) { wraps.SwapElements(0, 1); };
  expect_refused(t.bob_reads(with_wraps(m, swap)), Reason::kCannotUnwrap);
  // Both wraps of a note to oneself are for the same two keys; their place is in the context.
  expect_refused(t.tablet_reads(with_wraps(t.say_to_herself("note").envelope, swap)), Reason::kCannotUnwrap);
  const auto first = [&](const Bytes& wrap) {
    return t.bob_reads(with_wraps(m, [&](auto& wraps) { *wraps.Mutable(0) = wrap; }));
  };
  const Bytes w = parse_envelope(m).envelope->wraps[0];
  expect_refused(first(o.wraps[0]), Reason::kCannotUnwrap);
  expect_refused(first(w.substr(0, kRsa) + o.wraps[0].substr(kRsa)), Reason::kCannotUnwrap);
  expect_refused(first(o.wraps[0].substr(0, kRsa) + w.substr(kRsa)), Reason::kCannotUnwrap);
  for (const size_t n : {size_t{0}, size_t{113}, kRsa, kWrap2 - 1}) {
    SCOPED_TRACE(n);
    expect_refused(first(w.substr(0, n)), Reason::kMalformed);
  }
  expect_refused(first(w + '\0'), Reason::kMalformed);
  expect_refused(first(wrap(t.b.me.key().public_key(), Bytes(32, 'k'))), Reason::kMalformed);
  const Bytes one = t.say("one", false).envelope;
  expect_refused(t.bob_reads(with_wraps(one, [&](auto& wraps) { *wraps.Mutable(0) = w; })), Reason::kMalformed);
  for (const int count : {1, 3}) {
    SCOPED_TRACE(count);
    const auto resize = [&](auto& wraps) {
      if (count == 1) wraps.RemoveLast();
      if (count == 3) *wraps.Add() = w;
    };
    expect_refused(t.bob_reads(with_wraps(m, resize)), Reason::kMalformed);
  }
}

TEST(Suite2, EveryByteOfAWrapCounts) {
  Duo t;
  const Envelope e = *parse_envelope(t.say("hello").envelope).envelope;
  for (size_t i = 0; i < kWrap2; i += i < kRsa ? 48 : 1) {
    Envelope bad = e;
    bad.wraps[0][i] = static_cast<char>(bad.wraps[0][i] ^ 1);
    EXPECT_FALSE(unwrap_message_key(bad, 0, t.b.me.key(), &t.bobs.pairs().back()).ok()) << i;
  }
}

TEST(Suite2, CutDownToSuite1OpensNothing) {
  Duo t;
  const Bytes bad = altered(t.say("hello").envelope, t.a.me.key(), [](pb::Header& h, pb::Envelope& e) {
    h.set_suite(1);
    h.clear_eph();
    h.clear_prekey_n();
    h.clear_prekey_hash();
    h.clear_own_prekey_n();
    h.clear_own_prekey_hash();
    for (std::string& w : *e.mutable_wraps()) w.resize(kRsa);
  });
  expect_refused(t.bob_reads(bad), Reason::kCannotOpen);
}

// Always draws the same bytes.
class Stuck final : public Random {
 public:
  void fill(void* p, size_t n) override { std::fill_n(static_cast<char*>(p), n, 'r'); }
};

TEST(Suite2, AReaderTakesAnEphemeralKeyThatASenderUsesTwice) {
  Duo t;
  Stuck stuck;
  const Bytes stream(16, 's');
  const auto one = seal_message(t.a.me, t.b.me.peer(), {stream, 1, {}}, Text{"1"}, kNowMs, t.to_bob(), stuck);
  const auto two = seal_message(t.a.me, t.b.me.peer(), {stream, 2, one->hash}, Text{"2"}, kNowMs, t.to_bob(), stuck);
  EXPECT_EQ(text_of(t.bob_reads(one->envelope)), "1");
  EXPECT_EQ(text_of(t.bob_reads(two->envelope)), "2");
  EXPECT_EQ(parse_envelope(one->envelope).envelope->header.prekeys->eph,
            parse_envelope(two->envelope).envelope->header.prekeys->eph);
}

}  // namespace
}  // namespace fastchat::tests
