#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

const Secret kWrap = Secret::copy_of(Bytes(32, 'w'));
const Secret kVaultKey = Secret::copy_of(Bytes(32, 'v'));

TEST(Fingerprint, DependsOnRealmUserAndKey) {
  const Bytes spki = test_key(0).public_key().spki();
  const Bytes base = fingerprint(kRealmA, "alice", spki);
  EXPECT_EQ(base, alice().fpr());
  EXPECT_NE(base, fingerprint(kRealmB, "alice", spki));
  EXPECT_NE(base, fingerprint(kRealmA, "alicf", spki));
  EXPECT_NE(base, fingerprint(kRealmA, "alice", test_key(1).public_key().spki()));
}

TEST(PeerKeys, RefuseNamesAndKeysThatAreNone) {
  const Bytes spki = test_key(0).public_key().spki();
  EXPECT_TRUE(peer_key(kRealmA, "alice", spki).ok());
  EXPECT_FALSE(peer_key(kRealmA, "Alice", spki).ok());
  EXPECT_FALSE(peer_key(kRealmA, "../etc", spki).ok());
  EXPECT_FALSE(peer_key(kRealmA, "alice", "junk").ok());
}

TEST(IdentityBlob, OpensToTheSameKeysAndVaultKey) {
  const Identity both(kRealmA, "alice", {test_key(4), test_key(0)});
  const OpenedIdentity back = open_identity(kWrap, kRealmA, "alice", seal_identity(kWrap, both, kVaultKey)).value();
  EXPECT_EQ(back.vault_key.view(), kVaultKey.view());
  EXPECT_EQ(back.identity.fpr(), both.fpr());
  ASSERT_EQ(back.identity.keys().size(), 2u);
  EXPECT_EQ(back.identity.keys()[1].public_key().spki(), test_key(0).public_key().spki());
}

TEST(IdentityBlob, DoesNotOpenWithAWrongPasswordOrForAnotherUser) {
  const Bytes blob = seal_identity(kWrap, alice(), kVaultKey);
  EXPECT_EQ(open_identity(kVaultKey, kRealmA, "alice", blob).code(), Code::kLocalCrypto);
  EXPECT_FALSE(open_identity(kWrap, kRealmB, "alice", blob).ok());
  EXPECT_FALSE(open_identity(kWrap, kRealmA, "bob", blob).ok());
}

TEST(IdentityBlob, WithAKeyOtherThanItsFingerprintEndsTheLogin) {
  // Only a holder of the wrap key can make such a blob. The client must still notice.
  const Bytes claimed = alice().fpr();
  Bytes plain(32, 'v');
  put_lp(plain, test_key_pkcs8(1));
  const Bytes context = concat({"identity", lp(kRealmA), lp("alice"), claimed});
  EXPECT_FALSE(open_identity(kWrap, kRealmA, "alice", claimed + seal(kWrap.view(), context, plain)).ok());
}

TEST(IdentityBlob, RefusesTruncatedKeyListsAndNoKeyAtAll) {
  const Bytes fpr = alice().fpr();
  const Bytes context = concat({"identity", lp(kRealmA), lp("alice"), fpr});
  const Bytes good = Bytes(32, 'v') + lp(test_key_pkcs8(0));
  const auto opens = [&](const Bytes& plain) {
    return open_identity(kWrap, kRealmA, "alice", fpr + seal(kWrap.view(), context, plain)).ok();
  };
  EXPECT_TRUE(opens(good));
  EXPECT_FALSE(opens(good + '\0'));
  EXPECT_FALSE(opens(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(opens(Bytes(32, 'v')));
  EXPECT_FALSE(opens(Bytes(31, 'v')));
  EXPECT_FALSE(opens(good + Bytes("\xff\xff\xff\xff", 4)));
}

}  // namespace
}  // namespace fastchat::tests
