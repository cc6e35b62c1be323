// Prekeys and their curve. Each rule was broken once in the code, by itself, and a test here, in suite2_test.cc or in
// adversary_suite2_test.cc failed; where two rules could stand for each other, the test says which were broken.
#include "client/e2e/prekey.h"

#include <gtest/gtest.h>

#include "client/e2e/strict.h"
#include "client/e2e/vault.h"
#include "client/e2e/x25519.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

Bytes raw(std::string_view hex) {
  return *from_hex(hex);
}

TEST(X25519, GivesTheVectorsOfRfc7748) {
  const Secret bobs = Secret::copy_of(raw("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  EXPECT_EQ(to_hex(x25519_public(bobs)), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const Bytes alices = raw("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(to_hex(x25519(bobs, alices)->view()), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  const Secret scalar = Secret::copy_of(raw("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
  const Bytes u = raw("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
  EXPECT_EQ(to_hex(x25519(scalar, u)->view()), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

TEST(X25519, RefusesAPointOfAnotherSize) {
  const Secret secret = Secret::copy_of(Bytes(32, 's'));
  for (const size_t n : {0u, 31u, 33u, 64u}) {
    EXPECT_EQ(x25519(secret, Bytes(n, '\x09')).code(), Code::kLocalCrypto) << n;
    EXPECT_FALSE(canonical_point(Bytes(n, '\x09'))) << n;
    EXPECT_TRUE(low_order(Bytes(n, '\x09'))) << n;
  }
}

TEST(X25519, APointHasOneEncoding) {
  const Bytes ff(30, '\xff');
  EXPECT_TRUE(canonical_point(Bytes(32, '\0')));
  EXPECT_TRUE(canonical_point('\xec' + ff + '\x7f'));   // one below the prime
  EXPECT_FALSE(canonical_point('\xed' + ff + '\x7f'));  // the prime
  EXPECT_FALSE(canonical_point('\xee' + ff + '\x7f'));
  EXPECT_FALSE(canonical_point('\xff' + ff + '\x7f'));
  EXPECT_FALSE(canonical_point('\x09' + Bytes(30, '\0') + '\x80'));
  EXPECT_TRUE(canonical_point('\xff' + ff + '\x7e'));
}

TEST(Prekey, IsSignedForAWeekAndReadBack) {
  const PrekeyPair pair = new_prekey(bob(), 7);
  EXPECT_EQ(pair.prekey.user, "bob");
  EXPECT_EQ(pair.prekey.fpr, bob().fpr());
  EXPECT_EQ(pair.prekey.n, 7u);
  EXPECT_EQ(pair.prekey.until_ms - pair.prekey.from_ms, 7 * 24 * 3600 * 1000);
  EXPECT_EQ(pair.prekey.x25519, x25519_public(pair.secret));
  EXPECT_TRUE(accept_prekey(pair.prekey, bob().peer(), kRealmA).ok());
  const Bytes encoded = encode_prekey(pair.prekey);
  const Prekey read = parse_prekey(encoded).value();
  EXPECT_EQ(encode_prekey(read), encoded);
  EXPECT_EQ(prekey_hash(read), prekey_hash(pair.prekey));
  EXPECT_TRUE(accept_prekey(read, bob().peer(), kRealmA).ok());
}

// Failed (by an abort) when any of the three checks was left out.
TEST(Prekey, IsNotMadeOutsideItsRanges) {
  const auto make = [](uint64_t n, int64_t from_ms) { return make_prekey(bob(), n, from_ms).code(); };
  EXPECT_EQ(make(1, 0), Code::kOk);
  EXPECT_EQ(make(kMaxCount, kMaxTimeMs - kPrekeyLife - 1), Code::kOk);
  // A thief of the key can name the last number. Only another key helps, and the error says so.
  const Result<PrekeyPair> none_left = make_prekey(bob(), kMaxCount + 1, kNowMs);
  ASSERT_FALSE(none_left.ok());
  EXPECT_NE(none_left.error().text.find("change your key"), std::string::npos);
  EXPECT_EQ(make(0, kNowMs), Code::kLocalUsage);
  EXPECT_EQ(make(1, -1), Code::kLocalUsage);
  EXPECT_EQ(make(1, kMaxTimeMs - kPrekeyLife), Code::kLocalUsage);
  EXPECT_EQ(make(1, INT64_MAX), Code::kLocalUsage);
}

// Failed when any of the three comparisons was left out.
TEST(Prekey, IsNamedByKeyNumberAndHash) {
  const PrekeyPair pair = new_prekey(bob(), 7);
  const Bytes fpr = bob().fpr(), hash = prekey_hash(pair.prekey);
  EXPECT_TRUE(is_named(pair, fpr, 7, hash));
  EXPECT_FALSE(is_named(pair, alice().fpr(), 7, hash));
  EXPECT_FALSE(is_named(pair, fpr, 8, hash));
  EXPECT_FALSE(is_named(pair, fpr, 7, prekey_hash(new_prekey(bob(), 7).prekey)));
}

TEST(Prekey, HasANewSecretEachTime) {
  EXPECT_NE(new_prekey(bob(), 7).prekey.x25519, new_prekey(bob(), 7).prekey.x25519);
}

TEST(Prekey, ItsHashIsThatOfEverythingButTheSignature) {
  const Prekey prekey = new_prekey(bob(), 7).prekey;
  Prekey again = signed_again(bob(), prekey);
  EXPECT_NE(again.sig, prekey.sig);
  EXPECT_EQ(prekey_hash(again), prekey_hash(prekey));
  for (int field = 0; field < 6; ++field) {
    Prekey p = prekey;
    if (field == 0) p.user = "bobo";
    if (field == 1) p.fpr[0] = static_cast<char>(p.fpr[0] ^ 1);
    if (field == 2) ++p.n;
    if (field == 3) p.x25519[0] = static_cast<char>(p.x25519[0] ^ 1);
    if (field == 4) ++p.from_ms;
    if (field == 5) ++p.until_ms;
    EXPECT_NE(prekey_hash(p), prekey_hash(prekey)) << field;
  }
}

TEST(Prekey, OfAnotherFormIsNotRead) {
  const Bytes good = encode_prekey(new_prekey(bob(), 7).prekey);
  const auto with = [&](auto&& change) {
    pb::Prekey m;
    EXPECT_TRUE(parse_strict(good, kMaxPrekey, m).ok());
    change(m);
    return parse_prekey(encode(m)).ok();
  };
  EXPECT_TRUE(with([](pb::Prekey&) {}));
  EXPECT_TRUE(with([](pb::Prekey& m) { m.set_until_ms(m.from_ms() + int64_t{30} * 24 * 3600 * 1000); }));
  EXPECT_TRUE(with([](pb::Prekey& m) { m.set_from_ms(0), m.set_until_ms(1); }));
  const std::vector<std::function<void(pb::Prekey&)>> bad = {
      [](pb::Prekey& m) { m.set_user("Bob"); },
      [](pb::Prekey& m) { m.clear_user(); },
      [](pb::Prekey& m) { m.set_fpr(Bytes(31, 'f')); },
      [](pb::Prekey& m) { m.clear_fpr(); },
      [](pb::Prekey& m) { m.set_n(0); },
      [](pb::Prekey& m) { m.set_n(kMaxCount + 1); },
      [](pb::Prekey& m) { m.set_x25519(Bytes(31, '\1')); },
      [](pb::Prekey& m) { m.set_x25519(Bytes(33, '\1')); },
      [](pb::Prekey& m) { m.set_x25519(Bytes(32, '\xff')); },
      [](pb::Prekey& m) { m.set_from_ms(-1), m.set_until_ms(1); },
      [](pb::Prekey& m) { m.set_until_ms(m.from_ms()); },
      [](pb::Prekey& m) { m.set_until_ms(m.from_ms() + int64_t{30} * 24 * 3600 * 1000 + 1); },
      [](pb::Prekey& m) { m.set_until_ms(INT64_MIN); },
      [](pb::Prekey& m) { m.set_from_ms(kMaxTimeMs - 1), m.set_until_ms(kMaxTimeMs); },
      [](pb::Prekey& m) { m.set_sig(Bytes(383, 's')); },
      [](pb::Prekey& m) { m.clear_sig(); },
  };
  for (size_t i = 0; i < bad.size(); ++i) EXPECT_FALSE(with(bad[i])) << i;
  EXPECT_FALSE(parse_prekey(good + Bytes("\x40\x01", 2)).ok()) << "an unknown field";
  EXPECT_FALSE(parse_prekey(good.substr(1)).ok());
  EXPECT_FALSE(parse_prekey("").ok());
  EXPECT_EQ(parse_prekey(Bytes(kMaxPrekey + 1, 'x')).code(), Code::kTooLarge);
}

TEST(Prekey, JoinsOnlyItsOwnSecret) {
  const PrekeyPair pair = new_prekey(bob(), 7);
  EXPECT_TRUE(join_prekey(pair.prekey, pair.secret.clone()).ok());
  EXPECT_EQ(join_prekey(pair.prekey, Secret(32)).code(), Code::kMalformed);
  EXPECT_EQ(join_prekey(pair.prekey, Secret(31)).code(), Code::kMalformed);
  EXPECT_EQ(join_prekey(pair.prekey, Secret()).code(), Code::kMalformed);
}

// Failed when a prekey out of a cache was refused at once, when one asked for afresh was not, when sealing to a stale
// one was allowed, and when a stale one was told.
TEST(Prekey, TheHighestNumberSeenDecides) {
  const PrekeyView none, seven{7, "seven"};
  using D = PrekeyDecision;
  for (const auto source : {PrekeySource::kServed, PrekeySource::kServedAfresh, PrekeySource::kNamed}) {
    EXPECT_EQ(decide_prekey(none, 1, "one", source), D::kTaken);
    EXPECT_EQ(decide_prekey(seven, 8, "eight", source), D::kTaken);
    EXPECT_EQ(decide_prekey(seven, kMaxCount, "last", source), D::kTaken);
    EXPECT_EQ(decide_prekey(seven, 7, "seven", source), D::kKnown);
    EXPECT_EQ(decide_prekey(seven, 7, "other", source), D::kSwapped);
  }
  EXPECT_EQ(decide_prekey(seven, 6, "six", PrekeySource::kServed), D::kStale) << "another worker's cache";
  EXPECT_EQ(decide_prekey(seven, 6, "six", PrekeySource::kServedAfresh), D::kOlder);
  EXPECT_EQ(decide_prekey(seven, 6, "six", PrekeySource::kNamed), D::kPassed);
  for (const D quiet : {D::kTaken, D::kKnown, D::kPassed, D::kStale}) EXPECT_FALSE(is_refusal(quiet));
  for (const D refused : {D::kOlder, D::kSwapped}) EXPECT_TRUE(is_refusal(refused));
  for (const D used : {D::kTaken, D::kKnown}) EXPECT_TRUE(may_seal_to(used));
  for (const D unused : {D::kPassed, D::kStale, D::kOlder, D::kSwapped}) EXPECT_FALSE(may_seal_to(unused));
  EXPECT_EQ(decision_name(D::kTaken), "prekey-taken");
  EXPECT_EQ(decision_name(D::kStale), "prekey-stale");
  EXPECT_EQ(decision_name(D::kOlder), "prekey-older");
  EXPECT_EQ(decision_name(D::kSwapped), "prekey-swapped");
}

TEST(VaultKey, StepsForwardAndNotBack) {
  const Secret first = Secret::copy_of(Bytes(32, 'V'));
  const Secret second = next_vault_key(first), third = next_vault_key(second);
  EXPECT_EQ(second.size(), 32u);
  EXPECT_NE(second.view(), first.view());
  EXPECT_NE(third.view(), second.view());
  EXPECT_EQ(next_vault_key(first).view(), second.view());
  VaultContent v;
  v.set_version(4);
  const Bytes old_box = seal_vault(first, "alice", v).value();
  EXPECT_TRUE(open_vault(first, "alice", 4, 0, old_box).ok());
  EXPECT_FALSE(open_vault(second, "alice", 4, 0, old_box).ok());
}

}  // namespace
}  // namespace fastchat::tests
