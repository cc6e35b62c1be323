// Hash, HKDF, SEAL, RSA: against published vectors where there are some, and against every alteration.
#include <gtest/gtest.h>

#include <set>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

const Bytes kKeyA(32, 'a');

TEST(Hash, LabelIsThePrefixTheNameAndAZeroByte) {
  EXPECT_EQ(label("id"), Bytes("FastChat/1/id\0", 14));
}

TEST(Hash, LengthPrefixIsFourBytesBigEndian) {
  EXPECT_EQ(lp("abc"), Bytes("\0\0\0\3abc", 7));
}

TEST(Hash, Sha256OfAbcIsTheOneOfFips180) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, PiecesHashLikeTheWhole) {
  Sha256 h;
  h.update("a");
  h.update("bc");
  EXPECT_EQ(h.finish(), sha256("abc"));
}

TEST(Hkdf, GivesTheFirstVectorOfRfc5869) {
  const Bytes ikm(22, '\x0b'), salt = *from_hex("000102030405060708090a0b0c"), info = *from_hex("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(to_hex(hkdf(ikm, salt, info, 42).view()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const Bytes prk = *from_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(to_hex(hkdf_expand(prk, info, 42).view()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret a = Secret::copy_of("key");
  Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(b.view(), "key");
  Bytes source = "taken";
  EXPECT_EQ(Secret::take(source).view(), "taken");
  EXPECT_TRUE(source.empty());
  b.truncate(1);
  EXPECT_EQ(b.view(), "k");
}

TEST(Secret, ComparesEqualOnlyToTheSameBytes) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(Seal, OpensWhatItSealed) {
  for (const size_t n : {0u, 1u, 255u, 70000u}) {
    const Bytes plain(n, 'p');
    const Bytes box = seal(kKeyA, "ctx", plain);
    EXPECT_EQ(box.size(), n + kSealOverhead);
    EXPECT_EQ(open(kKeyA, "ctx", box)->view(), plain);
  }
}

TEST(Seal, NeverSealsTwiceAlike) {
  EXPECT_NE(seal(kKeyA, "c", "x"), seal(kKeyA, "c", "x"));
}

TEST(Seal, RefusesAnotherKeyAndAnotherContext) {
  const Bytes box = seal(kKeyA, "ctx", "plain");
  EXPECT_FALSE(open(Bytes(32, 'b'), "ctx", box).ok());
  EXPECT_FALSE(open(kKeyA, "ctx2", box).ok());
  EXPECT_FALSE(open(kKeyA, "", box).ok());
}

TEST(Seal, RefusesEveryFlippedBitAndEveryOtherLength) {
  const Bytes box = seal(kKeyA, "ctx", "plain");
  for (size_t i = 0; i < box.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = box;
      bad[i] = static_cast<char>(bad[i] ^ 1 << bit);
      EXPECT_FALSE(open(kKeyA, "ctx", bad).ok()) << i;
    }
  }
  for (size_t n = 0; n < box.size(); ++n) EXPECT_FALSE(open(kKeyA, "ctx", ByteView(box).substr(0, n)).ok());
  EXPECT_FALSE(open(kKeyA, "ctx", box + '\0').ok());
}

TEST(Seal, ABoxMayStandBehindAHead) {
  const Bytes whole = seal_behind("head", kKeyA, "ctx", "plain");
  EXPECT_EQ(whole.substr(0, 4), "head");
  EXPECT_EQ(open(kKeyA, "ctx", ByteView(whole).substr(4))->view(), "plain");
}

TEST(Seal, OpensIntoARoomThatIsReusedAndLeavesNothingOfARefusedBoxThere) {
  Secret room(8);
  EXPECT_EQ(*open_into(room, kKeyA, "ctx", seal(kKeyA, "ctx", "longer")), 6u);
  EXPECT_EQ(room.view().substr(0, 6), "longer");
  EXPECT_EQ(*open_into(room, kKeyA, "ctx", seal(kKeyA, "ctx", "abc")), 3u);
  EXPECT_EQ(room.view().substr(0, 3), "abc");
  EXPECT_EQ(*open_into(room, kKeyA, "ctx", seal(kKeyA, "ctx", "")), 0u);
  EXPECT_FALSE(open_into(room, kKeyA, "ctx", seal(kKeyA, "ctx", "nine byte")).ok()) << "it does not fit";
  Bytes bad = seal(kKeyA, "ctx", "secrets!");
  bad.back() = static_cast<char>(bad.back() ^ 1);  // in the tag: everything is decrypted before its check
  EXPECT_FALSE(open_into(room, kKeyA, "ctx", bad).ok());
  EXPECT_EQ(room.view(), Bytes(8, '\0'));
}

TEST(Seal, LocalBoxesCannotBeMovedToAnotherPlace) {
  const Secret key = local_key(Secret::copy_of(kKeyA));
  const Bytes box = seal_local(key, "messages/body/7", "hello");
  EXPECT_EQ(open_local(key, "messages/body/7", box)->view(), "hello");
  EXPECT_FALSE(open_local(key, "messages/body/8", box).ok());
  EXPECT_FALSE(open_local(local_key(Secret(32)), "messages/body/7", box).ok());
}

TEST(RsaKeys, ReadBackExactlyWhatTheyWrote) {
  const KeyPair& key = test_key(0);
  EXPECT_EQ(key.pkcs8().view(), test_key_pkcs8(0));
  const Bytes& spki = key.public_key().spki();
  ASSERT_EQ(spki.size(), kSpki);
  EXPECT_EQ(PublicKey::from_spki(spki)->spki(), spki);
}

TEST(RsaKeys, AFreshPairHasTheRightShapeAndWorks) {
  const KeyPair key = KeyPair::generate();
  EXPECT_TRUE(PublicKey::from_spki(key.public_key().spki()).ok());
  EXPECT_EQ(unwrap(key, wrap(key.public_key(), kKeyA))->view(), kKeyA);
  EXPECT_TRUE(KeyPair::from_pkcs8(key.pkcs8().view()).ok());
  EXPECT_EQ(unwrap(*KeyPair::from_own_pkcs8(key.pkcs8().view()), wrap(key.public_key(), kKeyA))->view(), kKeyA);
}

// from_pkcs8() has OpenSSL check the primes, and that all numbers of the key fit together.
TEST(RsaKeys, FreshPairsPassTheWholeCheckOfOpenSsl) {
  std::set<Bytes> seen;
  for (int i = 0; i < 8; ++i) {
    const Result<KeyPair> key = KeyPair::from_pkcs8(KeyPair::generate().pkcs8().view());
    ASSERT_TRUE(key.ok()) << key.error().text;
    EXPECT_TRUE(seen.insert(key->public_key().spki()).second);
  }
}

TEST(RsaKeys, RefuseTrailingBytesTruncationAndDamage) {
  const Bytes spki = test_key(0).public_key().spki(), pkcs8 = test_key_pkcs8(0);
  EXPECT_FALSE(PublicKey::from_spki(spki + '\0').ok());
  EXPECT_FALSE(PublicKey::from_spki(spki.substr(1)).ok());
  EXPECT_FALSE(PublicKey::from_spki("").ok());
  EXPECT_FALSE(KeyPair::from_pkcs8(pkcs8 + '\0').ok());
  EXPECT_FALSE(KeyPair::from_pkcs8(ByteView(pkcs8).substr(0, 900)).ok());
  EXPECT_FALSE(KeyPair::from_pkcs8("").ok());
  Bytes damaged = pkcs8;
  damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
  EXPECT_FALSE(KeyPair::from_pkcs8(damaged).ok());
  for (const Bytes& bad : {pkcs8 + '\0', pkcs8.substr(0, 900), Bytes()}) {
    EXPECT_FALSE(KeyPair::from_own_pkcs8(bad).ok()) << "its shape is looked at, its primes are not";
  }
}

TEST(Wrap, OpensOnlyWithTheRightKeyAndUntouched) {
  Bytes wrapped = wrap(test_key(0).public_key(), kKeyA);
  EXPECT_EQ(wrapped.size(), kRsa);
  EXPECT_EQ(unwrap(test_key(0), wrapped)->view(), kKeyA);
  EXPECT_FALSE(unwrap(test_key(1), wrapped).ok());
  EXPECT_FALSE(unwrap(test_key(0), ByteView(wrapped).substr(1)).ok());
  wrapped[100] = static_cast<char>(wrapped[100] ^ 1);
  EXPECT_FALSE(unwrap(test_key(0), wrapped).ok());
}

TEST(Sign, HoldsForItsKeyTypeAndMessageOnly) {
  const Bytes sig = sign(test_key(0), SignType::kMessage, "m");
  const PublicKey& pk = test_key(0).public_key();
  EXPECT_EQ(sig.size(), kRsa);
  EXPECT_TRUE(verify(pk, SignType::kMessage, "m", sig));
  for (const SignType other : {SignType::kGroup, SignType::kRekey, SignType::kReceipt, SignType::kSignal,
                               SignType::kRekeyed, SignType::kPrekey}) {
    EXPECT_FALSE(verify(pk, other, "m", sig));
  }
  EXPECT_FALSE(verify(pk, SignType::kMessage, "n", sig));
  EXPECT_FALSE(verify(test_key(1).public_key(), SignType::kMessage, "m", sig));
  EXPECT_FALSE(verify(pk, SignType::kMessage, "m", ByteView(sig).substr(1)));
  EXPECT_FALSE(verify(pk, SignType::kMessage, "m", ""));
}

}  // namespace
}  // namespace fastchat::tests
