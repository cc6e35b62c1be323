// Files in chunks, safety numbers, words.
#include <gtest/gtest.h>

#include "client/e2e/file_chunk.h"
#include "client/e2e/safety_number.h"
#include "client/e2e/words.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

TEST(FileChunk, CountsAndSizesCoverAFileExactly) {
  EXPECT_EQ(chunk_count(0), 1u);
  EXPECT_EQ(chunk_count(1), 1u);
  EXPECT_EQ(chunk_count(kFileChunk), 1u);
  EXPECT_EQ(chunk_count(kFileChunk + 1), 2u);
  EXPECT_EQ(chunk_count(kMaxFileSize + 1), std::nullopt);
  EXPECT_EQ(chunk_size(0, 0), 0u);
  EXPECT_EQ(chunk_size(kFileChunk + 5, 0), kFileChunk);
  EXPECT_EQ(chunk_size(kFileChunk + 5, 1), 5u);
}

TEST(FileChunk, OpensInItsOwnPlaceOnly) {
  const Secret key = Secret::copy_of(Bytes(32, 'k'));
  const Bytes id(16, 'f'), box = seal_chunk(key, id, 1, 3, "middle");
  Secret room(kFileChunk);
  EXPECT_EQ(*open_chunk(room, key, id, 1, 3, box), "middle");
  EXPECT_FALSE(open_chunk(room, key, id, 0, 3, box).ok());
  EXPECT_FALSE(open_chunk(room, key, id, 1, 2, box).ok());
  EXPECT_FALSE(open_chunk(room, key, Bytes(16, 'g'), 1, 3, box).ok());
  EXPECT_FALSE(open_chunk(room, Secret(32), id, 1, 3, box).ok());
  EXPECT_FALSE(open_chunk(room, key, "", 1, 3, box).ok());
}

TEST(SafetyNumber, IsTheSameOnBothSidesAndSixtyDigits) {
  const SafetyNumber n = safety_number(alice().fpr(), bob().fpr());
  const SafetyNumber m = safety_number(bob().fpr(), alice().fpr());
  EXPECT_EQ(n.digits, m.digits);
  EXPECT_EQ(n.words, m.words);
  EXPECT_EQ(n.digits.size(), 60u);
  EXPECT_EQ(n.spaced.size(), 71u);
  EXPECT_EQ(n.digits.find_first_not_of("0123456789"), std::string::npos);
  EXPECT_LT(n.digits.substr(0, 30), n.digits.substr(30));
  EXPECT_EQ(n.words.size(), 71u);
  EXPECT_EQ(n.qr, "FASTCHAT1:" + n.digits);
}

TEST(SafetyNumber, ChangesWithEitherKey) {
  const std::string base = safety_number(alice().fpr(), bob().fpr()).digits;
  EXPECT_NE(base, safety_number(alice().fpr(), person("bob", 4).fpr()).digits);
  EXPECT_NE(base, safety_number(person("alice", 4).fpr(), bob().fpr()).digits);
}

TEST(Words, AreTheProquintsOfTheProposal) {
  // 127.0.0.1 and 63.84.220.193, from the paper.
  EXPECT_EQ(to_words(*from_hex("7f000001"), '-'), "lusab-babad");
  EXPECT_EQ(to_words(*from_hex("3f54dcc1"), '-'), "gutih-tugad");
}

}  // namespace
}  // namespace fastchat::tests
