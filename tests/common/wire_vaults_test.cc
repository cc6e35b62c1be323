// The rules of frames about parts of vaults (PROTOCOL.md, sections 2 and 7).
#include <gtest/gtest.h>

#include "common/wire.h"

namespace fastchat {
namespace {

Code from_client(const v1::ClientFrame& frame) {
  wire::ClientFrameParser parser;
  return parser.parse(frame.SerializeAsString()).code();
}
Code from_server(const v1::ServerFrame& frame) {
  wire::ServerFrameParser parser;
  return parser.parse(frame.SerializeAsString()).code();
}

v1::ClientFrame asked() {
  v1::ClientFrame f;
  f.set_request(7);
  return f;
}

TEST(WireVaults, PartsHaveASizeAndANumber) {
  for (const auto& [count, size, code] : {std::tuple{1, 1u, Code::kOk},
                                          {64, 10u, Code::kOk},
                                          {3, 256u << 10, Code::kOk},
                                          {0, 1u, Code::kMalformed},
                                          {65, 1u, Code::kMalformed},
                                          {1, 0u, Code::kMalformed},
                                          {1, (256u << 10) + 1, Code::kMalformed}}) {
    v1::ClientFrame f = asked();
    f.mutable_put_vault_parts();
    for (int i = 0; i < count; ++i) f.mutable_put_vault_parts()->add_parts(Bytes(size, 'p'));
    EXPECT_EQ(from_client(f), code) << count << " of " << size;
  }
}

TEST(WireVaults, HashesHaveThirtyTwoBytes) {
  for (const auto& [count, size, code] : {std::tuple{1, 32u, Code::kOk},
                                          {256, 32u, Code::kOk},
                                          {0, 32u, Code::kMalformed},
                                          {257, 32u, Code::kMalformed},
                                          {1, 31u, Code::kMalformed},
                                          {1, 33u, Code::kMalformed}}) {
    v1::ClientFrame f = asked();
    f.mutable_get_vault_parts();
    for (int i = 0; i < count; ++i) f.mutable_get_vault_parts()->add_hashes(Bytes(size, 'h'));
    EXPECT_EQ(from_client(f), code) << count << " of " << size;
  }
}

TEST(WireVaults, AHeadNamesEachPartOnce) {
  v1::ClientFrame f = asked();
  f.mutable_put_vault()->set_version(2);
  f.mutable_put_vault()->set_blob("head");
  for (const char c : {'a', 'b'}) f.mutable_put_vault()->add_parts(Bytes(32, c));
  EXPECT_EQ(from_client(f), Code::kOk);
  f.mutable_put_vault()->add_parts(Bytes(32, 'b'));
  EXPECT_EQ(from_client(f), Code::kMalformed) << "twice";
  f.mutable_put_vault()->set_parts(2, Bytes(32, 'a'));
  EXPECT_EQ(from_client(f), Code::kMalformed) << "out of order";
  f.mutable_put_vault()->set_parts(2, Bytes(31, 'c'));
  EXPECT_EQ(from_client(f), Code::kMalformed);
  f.mutable_put_vault()->clear_parts();
  for (uint64_t i = 0; i < wire::kMaxVaultParts; ++i) {
    Bytes hash(32, '\0');
    hash[0] = static_cast<char>(i >> 8);
    hash[1] = static_cast<char>(i & 0xff);
    f.mutable_put_vault()->add_parts(hash);
  }
  EXPECT_EQ(from_client(f), Code::kOk);
  f.mutable_put_vault()->add_parts(Bytes(32, '\xff'));
  EXPECT_EQ(from_client(f), Code::kMalformed);
}

TEST(WireVaults, AnAnswerHasNoMorePartsThanItLookedUp) {
  v1::ServerFrame f;
  f.set_request(7);
  f.mutable_vault_parts()->set_looked(1);
  EXPECT_EQ(from_server(f), Code::kOk) << "the part is not there";
  f.mutable_vault_parts()->add_parts("one");
  EXPECT_EQ(from_server(f), Code::kOk);
  f.mutable_vault_parts()->add_parts("two");
  EXPECT_EQ(from_server(f), Code::kMalformed);
  f.mutable_vault_parts()->clear_parts();
  f.mutable_vault_parts()->set_looked(0);
  EXPECT_EQ(from_server(f), Code::kMalformed) << "no progress";
}

}  // namespace
}  // namespace fastchat
