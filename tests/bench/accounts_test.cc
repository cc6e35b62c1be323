#include "bench/accounts.h"

#include <gtest/gtest.h>

#include "common/hash.h"
#include "common/names.h"
#include "common/wire.h"

namespace fastchat::bench {
namespace {

TEST(Accounts, NamesAreUserNamesAndDiffer) {
  const Accounts a("bench", "secret");
  EXPECT_EQ(a.name(7), "bench00007");
  EXPECT_EQ(a.name(123456), "bench123456");
  EXPECT_TRUE(valid_user_name(a.name(0)));
}

TEST(Accounts, SecretsFollowFromNameAndPassword) {
  const Accounts a("bench", "secret"), same("bench", "secret"), other("bench", "another");
  EXPECT_EQ(a.auth(1), same.auth(1));
  EXPECT_NE(a.auth(1), a.auth(2));
  EXPECT_NE(a.auth(1), other.auth(1));
  EXPECT_EQ(a.auth(1).size(), 32u);
  EXPECT_EQ(a.device(1), other.device(1));
  EXPECT_NE(a.device(1), a.device(2));
  EXPECT_EQ(a.device(1).size(), 16u);
}

TEST(Accounts, GroupsFollowFromTheirMembers) {
  const Accounts a("bench", "secret"), other("other", "secret");
  const Members m{20, 20};
  EXPECT_EQ(a.group_id(m).size(), 32u);
  EXPECT_EQ(a.group_id(m), Accounts("bench", "secret").group_id(m));
  EXPECT_NE(a.group_id(m), a.group_id({20, 10}));
  EXPECT_NE(a.group_id(m), a.group_id({40, 20}));
  EXPECT_NE(a.group_id(m), other.group_id(m));
  EXPECT_TRUE(valid_group_handle(a.group_name(m)));
  EXPECT_NE(a.group_name(m), a.group_name({40, 20}));
  EXPECT_LE(a.group_state({0, static_cast<int>(wire::kMaxGroupMembers)}).size(), wire::kMaxGroupState);
}

TEST(Accounts, VerifierIsTheLabelledHashOfAuth) {
  const Bytes auth(32, '\x07');
  const std::string label("FastChat/1/verifier\0", 20);
  EXPECT_EQ(verifier_of(auth), sha256(label + auth));
}

}  // namespace
}  // namespace fastchat::bench
