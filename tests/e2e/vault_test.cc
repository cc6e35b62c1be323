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

}  // namespace
}  // namespace fastchat::tests
