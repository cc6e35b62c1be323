#include "common/log_head.h"

#include <gtest/gtest.h>

#include "common/merkle.h"

namespace fastchat {
namespace {

const Bytes kLogRealm(16, 'R'), kLogRoot(32, 'r');

TEST(LogHead, HoldsForItsKeyRealmAndFieldsOnly) {
  const LogKeyPair key = make_log_key(), other = make_log_key();
  const LogHead head = sign_log_head(key, kLogRealm, 7, kLogRoot, 1'700'000'000'000);
  EXPECT_TRUE(verify_log_head(key.public_key, kLogRealm, head));
  EXPECT_FALSE(verify_log_head(other.public_key, kLogRealm, head));
  EXPECT_FALSE(verify_log_head(key.public_key, Bytes(16, 'S'), head));
  auto refused = [&](auto change) {
    LogHead changed = head;
    change(changed);
    return !verify_log_head(key.public_key, kLogRealm, changed);
  };
  EXPECT_TRUE(refused([](LogHead& h) { h.size = 8; }));
  EXPECT_TRUE(refused([](LogHead& h) { h.root[0] ^= 1; }));
  EXPECT_TRUE(refused([](LogHead& h) { h.ms += 1; }));
  EXPECT_TRUE(refused([](LogHead& h) { h.signature[63] ^= 1; }));
  EXPECT_TRUE(refused([](LogHead& h) { h.signature.pop_back(); }));
  EXPECT_TRUE(refused([](LogHead& h) { h.root.pop_back(); }));
}

TEST(LogHead, RefusesFieldsThatNoTreeHasAlsoWhenSigned) {
  const LogKeyPair key = make_log_key();
  auto holds = [&](uint64_t size, const Bytes& root, int64_t ms) {
    return verify_log_head(key.public_key, kLogRealm, sign_log_head(key, kLogRealm, size, root, ms));
  };
  EXPECT_TRUE(holds(0, merkle::empty_root(), 0));
  EXPECT_FALSE(holds(0, kLogRoot, 0));
  EXPECT_FALSE(holds(1, kLogRoot, -1));
  EXPECT_FALSE(holds(1, kLogRoot, 253402300800000));
  EXPECT_FALSE(holds(merkle::kMaxSize + 1, kLogRoot, 0));
  EXPECT_FALSE(holds(1, Bytes(31, 'r'), 0));
}

TEST(LogHead, AKeyComesBackFromItsSecret) {
  const LogKeyPair key = make_log_key();
  const auto again = log_key_of(key.secret);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key, key.public_key);
  EXPECT_FALSE(log_key_of(Bytes(31, 's')));
}

// RFC 8032, section 7.1, test 1: the pair of a secret.
TEST(LogHead, TheSecretIsTheSeedOfRfc8032) {
  const auto pair = log_key_of(from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value());
  ASSERT_TRUE(pair);
  EXPECT_EQ(to_hex(pair->public_key), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

TEST(LogHead, SignedBytes) {
  EXPECT_EQ(log_head_bytes(kLogRealm, 1, kLogRoot, 2), Bytes("FastChat/1/log-head\0", 20) + kLogRealm +
                                                           Bytes("\0\0\0\0\0\0\0\1", 8) + kLogRoot +
                                                           Bytes("\0\0\0\0\0\0\0\2", 8));
}

}  // namespace
}  // namespace fastchat
