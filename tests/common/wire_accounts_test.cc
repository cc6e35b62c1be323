// The parser on accounts and devices: logins by password and by secret, changes of the password, lists of devices; and
// the versions of the protocol.
#include <gtest/gtest.h>

#include "common/wire.h"
#include "tests/common/frame_codes.h"

namespace fastchat {
namespace {

const Bytes kDevice(16, 'd'), kOther(16, 'o'), kThirtyTwo(32, 'x');

v1::ClientFrame log_in() {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_log_in()->set_user("ann");
  f.mutable_log_in()->set_device(kDevice);
  return f;
}

v1::ClientFrame change_password() {
  v1::ClientFrame f;
  f.set_request(1);
  auto* m = f.mutable_change_password();
  m->set_auth(kThirtyTwo);
  m->set_verifier(kThirtyTwo);
  m->set_identity_blob("blob");
  m->set_vault("vault");
  m->set_vault_version(2);
  return f;
}

TEST(WireAccounts, LogInIsByPasswordOrBySecret) {
  auto by_password = log_in();
  by_password.mutable_log_in()->set_auth(kThirtyTwo);
  EXPECT_EQ(parse(by_password), Code::kOk);
  by_password.mutable_log_in()->set_secret_hash(kThirtyTwo);
  by_password.mutable_log_in()->set_replaces(kOther);
  EXPECT_EQ(parse(by_password), Code::kOk);
  auto by_secret = log_in();
  by_secret.mutable_log_in()->set_secret(kThirtyTwo);
  EXPECT_EQ(parse(by_secret), Code::kOk);

  EXPECT_EQ(parse(log_in()), Code::kMalformed) << "neither";
  auto both = by_password;
  both.mutable_log_in()->set_secret(kThirtyTwo);
  EXPECT_EQ(parse(both), Code::kMalformed);
  auto hash_by_secret = by_secret;
  hash_by_secret.mutable_log_in()->set_secret_hash(kThirtyTwo);
  EXPECT_EQ(parse(hash_by_secret), Code::kMalformed) << "who has a secret may not choose the next";
  auto replaces_by_secret = by_secret;
  replaces_by_secret.mutable_log_in()->set_replaces(kOther);
  EXPECT_EQ(parse(replaces_by_secret), Code::kMalformed);
  auto short_secret = log_in();
  short_secret.mutable_log_in()->set_secret(Bytes(31, 'x'));
  EXPECT_EQ(parse(short_secret), Code::kMalformed);
  auto short_hash = by_password;
  short_hash.mutable_log_in()->set_secret_hash(Bytes(33, 'x'));
  EXPECT_EQ(parse(short_hash), Code::kMalformed);
  auto replaces_itself = by_password;
  replaces_itself.mutable_log_in()->set_replaces(kDevice);
  EXPECT_EQ(parse(replaces_itself), Code::kMalformed);
  auto replaces_mailbox = by_password;
  replaces_mailbox.mutable_log_in()->set_replaces(Bytes(16, '\0'));
  EXPECT_EQ(parse(replaces_mailbox), Code::kMalformed);
}

TEST(WireAccounts, AChangeOfTheKeyHasAllItsPartsOrNone) {
  const auto with = [](int rekeys, uint64_t number, const Bytes& key = "key", size_t size = wire::kMaxRekey) {
    auto f = change_password();
    f.mutable_change_password()->set_public_key(key);
    for (int i = 0; i < rekeys; ++i) f.mutable_change_password()->add_rekeys(Bytes(size, 'r'));
    f.mutable_change_password()->set_rekey(number);
    return parse(f);
  };
  EXPECT_EQ(with(1, 1), Code::kOk);
  EXPECT_EQ(with(2, 9), Code::kOk);
  EXPECT_EQ(with(1, wire::kMaxRekeys), Code::kOk);
  EXPECT_EQ(with(0, 0), Code::kMalformed) << "a key without a change";
  EXPECT_EQ(with(1, 0), Code::kMalformed) << "a change without a number";
  EXPECT_EQ(with(2, 1), Code::kMalformed) << "more changes than there are";
  EXPECT_EQ(with(1, wire::kMaxRekeys + 1), Code::kMalformed);
  EXPECT_EQ(with(1, 1, ""), Code::kMalformed);
  EXPECT_EQ(with(1, 1, Bytes(wire::kMaxPublicKey + 1, 'k')), Code::kMalformed);
  EXPECT_EQ(with(1, 1, "key", wire::kMaxRekey + 1), Code::kMalformed);
  EXPECT_EQ(with(1, 1, "key", 0), Code::kMalformed);
}

TEST(WireAccounts, TheChangesOfAKeyAreAskedForByName) {
  v1::ClientFrame ask;
  ask.set_request(1);
  ask.mutable_get_rekeys()->set_user("ann");
  EXPECT_EQ(parse(ask), Code::kOk);
  ask.mutable_get_rekeys()->set_user("");
  EXPECT_EQ(parse(ask), Code::kMalformed);
  v1::ServerFrame answer;
  answer.set_request(1);
  answer.mutable_rekeys();
  EXPECT_EQ(parse(answer), Code::kMalformed) << "no first key";
  answer.mutable_rekeys()->set_first_public_key("key");
  EXPECT_EQ(parse(answer), Code::kOk);
  for (size_t i = 0; i < wire::kMaxRekeys; ++i) answer.mutable_rekeys()->add_rekeys(Bytes(wire::kMaxRekey, 'r'));
  EXPECT_EQ(parse(answer), Code::kOk);
  answer.mutable_rekeys()->add_rekeys("r");
  EXPECT_EQ(parse(answer), Code::kMalformed) << "more than anybody has";
}

TEST(WireAccounts, AnAccountIsDeletedWithTheWholeProofOfThePassword) {
  const auto with = [](size_t size) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_delete_account()->set_auth(Bytes(size, 'a'));
    return parse(f);
  };
  EXPECT_EQ(with(32), Code::kOk);
  EXPECT_EQ(with(31), Code::kMalformed);
  EXPECT_EQ(with(33), Code::kMalformed);
  EXPECT_EQ(with(0), Code::kMalformed);
  v1::ServerFrame answer;
  answer.set_request(1);
  answer.mutable_account_deleted();
  EXPECT_EQ(parse(answer), Code::kOk);
}

TEST(WireAccounts, AnErrorMayNameGroups) {
  v1::ServerFrame f;
  f.set_request(1);
  f.mutable_error()->set_code(v1::OWNS_GROUPS);
  for (size_t i = 0; i < wire::kMaxOwnedGroups; ++i) f.mutable_error()->add_groups("team");
  EXPECT_EQ(parse(f), Code::kOk);
  f.mutable_error()->add_groups("one-more");
  EXPECT_EQ(parse(f), Code::kMalformed);
  f.mutable_error()->clear_groups();
  f.mutable_error()->add_groups("");
  EXPECT_EQ(parse(f), Code::kMalformed);
  EXPECT_EQ(wire::code_for(2, Code::kOwnsGroups), Code::kNotAllowed);
  EXPECT_EQ(wire::code_for(3, Code::kOwnsGroups), Code::kOwnsGroups);
}

TEST(WireAccounts, ADeviceGetsAShortNameThatIsNotEmpty) {
  const auto with = [](size_t device, const Bytes& name) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_rename_device()->set_device(Bytes(device, 'd'));
    f.mutable_rename_device()->set_name(name);
    return parse(f);
  };
  EXPECT_EQ(with(16,
                 "k\xc3\xbc"
                 "che"),
            Code::kOk);
  EXPECT_EQ(with(16, Bytes(128, 'n')), Code::kOk);
  EXPECT_EQ(with(16, Bytes(129, 'n')), Code::kMalformed);
  EXPECT_EQ(with(16, Bytes("a\0b", 3)), Code::kMalformed) << "the database stores no zero byte";
  EXPECT_EQ(with(16, ""), Code::kMalformed);
  EXPECT_EQ(with(15, "kitchen"), Code::kMalformed);
  EXPECT_EQ(with(0, "kitchen"), Code::kMalformed);
  const Bytes no_text(
      "\x08\x01\xd2\x01\x15\x0a\x10"
      "0123456789abcdef"
      "\x12\x01\xff",
      26);
  wire::ClientFrameParser parser;
  EXPECT_EQ(parser.parse(no_text).code(), Code::kMalformed) << "not UTF-8";
}

TEST(WireAccounts, ChangePasswordHasAllItsParts) {
  EXPECT_EQ(parse(change_password()), Code::kOk);
  auto f = change_password();
  f.set_request(0);
  EXPECT_EQ(parse(f), Code::kMalformed);
  f = change_password();
  f.mutable_change_password()->set_auth(Bytes(31, 'x'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  f = change_password();
  f.mutable_change_password()->set_verifier("");
  EXPECT_EQ(parse(f), Code::kMalformed);
  f = change_password();
  f.mutable_change_password()->set_identity_blob("");
  EXPECT_EQ(parse(f), Code::kMalformed);
  f = change_password();
  f.mutable_change_password()->set_vault(Bytes(wire::kMaxVault + 1, 'v'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  f = change_password();
  f.mutable_change_password()->set_vault_version(1);
  EXPECT_EQ(parse(f), Code::kMalformed);
}

TEST(WireAccounts, AnErrorMayListDevicesThatFit) {
  v1::ServerFrame f;
  f.set_request(1);
  f.mutable_error()->set_code(v1::TOO_MANY_DEVICES);
  auto* device = f.mutable_error()->add_devices();
  device->set_device(kDevice);
  device->set_name("laptop");
  device->set_address("192.0.2.7");
  EXPECT_EQ(parse(f), Code::kOk);
  device->set_address(Bytes(wire::kMaxLabel + 1, 'a'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  device->set_address("");
  device->set_device("short");
  EXPECT_EQ(parse(f), Code::kMalformed);
  device->set_device(kDevice);
  for (size_t i = 0; i < wire::kMaxDevices; ++i) *f.mutable_error()->add_devices() = f.error().devices(0);
  EXPECT_EQ(parse(f), Code::kMalformed);
}

TEST(WireAccounts, BothSidesSpeakTheNewestVersionThatBothKnow) {
  EXPECT_EQ(wire::common_version(1, 1), 1u);
  EXPECT_EQ(wire::common_version(1, 2), 2u);
  EXPECT_EQ(wire::common_version(0, 9), 5u);
  EXPECT_EQ(wire::common_version(1, 4), 4u);
  EXPECT_EQ(wire::common_version(6, 9), 0u);
  EXPECT_EQ(wire::common_version(0, 0), 0u);
  EXPECT_EQ(wire::common_version(2, 1), 0u);
}

TEST(WireAccounts, AnOldPeerIsToldACodeThatItKnows) {
  for (int code = 1; code <= v1::ErrorCode_MAX; ++code) {
    EXPECT_LE(wire::to_wire(wire::code_for(1, static_cast<Code>(code))), v1::TOO_MANY_GROUPS) << code;
    EXPECT_LE(wire::to_wire(wire::code_for(2, static_cast<Code>(code))), v1::SHARE_FULL) << code;
    EXPECT_LE(wire::to_wire(wire::code_for(3, static_cast<Code>(code))), v1::OWNS_GROUPS) << code;
    EXPECT_LE(wire::to_wire(wire::code_for(4, static_cast<Code>(code))), v1::NOT_ACCEPTED_YET) << code;
    EXPECT_EQ(wire::code_for(5, static_cast<Code>(code)), static_cast<Code>(code));
  }
}

}  // namespace
}  // namespace fastchat
