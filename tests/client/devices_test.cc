// Devices and RestoredServer: notices to the user about the account's devices, and about a server that lost data.
#include "client/login/devices.h"

#include "client/login/restored_server.h"
#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DevicesTest : public RoomsFixture {
 protected:
  DevicesTest() {
    turn_.add(devices_);
    live();
  }
  // Answers the open request with these devices, each named by a letter.
  void answer(const std::string& letters) {
    uint64_t request = 0;
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_get_devices()) request = frame.request();
    }
    ASSERT_NE(request, 0u);
    feed(request, [&](auto& f) {
      f.mutable_devices();
      for (const char c : letters) {
        v1::Device& d = *f.mutable_devices()->add_devices();
        d.set_device(c == 'm' ? account_->profile().device : Bytes(16, c));
        d.set_name(std::string(1, c));
        d.set_created_ms(1'000);
      }
    });
  }
  void lists(const std::string& letters) {
    devices_.attached();
    answer(letters);
    turn_.run();
  }

  Devices devices_{turn_, server_, store_->devices(), *account_, notices_};
  RestoredServer restored_{server_, pins_, groups_, notices_};
};

TEST_F(DevicesTest, TheFirstListIsTakenAsItStands) {
  lists("ma");
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(*devices_.known(), SizeIs(2));
  EXPECT_TRUE((*devices_.known())[0].this_one || (*devices_.known())[1].this_one);
}

TEST_F(DevicesTest, ANewDeviceAndOneThatIsGoneGetALine) {
  lists("ma");
  lists("mab");
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("a new device logged in: b"), HasSubstr("notice: a new device")));
  lists("mb");
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("one of your devices was removed: a"), HasSubstr("notice:")));
  lists("mb");
  EXPECT_THAT(heard_.take(), IsEmpty());
}

// The first list did not reach the disk. The next list counts as the first, and the user is not told that his own
// devices are new.
TEST_F(DevicesTest, AFirstListThatIsNotOnDiskIsTakenOnceMore) {
  devices_.attached();
  answer("mab");
  refuse_turn();
  EXPECT_FALSE(account_->profile().devices_known);
  EXPECT_TRUE(account_->unlocked());
  live();
  lists("mab");
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(*devices_.known(), SizeIs(3));
}

TEST_F(DevicesTest, ManyAtOnceAreOneLine) {
  lists("m");
  lists("mabcdefghi");
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("9 new devices logged in"), HasSubstr("notice:")));
}

TEST_F(DevicesTest, ADeviceIsNamedBy32HexDigits) {
  std::vector<Code> codes;
  devices_.remove("xyz", [&](const Result<>& r) { codes.push_back(r.code()); });
  turn_.run();
  EXPECT_THAT(codes, ElementsAre(Code::kLocalUsage));
}

TEST_F(DevicesTest, ADeviceGetsANameOfOneVisibleLine) {
  worker_version_ = 3;
  live();
  lists("ma");
  std::vector<Code> codes;
  const auto rename = [&](const std::string& id, const std::string& name) {
    devices_.rename(id, name, [&](const Result<>& r) { codes.push_back(r.code()); });
    turn_.run();
  };
  const std::string id = to_hex(Bytes(16, 'a'));
  rename("xyz", "kitchen");
  rename(id, "");
  rename(id, " \t\n");
  rename(id, "\xe2\x80\x8b");
  rename(id, std::string(129, 'n'));
  EXPECT_THAT(codes, ElementsAre(Code::kLocalUsage, Code::kLocalUsage, Code::kLocalUsage, Code::kLocalUsage,
                                 Code::kLocalUsage));
  rename(id, " the\nkitchen\x1b[31m ");
  uint64_t request = 0;
  for (const v1::ClientFrame& frame : asks()) {
    if (!frame.has_rename_device()) continue;
    request = frame.request();
    EXPECT_EQ(frame.rename_device().device(), Bytes(16, 'a'));
    EXPECT_EQ(frame.rename_device().name().find_first_of("\n\x1b"), std::string::npos);
  }
  ASSERT_NE(request, 0u);
  codes.clear();
  feed(request, [](auto& f) { f.mutable_device_renamed(); });
  turn_.run();
  EXPECT_THAT(codes, ElementsAre(Code::kOk));
}

TEST_F(DevicesTest, AnOlderServerIsNotAskedToRename) {
  worker_version_ = 2;
  live();
  std::vector<Code> codes;
  devices_.rename(to_hex(Bytes(16, 'a')), "kitchen", [&](const Result<>& r) { codes.push_back(r.code()); });
  turn_.run();
  EXPECT_THAT(codes, ElementsAre(Code::kUnsupportedVersion));
  for (const v1::ClientFrame& frame : asks()) EXPECT_FALSE(frame.has_rename_device());
}

TEST_F(DevicesTest, WhoRemovesADeviceIsNotToldOfIt) {
  lists("ma");
  std::vector<bool> done;
  devices_.remove(to_hex(Bytes(16, 'a')), [&](const Result<>& r) { done.push_back(r.ok()); });
  uint64_t request = 0;
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_remove_device()) request = frame.request();
  }
  feed(request, [](auto& f) { f.mutable_device_removed(); });
  turn_.run();
  EXPECT_THAT(done, ElementsAre(true));
  lists("m");
  EXPECT_THAT(heard_.take(), IsEmpty());
}

TEST_F(DevicesTest, AServerThatLostPeopleAndGroupsIsNamed) {
  has_group("team");
  restored_.before_login();
  restored_.on_restored(3, 7);
  std::vector<v1::ClientFrame> asked = asks();
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("version 3, this device knew 7"), HasSubstr("notice:")));
  for (const v1::ClientFrame& frame : asked) {
    if (frame.has_list_groups()) feed(frame.request(), [](auto& f) { f.mutable_groups(); });
    if (frame.has_get_users()) feed(frame.request(), [](auto& f) { f.mutable_users(); });
  }
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("does not know you as a member of #team"), HasSubstr("notice:"),
                                         HasSubstr("does not know bob"), HasSubstr("notice:")));
}

}  // namespace
}  // namespace fastchat::client
