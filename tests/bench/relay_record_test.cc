#include "bench/relay_record.h"

#include <gtest/gtest.h>

namespace fastchat::bench {
namespace {

TEST(RelayRecord, RecordsComeBackInOrder) {
  Bytes frame;
  put_record(frame, {RecordKind::kMessage, 1, 2, "hello"});
  put_record(frame, {RecordKind::kAck, 2, 1, {}});
  put_record(frame, {RecordKind::kGroup, 0, 5, "all", 7});
  ByteView in = frame;
  Record r;
  ASSERT_TRUE(take_record(in, r));
  EXPECT_EQ(r.kind, RecordKind::kMessage);
  EXPECT_EQ(r.from, 1u);
  EXPECT_EQ(r.to, 2u);
  EXPECT_EQ(r.body, "hello");
  ASSERT_TRUE(take_record(in, r));
  EXPECT_EQ(r.kind, RecordKind::kAck);
  ASSERT_TRUE(take_record(in, r));
  EXPECT_EQ(r.kind, RecordKind::kGroup);
  EXPECT_EQ(r.to, 5u);
  EXPECT_EQ(r.body, "all");
  EXPECT_EQ(r.count, 7u);
  EXPECT_FALSE(take_record(in, r));
}

TEST(RelayRecord, ATruncatedRecordIsNone) {
  Bytes frame;
  put_record(frame, {RecordKind::kMessage, 1, 2, "hello"});
  for (size_t n = 0; n < frame.size(); ++n) {
    ByteView in = ByteView(frame).substr(0, n);
    Record r;
    EXPECT_FALSE(take_record(in, r)) << n;
  }
}

}  // namespace
}  // namespace fastchat::bench
