// The parts of a vault: one value lies in one part, and a small change leaves all other parts as they are.
#include "client/vault/vault_split.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "client/e2e/strict.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

e2e::VaultContent with_pins(int count, size_t spki = 422) {
  e2e::VaultContent out;
  for (int i = 0; i < count; ++i) {
    pb::Pin& pin = *out.add_pins();
    pin.set_user("user-" + std::to_string(i));
    pin.set_fpr(Bytes(32, 'f'));
    pin.set_spki(Bytes(spki, 's'));
    pin.set_trust(pb::FIRST_CONTACT);
  }
  return out;
}

std::map<std::pair<uint32_t, uint32_t>, Bytes> encoded(const e2e::VaultContent& content) {
  std::map<std::pair<uint32_t, uint32_t>, Bytes> out;
  for (const VaultPiece& piece : split_vault(content)) {
    EXPECT_TRUE(out.emplace(std::pair(piece.kind, piece.bucket), e2e::encode(piece.part)).second) << "a place twice";
  }
  return out;
}

TEST(VaultSplit, AnEmptyVaultHasNoParts) {
  EXPECT_TRUE(split_vault({}).empty());
}

TEST(VaultSplit, AFewValuesAreOnePartOfTheirKind) {
  e2e::VaultContent content = with_pins(3);
  content.add_cards()->set_hash(Bytes(32, 'h'));
  const auto parts = split_vault(content);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].kind, pb::VAULT_PINS);
  EXPECT_EQ(parts[0].bucket, 1u);
  EXPECT_EQ(parts[0].part.pins_size(), 3);
  EXPECT_EQ(parts[1].kind, pb::VAULT_CARDS);
}

TEST(VaultSplit, JoinedPartsAreTheContent) {
  const e2e::VaultContent content = with_pins(2'000);
  e2e::VaultContent joined;
  for (VaultPiece& piece : split_vault(content)) join_vault(std::move(piece.part), joined);
  std::map<std::string, int> users;
  for (const pb::Pin& pin : joined.pins()) ++users[pin.user()];
  EXPECT_EQ(users.size(), 2'000u);
  EXPECT_EQ(joined.pins_size(), 2'000);
}

TEST(VaultSplit, NoPartOfSmallValuesIsLargerThanTheGoalAndFewAreSmall) {
  const auto parts = split_vault(with_pins(10'000));
  size_t bytes = 0;
  for (const VaultPiece& piece : parts) {
    EXPECT_LE(piece.part.ByteSizeLong(), kPieceGoal);
    bytes += piece.part.ByteSizeLong();
  }
  EXPECT_GE(bytes / parts.size(), kPieceGoal / 2);
}

TEST(VaultSplit, TheOrderOfTheContentDoesNotMatter) {
  e2e::VaultContent content = with_pins(500), other;
  for (int i = content.pins_size(); i-- > 0;) *other.add_pins() = content.pins(i);
  EXPECT_EQ(encoded(content), encoded(other));
}

TEST(VaultSplit, OneChangeChangesOnePart) {
  e2e::VaultContent content = with_pins(5'000);
  const auto before = encoded(content);
  content.mutable_pins(77)->set_trust(pb::VERIFIED);
  const auto after = encoded(content);
  ASSERT_EQ(before.size(), after.size());
  size_t changed = 0;
  for (const auto& [place, part] : after) changed += before.at(place) != part ? 1 : 0;
  EXPECT_EQ(changed, 1u);
}

TEST(VaultSplit, AGroupStaysInItsPlaceWhenItsStateChanges) {
  e2e::VaultContent content;
  const auto add = [&](char id, uint64_t epoch) {
    pb::GroupState state;
    state.set_group_id(Bytes(32, id));
    state.set_epoch(epoch);
    pb::SignedGroupState outer;
    outer.set_state(state.SerializeAsString());
    pb::VaultGroup& group = *content.add_groups();
    group.set_state(outer.SerializeAsString());
    group.set_pkcs8(Bytes(20'000, 'k'));
  };
  for (char id = 'a'; id < 'i'; ++id) add(id, 1);
  const auto before = split_vault(content);
  ASSERT_GT(before.size(), 1u);
  content.clear_groups();
  for (char id = 'a'; id < 'i'; ++id) add(id, 2);
  const auto after = split_vault(content);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].bucket, after[i].bucket);
}

TEST(VaultSplit, AValueLargerThanTheGoalIsAPartOfItsOwn) {
  e2e::VaultContent content;
  for (char id = 'a'; id < 'd'; ++id) {
    pb::VaultGroup& group = *content.add_groups();
    group.set_state(Bytes(1, id));
    group.set_previous_state(Bytes(150 << 10, 's'));
  }
  EXPECT_EQ(split_vault(content).size(), 3u);
}

// A sender picks the ids of his streams, and so can find thousands whose hashes begin alike.
TEST(VaultSplit, MarksOfOnePlaceFillOnePartAndTheRestIsLeftOut) {
  e2e::VaultContent content;
  for (int i = 0; i < 4'000; ++i) {
    pb::ReplayMark& mark = *content.add_marks();
    mark.set_from_fpr(Bytes(32, 'f'));
    mark.set_stream(Bytes(16, 's'));
    mark.set_seq(static_cast<uint64_t>(i) + 1);
    mark.set_hash(Bytes(32, 'h'));
  }
  content.add_groups()->set_state(Bytes(300 << 10, 'g'));
  std::vector<VaultPiece> pieces = split_vault(content);
  ASSERT_EQ(pieces.size(), 1u) << "a value that no part can hold has no part";
  EXPECT_GT(pieces[0].part.marks_size(), 2'000);
  EXPECT_TRUE(e2e::seal_vault_part("alice", pieces[0].kind, pieces[0].bucket, pieces[0].part).ok());
}

}  // namespace
}  // namespace fastchat::client
