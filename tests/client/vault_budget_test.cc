// Tests which parts stay when a vault has no room for everything.
#include "client/account/vault_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fastchat::client {
namespace {

namespace pb = v1::content;
using ::testing::ElementsAre;

pb::Pin pin(const std::string& user, pb::Trust trust, int64_t since) {
  pb::Pin p;
  p.set_user(user);
  p.set_fpr(Bytes(32, 'f'));
  p.set_spki(Bytes(422, 'k'));
  p.set_trust(trust);
  p.set_since_ms(since);
  return p;
}

std::vector<std::string> users(const e2e::VaultContent& content) {
  std::vector<std::string> out;
  for (const pb::Pin& p : content.pins()) out.push_back(p.user());
  return out;
}

TEST(VaultBudget, WhatFitsStaysAsItIs) {
  e2e::VaultContent content;
  *content.add_pins() = pin("bob", pb::FIRST_CONTACT, 1);
  *content.add_pins() = pin("carol", pb::VERIFIED, 2);
  const Bytes before = content.SerializeAsString();
  const LeftOut out = fit_vault(content);
  EXPECT_EQ(out.pins + out.groups, 0u);
  EXPECT_EQ(content.SerializeAsString(), before);
  EXPECT_FALSE(may_be_cut(content));
}

TEST(VaultBudget, VerifiedKeysFirstThenGroupsThenFirstContactsThenMarks) {
  e2e::VaultContent content;
  *content.add_pins() = pin("new", pb::FIRST_CONTACT, 9);
  *content.add_pins() = pin("old", pb::FIRST_CONTACT, 1);
  *content.add_pins() = pin("accepted", pb::ACCEPTED, 5);
  *content.add_pins() = pin("verified", pb::VERIFIED, 7);
  content.add_groups()->set_state(Bytes(900, 's'));
  for (int i = 0; i < 50; ++i) content.add_marks()->set_hash(Bytes(32, 'h'));
  const LeftOut out = fit_vault(content, 2'600);
  EXPECT_THAT(users(content), ElementsAre("verified", "accepted", "old"));
  EXPECT_EQ(content.groups_size(), 1);
  EXPECT_EQ(out.pins, 1u);
  EXPECT_EQ(out.groups, 0u);
  EXPECT_LT(content.marks_size(), 50);
  EXPECT_LE(content.ByteSizeLong(), 2'600u);
}

TEST(VaultBudget, DecisionsAboutContactsComeFirstAndContactsOfBeforeAfterGroups) {
  e2e::VaultContent content;
  const auto contact = [&](const std::string& user, int64_t changed) {
    content.add_contacts()->set_user(user);
    content.mutable_contacts()->rbegin()->set_standing(pb::CONTACT_BLOCKED);
    content.mutable_contacts()->rbegin()->set_changed_ms(changed);
  };
  for (int i = 0; i < 50; ++i) contact("before" + std::to_string(i), 0);
  contact("spammer", 5);
  *content.add_pins() = pin("verified", pb::VERIFIED, 7);
  content.add_groups()->set_state(Bytes(900, 's'));
  *content.add_pins() = pin("new", pb::FIRST_CONTACT, 9);
  const LeftOut out = fit_vault(content, 1'700);
  EXPECT_EQ(content.contacts(0).user(), "spammer");
  EXPECT_GT(content.contacts_size(), 1);
  EXPECT_LT(content.contacts_size(), 51);
  EXPECT_THAT(users(content), ElementsAre("verified"));
  EXPECT_EQ(content.groups_size(), 1);
  EXPECT_EQ(out.pins, 1u);
  EXPECT_LE(content.ByteSizeLong(), 1'700u);
}

TEST(VaultBudget, ThousandsOfFirstContactsLeaveRoomForTheRest) {
  e2e::VaultContent content;
  for (int i = 0; i < 3'000; ++i) *content.add_pins() = pin("user" + std::to_string(i), pb::FIRST_CONTACT, 100 + i);
  *content.add_pins() = pin("friend", pb::VERIFIED, 5'000);
  content.add_groups()->set_state(Bytes(8'000, 's'));
  const LeftOut out = fit_vault(content);
  EXPECT_GT(out.pins, 0u);
  EXPECT_EQ(out.groups, 0u);
  EXPECT_EQ(users(content).front(), "friend");
  EXPECT_EQ(users(content)[1], "user0") << "the oldest are known for longest";
  EXPECT_LE(content.ByteSizeLong(), vault_room());
  EXPECT_TRUE(may_be_cut(content));
  e2e::VaultContent again = content;
  fit_vault(again);
  EXPECT_EQ(again.SerializeAsString(), content.SerializeAsString());
}

TEST(VaultBudget, AVaultInPartsHasItsOwnRoom) {
  e2e::VaultContent content;
  const auto fill = [&](size_t bytes) {
    content.clear_groups();
    content.add_groups()->set_state(Bytes(bytes, 's'));
  };
  fill(vault_room() / 2);
  EXPECT_FALSE(may_be_cut(content));
  fill(vault_room() - 100);
  EXPECT_TRUE(may_be_cut(content));
  fill(2 * vault_room());
  EXPECT_FALSE(may_be_cut(content)) << "more than one box can hold, so it is in parts";
  fill(VaultRoom::kMost - 100);
  EXPECT_TRUE(may_be_cut(content));
}

TEST(VaultBudget, TheRoomShrinksToThatOfOneBoxAndIsThenRefused) {
  VaultRoom room;
  for (int i = 0; i < 20 && !room.refused; ++i) room.shrink();
  EXPECT_TRUE(room.refused);
  EXPECT_EQ(room.bytes, vault_room());
}

TEST(VaultBudget, AVaultOfADeviceWhoseServerKeepsLessMayBeCut) {
  e2e::VaultContent content;
  const auto cut_at = [&](size_t bytes) {
    content.clear_groups();
    content.add_groups()->set_state(Bytes(bytes, 's'));
    return may_be_cut(content);
  };
  EXPECT_FALSE(cut_at(100));
  EXPECT_TRUE(cut_at(vault_room() - 100));
  EXPECT_FALSE(cut_at(VaultRoom::kMost / 3));
  EXPECT_TRUE(cut_at(VaultRoom::kMost / 4 - 100));
  EXPECT_TRUE(cut_at(VaultRoom::kMost - 100));
}

}  // namespace
}  // namespace fastchat::client
