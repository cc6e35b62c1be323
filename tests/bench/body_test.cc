#include "bench/body.h"

#include <gtest/gtest.h>

namespace fastchat::bench {
namespace {

TEST(Body, HeadComesBackAsItWasWritten) {
  Bytes body(300, 'x');
  write_head(body, {Kind::kGroup, 0x123456789abcdef0, 77, 0xfffffffe, 0xabcdef, 0xfedc});
  const auto head = parse_head(body);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->kind, Kind::kGroup);
  EXPECT_EQ(head->due_ns, 0x123456789abcdef0u);
  EXPECT_EQ(head->sent_ns, 77u);
  EXPECT_EQ(head->seq, 0xfffffffeu);
  EXPECT_EQ(head->from, 0xabcdef);
  EXPECT_EQ(head->group, 0xfedc);
}

TEST(Body, LayoutIsTheOneOfTheGeneratorForOtherServers) {
  Bytes body(kHeadSize, 'x');
  write_head(body, {Kind::kPair, 1, 2, 3, 4, 5});
  EXPECT_EQ(body,
            "C"
            "0000000000000001"
            "0000000000000002"
            "00000003"
            "000004"
            "0005");
}

TEST(Body, RefusesWhatIsNoHead) {
  Bytes body(kHeadSize, '0');
  body[0] = 'C';
  EXPECT_TRUE(parse_head(body));
  EXPECT_FALSE(parse_head(ByteView(body).substr(1)));
  for (size_t i = 0; i < kHeadSize; ++i) {
    Bytes bad = body;
    bad[i] = 'g';
    EXPECT_FALSE(parse_head(bad)) << i;
  }
}

}  // namespace
}  // namespace fastchat::bench
