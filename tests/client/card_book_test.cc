// This user's contact cards on two devices: open, used, over.
#include "client/contacts/card_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fastchat::client {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const Bytes kOne(32, '1'), kTwo(32, '2');

e2e::VaultContent vault_with(const CardBook& book) {
  e2e::VaultContent out;
  book.write(out);
  return out;
}

CardBook book_with(const Bytes& hash, int64_t until_ms) {
  CardBook book;
  EXPECT_TRUE(book.add(hash, until_ms).ok());
  return book;
}

TEST(CardBook, ACardIsUsedOnceAndBeforeItsEnd) {
  CardBook book = book_with(kOne, 100);
  EXPECT_TRUE(book.any_open(99));
  EXPECT_FALSE(book.use(kTwo, 5)) << "another token";
  EXPECT_TRUE(book.use(kOne, 99));
  EXPECT_FALSE(book.use(kOne, 99)) << "used";
  EXPECT_FALSE(book.any_open(99));
  CardBook late = book_with(kOne, 100);
  EXPECT_FALSE(late.use(kOne, 100)) << "over";
}

// The maker's device was off when the card was used, and for longer than the card's time.
TEST(CardBook, ANoteOfBeforeTheEndCountsLater) {
  CardBook book = book_with(kOne, 100);
  EXPECT_FALSE(book.forget_over(5'000));
  EXPECT_TRUE(book.any_open(5'000));
  EXPECT_TRUE(book.use(kOne, 99));
  EXPECT_FALSE(book.any_open(5'000));
}

TEST(CardBook, IsOnDiskUntilItsEnd) {
  CardBook book = book_with(kOne, 100);
  ASSERT_TRUE(book.add(kTwo, 200).ok());
  EXPECT_TRUE(book.use(kOne, 5));
  CardBook again;
  again.restore(book.take_changed());
  EXPECT_THAT(book.take_changed(), IsEmpty());
  EXPECT_FALSE(again.use(kOne, 6)) << "a used card stays used";
  EXPECT_EQ(again.next_end(), 100 + CardBook::kNoteMs);
  EXPECT_EQ(again.first_end(5), 200);
  EXPECT_FALSE(again.forget_over(100 + CardBook::kNoteMs)) << "no open card was over";
  const auto rows = again.take_changed();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].hash, kOne);
  EXPECT_EQ(rows[0].until_ms, 0) << "deleted";
  EXPECT_TRUE(again.forget_over(200 + CardBook::kNoteMs)) << "the open one is over";
  EXPECT_EQ(again.next_end(), INT64_MAX);
}

TEST(CardBook, AnotherDeviceKnowsTheCardFromTheVault) {
  CardBook one = book_with(kOne, 100), two;
  EXPECT_FALSE(two.merge(vault_with(one), 5));
  EXPECT_TRUE(two.use(kOne, 6));
  EXPECT_TRUE(two.merge(vault_with(one), 7)) << "the vault does not know of the use";
  EXPECT_FALSE(two.use(kOne, 8)) << "an older vault opens no used card again";
  EXPECT_FALSE(one.merge(vault_with(two), 9));
  EXPECT_FALSE(one.use(kOne, 10));
  EXPECT_EQ(vault_with(one).SerializeAsString(), vault_with(two).SerializeAsString());
}

TEST(CardBook, WhatIsOverComesBackFromNoVault) {
  CardBook one = book_with(kOne, 100), two;
  const e2e::VaultContent older = vault_with(one);
  EXPECT_FALSE(two.merge(older, 100 + CardBook::kNoteMs));
  EXPECT_EQ(two.next_end(), INT64_MAX);
  EXPECT_THAT(two.take_changed(), IsEmpty());
  EXPECT_FALSE(one.merge(older, 100 + CardBook::kNoteMs)) << "nobody needs a card that is over";
  EXPECT_EQ(one.next_end(), INT64_MAX);
}

TEST(CardBook, LeavesTheVaultOfBeforeAloneWithoutCards) {
  CardBook book = book_with(kOne, 100);
  e2e::VaultContent vault = vault_with(book);
  EXPECT_EQ(vault.cards_size(), 1);
  (void)book.forget_over(100 + CardBook::kNoteMs);
  book.write(vault);
  EXPECT_EQ(vault.ByteSizeLong(), 0u);
}

TEST(CardBook, TwoFullDevicesKeepTheSameCards) {
  CardBook one, two;
  for (int i = 0; i < static_cast<int>(CardBook::kMaxKept); ++i) {
    const Bytes low = Bytes(31, '1') + static_cast<char>(i), high = Bytes(31, '2') + static_cast<char>(i);
    ASSERT_TRUE(one.add(low, 1'000 + i).ok());
    ASSERT_TRUE(two.add(high, 2'000 + i).ok());
    EXPECT_TRUE(one.use(low, 5));
    EXPECT_EQ(two.use(i % 2 == 0 ? high : Bytes(32, 'x'), 5), i % 2 == 0);
  }
  EXPECT_EQ(one.add(Bytes(32, 'x'), 9).code(), Code::kTooLarge);
  const e2e::VaultContent of_one = vault_with(one), of_two = vault_with(two);
  (void)one.merge(of_two, 6);
  (void)two.merge(of_one, 6);
  EXPECT_EQ(vault_with(one).cards_size(), static_cast<int>(CardBook::kMaxKept));
  EXPECT_EQ(vault_with(one).SerializeAsString(), vault_with(two).SerializeAsString());
  EXPECT_FALSE(one.merge(vault_with(two), 7));
}

}  // namespace
}  // namespace fastchat::client
