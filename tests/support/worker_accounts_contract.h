// The contract of every worker::Store, further part: names of devices, and deleted users. Include this header after
// worker_store_contract.h, in one source file of a test program, because it defines tests.
#pragma once

#include "tests/support/worker_store_contract.h"

namespace fastchat::test {

TEST_P(WorkerStoreContract, ADeletedUserIsNobodyAndTheQueueGoes) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  EXPECT_THAT(insert({message(1, {b1_, b2}), message(2, {b1_, b2})}), testing::Each(Code::kOk));
  backend_->delete_user(bob_);
  EXPECT_TRUE(look_up({"bob"}).users.empty());
  EXPECT_EQ(std::get<worker::RekeyList>(backend_->reader().run(worker::ListRekeys{1, 2, "bob"})).code,
            Code::kUnknownUser);
  EXPECT_THAT(insert({message(3, {b1_})}), testing::ElementsAre(Code::kUnknownUser)) << "a message on its way";
  EXPECT_THAT(query(alice_, {1}).unknown, testing::ElementsAre(501u)) << "its sender asks, and sends it again";
  EXPECT_NE(std::get<worker::VaultPut>(backend_->writer().run(worker::PutVault{1, 2, bob_, 2, "late"})).code,
            Code::kOk);
  const auto swept = std::get<worker::Swept>(backend_->reader().run(worker::Sweep{{a1_, b1_}, {1, 1}}));
  EXPECT_THAT(swept.gone, testing::ElementsAre(b1_)) << "a session that heard nothing ends";
  EXPECT_EQ(refs(b1_).size(), 2u);
  backend_->sweeper().run(worker::Reap{});
  EXPECT_TRUE(refs(b1_).empty());
  EXPECT_TRUE(refs(b2).empty());
  worker::PutGroup group{.session = 1, .request = 2, .uid = alice_};
  group.group_id = Bytes(32, 'g');
  group.epoch = 1;
  group.name = "team";
  group.admin = "alice";
  group.members = {"alice", "bob"};
  group.state = "state";
  const auto made = std::get<worker::GroupChange>(backend_->writer().run(std::move(group)));
  EXPECT_EQ(made.code, Code::kUnknownUser);
  EXPECT_EQ(made.who, "bob");
}

TEST_P(WorkerStoreContract, GivesADeviceOfTheUserAnotherName) {
  const auto rename = [this](uint64_t uid, char device, const std::string& name) {
    return std::get<worker::DeviceRenamed>(
        backend_->writer().run(worker::RenameDevice{1, 2, uid, Bytes(16, device), name}));
  };
  const auto names = [this] {
    std::vector<std::string> out;
    const auto list = std::get<worker::DeviceList>(backend_->reader().run(worker::ListDevices{1, 2, bob_}));
    for (const auto& d : list.devices) out.push_back(d.name);
    return out;
  };
  backend_->add_device(bob_, 'c');
  const auto done = rename(bob_, 'b',
                           "k\xc3\xbc"
                           "che");
  EXPECT_EQ(done.code, Code::kOk);
  EXPECT_EQ(done.uid, bob_);
  EXPECT_EQ(names()[0],
            "k\xc3\xbc"
            "che");
  EXPECT_EQ(names()[1], "");
  EXPECT_EQ(rename(bob_, 'b', std::string(128, 'n')).code, Code::kOk);
  EXPECT_EQ(rename(alice_, 'b', "mine").code, Code::kUnknownDevice) << "another user's";
  EXPECT_EQ(rename(bob_, '\0', "mailbox").code, Code::kUnknownDevice);
  EXPECT_EQ(rename(bob_, 'x', "nobody's").code, Code::kUnknownDevice);
  EXPECT_EQ(names()[0], std::string(128, 'n'));
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_EQ(rename(bob_, 'b', "gone").code, Code::kUnknownDevice);
}

}  // namespace fastchat::test
