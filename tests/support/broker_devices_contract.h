// The broker's store contract, second part: secrets, ended devices, too many devices, a changed password. Include this
// header after broker_store_contract.h, in one source file of a test program, because it defines tests.
#pragma once

#include "common/hash.h"
#include "tests/support/broker_store_contract.h"

namespace fastchat::test {

class BrokerDevicesContract : public BrokerStoreContract {
 protected:
  void SetUp() override {
    BrokerStoreContract::SetUp();
    alice_ = signed_up("alice");
  }
  static Bytes hash_of(char device) { return Bytes(32, static_cast<char>(device + 1)); }
  // Completes a login that leaves a secret behind; returns the did.
  int64_t with_secret(char device) {
    auto e = entry(alice_, device);
    e.secret_hash = hash_of(device);
    const int64_t did = log_in(e).did;
    adopt(alice_, did);
    return did;
  }
  broker::LogInDevice by_secret(char device) const {
    broker::LogInDevice e{alice_, Bytes(16, device), "laptop"};
    e.held_hash = hash_of(device);
    return e;
  }
  Code code_of(const broker::LogInDevice& e) { return log_in(e).code; }
  broker::NewPassword change(char device, char verifier, int64_t version = 2) const {
    return {alice_,
            Bytes(16, device),
            Bytes(32, 'a'),
            Bytes(32, verifier),
            Bytes("blob under ") + verifier,
            "another vault",
            version};
  }
  broker::PasswordStored changed(const broker::NewPassword& c) {
    const auto stored = store().change_password(c);
    EXPECT_EQ(Code::kOk, stored.code());
    return stored.ok() ? *stored : broker::PasswordStored{Code::kInternal};
  }

  int64_t alice_ = 0;
};

TEST_P(BrokerDevicesContract, PartsOfAVaultAreReadAndEndWithTheAccount) {
  with_secret('d');
  for (const char* part : {"one", "two"}) under_->add_part(alice_, part);
  const broker::ReadParts asked{alice_, {sha256("two"), sha256("three"), sha256("one")}};
  const auto read = store().read_parts(asked);
  ASSERT_EQ(Code::kOk, read.code());
  EXPECT_EQ(3u, read->looked);
  EXPECT_EQ((std::vector<Bytes>{"two", "one"}), read->parts);
  EXPECT_TRUE(store().read_parts({alice_ + 1, asked.hashes})->parts.empty()) << "another user's";
  ASSERT_EQ(Code::kOk, store().delete_user({alice_, Bytes(16, 'd'), Bytes(32, 'a')})->code);
  EXPECT_TRUE(store().read_parts(asked)->parts.empty());
}

TEST_P(BrokerDevicesContract, AChangeOfTheKeyIsKeptWithThoseBeforeIt) {
  with_secret('d');
  const auto rekeyed = [&](int first, int last, int64_t version) {
    auto c = change('d', 'a', version);
    c.identity_blob = "blob with key " + std::to_string(last);
    c.key.public_key = "key " + std::to_string(last);
    for (int i = first; i <= last; ++i) c.key.rekeys.push_back("change " + std::to_string(i));
    c.key.number = last;
    return changed(c).code;
  };
  EXPECT_EQ(0, log_in(by_secret('d')).rekeys);
  EXPECT_EQ(Code::kConflict, rekeyed(2, 2, 2)) << "the first change is missing";
  EXPECT_EQ(1, log_in(by_secret('d')).vault_version) << "all or nothing";
  EXPECT_EQ(Code::kOk, rekeyed(1, 1, 2));
  EXPECT_EQ(Code::kOk, rekeyed(1, 1, 2)) << "the same again";
  EXPECT_EQ(1, log_in(by_secret('d')).rekeys);
  auto again = change('d', 'a', 3);
  again.key = {"another key", {"another change"}, 1};
  EXPECT_EQ(Code::kConflict, changed(again).code) << "the number is taken";
  EXPECT_EQ(Code::kOk, rekeyed(1, 3, 3)) << "a change that the server had lost comes again, with the next";
  EXPECT_EQ(3, log_in(by_secret('d')).rekeys);
  auto e = entry(alice_, 'd');
  EXPECT_EQ(3, log_in(e).rekeys);
  EXPECT_EQ("blob with key 3", log_in(e).identity_blob);
  const auto rekeys = under_->rekeys_of("alice");
  ASSERT_EQ(5u, rekeys.size());
  EXPECT_EQ("spki of alice", rekeys[0]);
  EXPECT_EQ("key 3", rekeys[1]);
  EXPECT_EQ("change 1", rekeys[2]);
  EXPECT_EQ("change 3", rekeys[4]);
}

TEST_P(BrokerDevicesContract, ALoginKeepsTheNameThatAPersonGave) {
  const int64_t did = with_secret('d');
  const auto name_now = [&] {
    auto another = entry(alice_, 'z');
    another.max_devices = 1;
    const auto refused = log_in(another);
    EXPECT_EQ(Code::kTooManyDevices, refused.code);
    return refused.devices.empty() ? "" : refused.devices[0].name;
  };
  auto renamed = by_secret('d');
  renamed.device_name = "the client's name";
  log_in(renamed);
  EXPECT_EQ("the client's name", name_now()) << "nobody gave a name";
  under_->give_name(did, "kitchen");
  log_in(renamed);
  EXPECT_EQ("kitchen", name_now()) << "by secret";
  log_in(alice_, 'd');
  EXPECT_EQ("kitchen", name_now()) << "by password";
}

TEST_P(BrokerDevicesContract, ADeletedAccountLeavesItsNameAndNothingElse) {
  const int64_t d = with_secret('d'), e = with_secret('e');
  under_->remove_device(with_secret('f'));
  const int64_t mailbox = under_->mailbox_of("alice");
  under_->queue_message({d, e});
  under_->add_contacts(alice_, signed_up("bob"));
  EXPECT_FALSE(under_->content_of("alice").empty());
  EXPECT_EQ(1u, under_->queued_for(under_->mailbox_of("bob")).size());
  const broker::DeleteUser asked{alice_, Bytes(16, 'd'), Bytes(32, 'a')};
  const auto code = [&](const broker::DeleteUser& user) {
    const auto done = store().delete_user(user);
    EXPECT_EQ(Code::kOk, done.code());
    return done.ok() ? done->code : Code::kInternal;
  };
  EXPECT_EQ(Code::kBadCredentials, code({alice_, Bytes(16, 'd'), Bytes(32, 'w')}));
  EXPECT_EQ(Code::kBadCredentials, code({alice_, Bytes(16, 'd'), Bytes(32, '\0')}));
  EXPECT_EQ(Code::kDeviceEnded, code({alice_, Bytes(16, 'f'), Bytes(32, 'a')}));
  EXPECT_EQ(Code::kOk, code_of(by_secret('d'))) << "nothing changed";
  for (int i = 0; i < 2; ++i) {
    const auto done = store().delete_user(asked);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(Code::kOk, done->code) << "the same again";
    EXPECT_EQ((std::vector<int64_t>{mailbox, d, e}), done->dids);
  }
  EXPECT_TRUE(under_->content_of("alice").empty());
  EXPECT_TRUE(under_->devices_of("alice").empty());
  EXPECT_TRUE(under_->queued_for(under_->mailbox_of("bob")).empty()) << "nobody counts an unanswered message any more";
  const auto login = row("alice", 'f');
  EXPECT_EQ(0, login->uid) << "as for a name that nobody has";
  EXPECT_EQ(Bytes(32, '\0'), login->verifier);
  EXPECT_FALSE(login->device_known);
  EXPECT_FALSE(login->device_ended);
  EXPECT_EQ(Code::kNameTaken, store().sign_up(person("alice")).code());
  EXPECT_EQ(Code::kBadCredentials, code_of(by_secret('d'))) << "a login under way";
  EXPECT_EQ(Code::kBadCredentials, code_of(entry(alice_, 'd')));
  EXPECT_EQ(Code::kBadCredentials, changed(change('e', 'n')).code) << "a change of the password under way";
  EXPECT_FALSE(store().adopt_queue(alice_, e)->more);
}

TEST_P(BrokerDevicesContract, AnAdminHandsTheGroupsOverBeforeTheAccountEnds) {
  with_secret('d');
  const int64_t bob = signed_up("bob");
  under_->make_group("zebra", {alice_, bob});
  under_->make_group("apple", {alice_, bob});
  under_->make_group("alone", {alice_});
  under_->make_group("of-bob", {bob, alice_});
  const broker::DeleteUser asked{alice_, Bytes(16, 'd'), Bytes(32, 'a')};
  const auto refused = store().delete_user(asked);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(Code::kOwnsGroups, refused->code);
  EXPECT_EQ((std::vector<std::string>{"apple", "zebra"}), refused->groups);
  EXPECT_EQ(4u, under_->groups_of(alice_).size()) << "all or nothing";
  EXPECT_EQ(Code::kOk, code_of(by_secret('d')));
}

TEST_P(BrokerDevicesContract, ADeletedUserLeavesTheGroups) {
  with_secret('d');
  const int64_t bob = signed_up("bob");
  under_->make_group("alone", {alice_});
  under_->make_group("of-bob", {bob, alice_});
  ASSERT_EQ(Code::kOk, store().delete_user({alice_, Bytes(16, 'd'), Bytes(32, 'a')})->code);
  EXPECT_TRUE(under_->groups_of(alice_).empty());
  EXPECT_EQ(std::vector<std::string>{"of-bob"}, under_->groups_of(bob));
  EXPECT_FALSE(under_->has_group("alone"));
  EXPECT_TRUE(under_->has_group("of-bob"));
}

TEST_P(BrokerDevicesContract, ASecretIsKeptAsItsHashAndLogsIn) {
  const int64_t did = with_secret('d');
  const auto r = row("alice", 'd');
  EXPECT_TRUE(r->device_known);
  EXPECT_EQ(hash_of('d'), r->secret_hash);
  EXPECT_FALSE(row("alice", 'e')->device_known);
  const auto entered = log_in(by_secret('d'));
  EXPECT_EQ(Code::kOk, entered.code);
  EXPECT_EQ(did, entered.did);
  EXPECT_EQ(2, entered.session_epoch);
  EXPECT_FALSE(entered.is_new);
  EXPECT_TRUE(entered.identity_blob.empty());
  EXPECT_EQ(Bytes("vault\0of alice", 14), entered.vault);
  EXPECT_EQ(1, entered.vault_version);
}

TEST_P(BrokerDevicesContract, ALogInWithoutASecretLeavesTheStoredOneAndANewOneTakesItsPlace) {
  with_secret('d');
  log_in(alice_, 'd');
  EXPECT_EQ(hash_of('d'), row("alice", 'd')->secret_hash);
  auto e = entry(alice_, 'd');
  e.secret_hash = hash_of('x');
  log_in(e);
  EXPECT_EQ(hash_of('x'), row("alice", 'd')->secret_hash);
  EXPECT_EQ(Code::kPasswordNeeded, code_of(by_secret('d')));
}

TEST_P(BrokerDevicesContract, NothingEntersThatIsNotTrueAnyMore) {
  with_secret('d');
  log_in(alice_, 'e');
  EXPECT_EQ(Code::kPasswordNeeded, code_of(by_secret('e'))) << "it has no secret";
  EXPECT_EQ(Code::kBadCredentials, code_of(by_secret('f'))) << "no such device";
  auto e = entry(alice_, 'd');
  e.verifier = Bytes(32, 'x');
  EXPECT_EQ(Code::kBadCredentials, code_of(e)) << "the password is another by now";
  EXPECT_EQ(Code::kBadCredentials, code_of({alice_, Bytes(16, 'd'), "laptop"})) << "nothing was verified";
}

TEST_P(BrokerDevicesContract, ARemovedDeviceNeverEntersAgain) {
  const int64_t did = with_secret('d');
  with_secret('e');
  under_->remove_device(did);
  const auto r = row("alice", 'd');
  EXPECT_FALSE(r->device_known);
  EXPECT_TRUE(r->device_ended);
  EXPECT_TRUE(r->secret_hash.empty());
  EXPECT_FALSE(row("alice", 'e')->device_ended);
  EXPECT_EQ(Code::kDeviceEnded, code_of(by_secret('d')));
  EXPECT_EQ(Code::kDeviceEnded, code_of(entry(alice_, 'd')));
  EXPECT_EQ(1u, under_->devices_of("alice").size());
  const int64_t bob = signed_up("bob");
  EXPECT_EQ(Code::kOk, code_of(entry(bob, 'd'))) << "another user's device of the same id";
}

TEST_P(BrokerDevicesContract, TheAddressIsThatOfTheFirstLogIn) {
  auto e = entry(alice_, 'd');
  e.address = "192.0.2.7";
  log_in(e);
  e.address = "192.0.2.8";
  log_in(e);
  e.device = Bytes(16, 'e');
  e.max_devices = 1;
  const auto refused = log_in(e);
  EXPECT_EQ(Code::kTooManyDevices, refused.code);
  ASSERT_EQ(1u, refused.devices.size());
  EXPECT_EQ(Bytes(16, 'd'), refused.devices[0].device);
  EXPECT_EQ("laptop", refused.devices[0].name);
  EXPECT_EQ("192.0.2.7", refused.devices[0].address);
}

TEST_P(BrokerDevicesContract, OfTooManyDevicesOneIsReplaced) {
  const int64_t d = with_secret('d'), e = with_secret('e');
  const int64_t waiting = under_->queue_message({e});
  auto third = entry(alice_, 'f');
  third.max_devices = 2;
  EXPECT_EQ(Code::kTooManyDevices, code_of(third));
  third.replaces = Bytes(16, 'q');
  EXPECT_EQ(Code::kTooManyDevices, code_of(third)) << "none of hers";
  EXPECT_EQ((Mids{d, e}), under_->devices_of("alice"));
  third.replaces = Bytes(16, 'd');
  const auto entered = log_in(third);
  EXPECT_EQ(Code::kOk, entered.code);
  EXPECT_EQ(d, entered.replaced.did);
  EXPECT_EQ((Mids{e, entered.did}), under_->devices_of("alice"));
  EXPECT_TRUE(row("alice", 'd')->device_ended);
  adopt(alice_, entered.did);
  EXPECT_EQ((Mids{waiting}), under_->queued_for(entered.did));
}

TEST_P(BrokerDevicesContract, WhatTheOnlyDeviceHadQueuedGoesToTheOneThatReplacesIt) {
  const int64_t d = with_secret('d');
  const int64_t waiting = under_->queue_message({d});
  auto other = entry(alice_, 'e');
  other.max_devices = 1;
  other.replaces = Bytes(16, 'd');
  const auto entered = log_in(other);
  EXPECT_EQ(d, entered.replaced.did);
  adopt(alice_, entered.did);
  EXPECT_EQ((Mids{waiting}), under_->queued_for(entered.did));
}

TEST_P(BrokerDevicesContract, NothingIsReplacedWhileThereIsRoom) {
  const int64_t d = with_secret('d');
  auto e = entry(alice_, 'e');
  e.replaces = Bytes(16, 'd');
  const auto entered = log_in(e);
  EXPECT_EQ(0, entered.replaced.did);
  EXPECT_EQ((Mids{d, entered.did}), under_->devices_of("alice"));
}

TEST_P(BrokerDevicesContract, NewDevicesAnHourAreCountedWithThoseThatEnded) {
  const int64_t d = with_secret('d');
  with_secret('e');
  under_->remove_device(d);
  auto f = entry(alice_, 'f');
  f.new_an_hour = 2;
  const auto refused = log_in(f);
  EXPECT_EQ(Code::kThrottled, refused.code);
  EXPECT_GT(refused.retry_ms, 0);
  EXPECT_LE(refused.retry_ms, 3'600'000);
  EXPECT_EQ(Code::kOk, code_of(by_secret('e'))) << "a known one is not asked";
  under_->age_devices(3'600'001);
  EXPECT_EQ(Code::kOk, code_of(f));
}

TEST_P(BrokerDevicesContract, ALongQueueIsAdoptedInSlices) {
  const int64_t d = with_secret('d');
  std::vector<int64_t> mids, mail;
  for (int i = 0; i < 1'100; ++i) mids.push_back(under_->queue_message({d}));
  for (int i = 0; i < 150; ++i) mail.push_back(under_->queue_message({under_->mailbox_of("alice")}));
  mids.insert(mids.end(), mail.begin(), mail.end());
  const auto e = log_in(alice_, 'e');
  EXPECT_TRUE(under_->queued_for(e.did).empty()) << "entering copies nothing";
  int slices = 1;
  while (store().adopt_queue(alice_, e.did)->more) {
    ++slices;
    ASSERT_LT(slices, 2'000);
    if (slices != 3) continue;
    EXPECT_TRUE(log_in(alice_, 'e').is_new) << "it stands where it stood, and goes on";
  }
  EXPECT_GE(slices, 4);
  EXPECT_EQ(mids, under_->queued_for(e.did));
  EXPECT_EQ(mids, under_->queued_for(d));
  EXPECT_FALSE(log_in(alice_, 'e').is_new);
}

TEST_P(BrokerDevicesContract, AnotherPasswordTakesTheSecretsOfTheOtherDevices) {
  const int64_t d = with_secret('d'), e = with_secret('e');
  const auto stored = changed(change('d', 'n'));
  EXPECT_EQ(Code::kOk, stored.code);
  ASSERT_EQ(1u, stored.others.size());
  EXPECT_EQ(e, stored.others[0].did);
  EXPECT_EQ(2, stored.others[0].session_epoch);
  EXPECT_EQ(Bytes(32, 'n'), row("alice")->verifier);
  EXPECT_EQ(Code::kPasswordNeeded, code_of(by_secret('e')));
  EXPECT_EQ(Code::kBadCredentials, code_of(entry(alice_, 'e'))) << "verified by the old password";
  const auto mine = log_in(by_secret('d'));
  EXPECT_EQ(Code::kOk, mine.code);
  EXPECT_EQ(d, mine.did);
  EXPECT_EQ("another vault", mine.vault);
  EXPECT_EQ(2, mine.vault_version);
  auto again = entry(alice_, 'e');
  again.verifier = Bytes(32, 'n');
  const auto entered = log_in(again);
  EXPECT_EQ(Code::kOk, entered.code);
  EXPECT_EQ(3, entered.session_epoch) << "sessions from before stay below";
  EXPECT_EQ("blob under n", entered.identity_blob);
}

TEST_P(BrokerDevicesContract, AnotherPasswordNeedsTheOldOneAndTheVaultAsItWas) {
  with_secret('d');
  auto wrong = change('d', 'n');
  wrong.old_verifier = Bytes(32, 'w');
  EXPECT_EQ(Code::kBadCredentials, changed(wrong).code);
  EXPECT_EQ(Code::kConflict, changed(change('d', 'n', 3)).code);
  EXPECT_EQ(Code::kDeviceEnded, changed(change('q', 'n')).code) << "no device of hers";
  EXPECT_EQ(Bytes(32, 'a'), row("alice")->verifier);
  EXPECT_EQ(Code::kOk, code_of(by_secret('d')));
}

TEST_P(BrokerDevicesContract, TheSameChangeAgainIsASuccessThatTakesNothingAnew) {
  with_secret('d');
  const int64_t e = with_secret('e');
  with_secret('f');
  changed(change('d', 'n'));
  auto entered = entry(alice_, 'f');
  entered.verifier = Bytes(32, 'n');
  entered.secret_hash = hash_of('f');
  log_in(entered);
  const auto stored = changed(change('d', 'n'));
  EXPECT_EQ(Code::kOk, stored.code);
  ASSERT_EQ(1u, stored.others.size()) << "f has logged in with the new one";
  EXPECT_EQ(e, stored.others[0].did);
  EXPECT_EQ(2, stored.others[0].session_epoch);
  EXPECT_EQ(Code::kOk, code_of(by_secret('f')));
  EXPECT_EQ(Code::kBadCredentials, changed(change('d', 'o')).code) << "another one by the old password";
}

}  // namespace fastchat::test
