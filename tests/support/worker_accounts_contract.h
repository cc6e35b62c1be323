// The contract of every worker::Store, further part: names of devices. Include this header after
// worker_store_contract.h, in one source file of a test program, because it defines tests.
#pragma once

#include "tests/support/worker_store_contract.h"

namespace fastchat::test {

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
