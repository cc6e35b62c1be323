#include "client/e2e/vault.h"

#include <gtest/gtest.h>

#include "client/e2e/limits.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

const Secret kKeyOfVault = Secret::copy_of(Bytes(32, 'v'));

VaultContent a_vault(uint64_t version) {
  VaultContent v;
  v.set_version(version);
  pb::Pin& pin = *v.add_pins();
  pin.set_user("bob");
  pin.set_fpr(bob().fpr());
  pin.set_spki(test_key(1).public_key().spki());
  pin.set_trust(pb::VERIFIED);
  pin.set_since_ms(kNowMs);
  pb::ReplayMark& mark = *v.add_marks();
  mark.set_from_fpr(bob().fpr());
  mark.set_stream(Bytes(16, 's'));
  mark.set_seq(7);
  mark.set_hash(Bytes(32, 'h'));
  return v;
}

TEST(Vault, OpensToWhatWasSealed) {
  const Bytes box = seal_vault(kKeyOfVault, "alice", a_vault(3)).value();
  const VaultContent back = open_vault(kKeyOfVault, "alice", 3, 3, box).value();
  EXPECT_EQ(back.SerializeAsString(), a_vault(3).SerializeAsString());
}

TEST(Vault, BelowTheVersionThisTerminalSawIsRefusedByName) {
  const Bytes box = seal_vault(kKeyOfVault, "alice", a_vault(3)).value();
  const Result<VaultContent> r = open_vault(kKeyOfVault, "alice", 3, 4, box);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.error().text.find("version 3"), std::string::npos);
}

TEST(Vault, DoesNotOpenUnderAnotherVersionUserOrKey) {
  const Bytes box = seal_vault(kKeyOfVault, "alice", a_vault(3)).value();
  EXPECT_FALSE(open_vault(kKeyOfVault, "alice", 4, 0, box).ok());
  EXPECT_FALSE(open_vault(kKeyOfVault, "bob", 3, 0, box).ok());
  EXPECT_FALSE(open_vault(Secret(32), "alice", 3, 0, box).ok());
  EXPECT_FALSE(open_vault(kKeyOfVault, "alice", 0, 0, box).ok());
  EXPECT_FALSE(open_vault(kKeyOfVault, "alice", 3, 0, "").ok());
}

TEST(Vault, RefusesContentOutsideItsLimits) {
  EXPECT_FALSE(seal_vault(kKeyOfVault, "alice", a_vault(0)).ok());
  VaultContent v = a_vault(1);
  v.mutable_pins(0)->set_trust(pb::TRUST_UNSPECIFIED);
  EXPECT_FALSE(seal_vault(kKeyOfVault, "alice", v).ok());
  v = a_vault(1);
  v.mutable_marks(0)->set_seq(0);
  EXPECT_FALSE(seal_vault(kKeyOfVault, "alice", v).ok());
  v = a_vault(1);
  v.add_groups()->set_state(Bytes(kMaxGroupState + 1, 's'));
  EXPECT_FALSE(seal_vault(kKeyOfVault, "alice", v).ok());
}

TEST(Vault, SaysWhenItIsFull) {
  VaultContent v = a_vault(1);
  while (v.ByteSizeLong() < kMaxVault) {
    for (int i = 0; i < 1000; ++i) *v.add_marks() = v.marks(0);
  }
  EXPECT_EQ(seal_vault(kKeyOfVault, "alice", v).code(), Code::kTooLarge);
}

// ---- a head and parts

VaultPart pins_part() {
  VaultPart part;
  *part.mutable_pins() = a_vault(1).pins();
  return part;
}

VaultHead a_head(uint64_t version, const SealedPart& part) {
  VaultHead head;
  head.set_version(version);
  head.set_rekey_counter(4);
  *head.add_parts() = part.entry;
  return head;
}

TEST(VaultInParts, OpensToWhatWasSealed) {
  const SealedPart sealed = seal_vault_part("alice", pb::VAULT_PINS, 1, pins_part()).value();
  const Bytes box = seal_vault_head(kKeyOfVault, "alice", a_head(3, sealed)).value();
  const OpenedVault opened = open_any_vault(kKeyOfVault, "alice", 3, 3, box).value();
  ASSERT_TRUE(opened.head.has_value());
  EXPECT_EQ(opened.content.rekey_counter(), 4u);
  const VaultPart part = open_vault_part("alice", opened.head->parts(0), sealed.box).value();
  EXPECT_EQ(part.SerializeAsString(), pins_part().SerializeAsString());
  const OpenedVault whole =
      open_any_vault(kKeyOfVault, "alice", 3, 0, seal_vault(kKeyOfVault, "alice", a_vault(3)).value()).value();
  EXPECT_FALSE(whole.head.has_value());
  EXPECT_EQ(whole.content.pins_size(), 1) << "a vault of one box";
}

TEST(VaultInParts, AHeadIsNoVaultAndOfOneUserAndVersion) {
  const SealedPart sealed = seal_vault_part("alice", pb::VAULT_PINS, 1, pins_part()).value();
  const Bytes box = seal_vault_head(kKeyOfVault, "alice", a_head(3, sealed)).value();
  EXPECT_FALSE(open_vault(kKeyOfVault, "alice", 3, 0, box).ok());
  EXPECT_FALSE(open_any_vault(kKeyOfVault, "alice", 4, 0, box).ok());
  EXPECT_FALSE(open_any_vault(kKeyOfVault, "alice", 3, 4, box).ok()) << "older than seen";
  EXPECT_FALSE(open_any_vault(kKeyOfVault, "bob", 3, 0, box).ok());
  EXPECT_FALSE(open_any_vault(Secret(32), "alice", 3, 0, box).ok());
}

TEST(VaultInParts, APartIsOfOneUserAndPlaceAndUnderItsOwnKey) {
  const SealedPart sealed = seal_vault_part("alice", pb::VAULT_PINS, 2, pins_part()).value();
  ASSERT_TRUE(open_vault_part("alice", sealed.entry, sealed.box).ok());
  EXPECT_FALSE(open_vault_part("bob", sealed.entry, sealed.box).ok());
  VaultPartEntry other = sealed.entry;
  other.set_bucket(3);
  EXPECT_FALSE(open_vault_part("alice", other, sealed.box).ok());
  other = sealed.entry;
  other.set_kind(pb::VAULT_GROUPS);
  EXPECT_FALSE(open_vault_part("alice", other, sealed.box).ok());
  other = sealed.entry;
  other.set_key(Bytes(32, 'k'));
  EXPECT_FALSE(open_vault_part("alice", other, sealed.box).ok());
}

TEST(VaultInParts, AnEarlierPartOrThatOfAnotherPlaceIsNotTaken) {
  const SealedPart before = seal_vault_part("alice", pb::VAULT_PINS, 2, pins_part()).value();
  VaultPart next = pins_part();
  next.mutable_pins(0)->set_trust(pb::ACCEPTED);
  const SealedPart now = seal_vault_part("alice", pb::VAULT_PINS, 2, next).value();
  const SealedPart elsewhere = seal_vault_part("alice", pb::VAULT_PINS, 3, pins_part()).value();
  EXPECT_NE(before.entry.key(), now.entry.key()) << "a fresh key whenever it is sealed";
  EXPECT_FALSE(open_vault_part("alice", now.entry, before.box).ok()) << "rolled back";
  EXPECT_FALSE(open_vault_part("alice", now.entry, elsewhere.box).ok()) << "mixed";
  Bytes changed = now.box;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_FALSE(open_vault_part("alice", now.entry, changed).ok());
}

TEST(VaultInParts, APartHasValuesOfItsKindOnlyAndAtLeastOne) {
  EXPECT_FALSE(seal_vault_part("alice", pb::VAULT_GROUPS, 1, pins_part()).ok());
  EXPECT_FALSE(seal_vault_part("alice", pb::VAULT_PINS, 1, VaultPart()).ok());
  EXPECT_FALSE(seal_vault_part("alice", pb::VAULT_PINS, 0, pins_part()).ok());
  EXPECT_FALSE(seal_vault_part("alice", 99, 1, pins_part()).ok());
  VaultPart mixed = pins_part();
  *mixed.mutable_marks() = a_vault(1).marks();
  EXPECT_FALSE(seal_vault_part("alice", pb::VAULT_PINS, 1, mixed).ok());
  VaultPart large;
  large.add_groups()->set_state(Bytes(kMaxGroupState, 's'));
  large.mutable_groups(0)->set_previous_state(Bytes(kMaxGroupState, 's'));
  large.mutable_groups(0)->set_signer_fpr(Bytes(32, 'f'));
  EXPECT_EQ(seal_vault_part("alice", pb::VAULT_GROUPS, 1, large).code(), Code::kTooLarge);
}

TEST(VaultInParts, AHeadNamesEachPlaceOnceAndKeepsKindsOfLaterVersions) {
  const SealedPart sealed = seal_vault_part("alice", pb::VAULT_PINS, 1, pins_part()).value();
  VaultHead head = a_head(3, sealed);
  VaultPartEntry& later = *head.add_parts();
  later = sealed.entry;
  later.set_kind(99);
  const OpenedVault opened =
      open_any_vault(kKeyOfVault, "alice", 3, 0, seal_vault_head(kKeyOfVault, "alice", head).value()).value();
  EXPECT_EQ(opened.head->SerializeAsString(), head.SerializeAsString());
  EXPECT_FALSE(known_kind(99));
  later.set_kind(pb::VAULT_PINS);
  EXPECT_FALSE(seal_vault_head(kKeyOfVault, "alice", head).ok()) << "a place twice";
  later.set_kind(0);
  EXPECT_FALSE(seal_vault_head(kKeyOfVault, "alice", head).ok());
  head.mutable_parts()->RemoveLast();
  head.mutable_parts(0)->set_hash(Bytes(31, 'h'));
  EXPECT_FALSE(seal_vault_head(kKeyOfVault, "alice", head).ok());
}

TEST(VaultInParts, ALargestHeadFitsItsBox) {
  const SealedPart sealed = seal_vault_part("alice", pb::VAULT_PINS, 1, pins_part()).value();
  VaultHead head = a_head(3, sealed);
  for (int i = 1; i < kMaxVaultParts; ++i) {
    *head.add_parts() = sealed.entry;
    head.mutable_parts(i)->set_bucket((1u << 24) + static_cast<uint32_t>(i));
  }
  EXPECT_TRUE(seal_vault_head(kKeyOfVault, "alice", head).ok());
  *head.add_parts() = sealed.entry;
  head.mutable_parts(kMaxVaultParts)->set_bucket(1u << 25);
  EXPECT_FALSE(seal_vault_head(kKeyOfVault, "alice", head).ok());
}

}  // namespace
}  // namespace fastchat::tests
