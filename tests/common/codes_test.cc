#include "common/codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "proto/client.pb.h"

namespace fastchat {
namespace {

// Fails when a new code of the wire has no row, or more than one.
TEST(Codes, EveryCodeOfTheWireHasOneRow) {
  std::set<int> known;
  for (const CodeFacts& f : all_codes()) {
    EXPECT_TRUE(known.insert(static_cast<int>(f.code)).second) << f.name;
    EXPECT_EQ(&facts(f.code), &f);
    if (f.code != Code::kOk && static_cast<int>(f.code) < 100) {
      EXPECT_EQ(v1::ErrorCode_Name(static_cast<int>(f.code)), f.name);
    }
  }
  for (int code = v1::ErrorCode_MIN; code <= v1::ErrorCode_MAX; ++code) {
    if (!v1::ErrorCode_IsValid(code)) continue;
    EXPECT_EQ(known.count(code), 1u) << v1::ErrorCode_Name(code);
  }
}

TEST(Codes, NoCodeSaysTwoThings) {
  for (const CodeFacts& f : all_codes()) {
    EXPECT_FALSE(f.temporary && f.final_login) << f.name;
    EXPECT_FALSE(f.temporary && f.ends_link) << f.name;
    EXPECT_EQ(f.exit == Exit::kOk, f.code == Code::kOk) << f.name;
  }
}

TEST(Codes, ANewerServersCodeIsARefusalThatEndsNothing) {
  const CodeFacts& f = facts(static_cast<Code>(99));
  EXPECT_FALSE(f.temporary || f.ends_link || f.final_login);
  EXPECT_EQ(f.exit, Exit::kServer);
}

}  // namespace
}  // namespace fastchat
