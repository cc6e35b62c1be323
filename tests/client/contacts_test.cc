// Contacts: safety numbers, and a changed key that the user accepts or refuses.
#include "client/contacts/contacts.h"

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ContactsTest : public RoomsFixture {
 protected:
  void verify(const std::string& user) {
    contacts_.verify(user, [this](const Result<VerifyInfo>& info) {
      found_.push_back(!info.ok() ? info.error().text : info->changed ? "changed" : "same");
    });
  }
  // Learns another key of bob, as from the server.
  void offered() {
    begin();
    ASSERT_TRUE(pins_.learn("bob", spki(3), 2).ok());
    commit();
  }

  Contacts contacts_{turn_, server_, *account_, pins_, look_ups_, standings_.book(), heard_};
  std::vector<std::string> found_;
};

TEST_F(ContactsTest, AKnownKeyIsComparedWithoutAServer) {
  verify("bob");
  EXPECT_THAT(found_, IsEmpty()) << "from the loop, not from inside the call";
  turn_.run();
  EXPECT_THAT(found_, ElementsAre("same"));
}

TEST_F(ContactsTest, AnUnknownUserIsAskedFor) {
  live();
  verify("carol");
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_get_users()) feed(frame.request(), [](auto& f) { f.mutable_users(); });
  }
  turn_.run();
  EXPECT_THAT(found_, ElementsAre(HasSubstr("carol")));
}

TEST_F(ContactsTest, AnotherKeyIsAcceptedOnce) {
  EXPECT_EQ(contacts_.accept("bob").code(), Code::kNotAllowed) << "nothing is offered";
  offered();
  verify("bob");
  turn_.run();
  EXPECT_THAT(found_, ElementsAre("changed"));
  ASSERT_TRUE(contacts_.accept("bob").ok());
  turn_.run();
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(3));
}

TEST_F(ContactsTest, ADecisionIsToldOnceItIsOnDisk) {
  EXPECT_FALSE(contacts_.keep("bob").ok()) << "nothing is offered";
  turn_.run();
  offered();
  ASSERT_TRUE(contacts_.keep("bob").ok());
  EXPECT_THAT(heard_.trusted, IsEmpty());
  turn_.run();
  ASSERT_TRUE(contacts_.mark_verified("bob").ok());
  turn_.run();
  EXPECT_THAT(heard_.trusted, ElementsAre("bob", "bob"));
}

TEST_F(ContactsTest, EverybodysKeyIsListed) {
  ASSERT_EQ(contacts_.all().size(), 1u);
  EXPECT_EQ(contacts_.all()[0].user, "bob");
  EXPECT_EQ(contacts_.all()[0].trust, static_cast<int>(Trust::kFirstContact));
  EXPECT_FALSE(contacts_.all()[0].changed);
  ASSERT_TRUE(contacts_.mark_verified("bob").ok());
  EXPECT_EQ(contacts_.all()[0].trust, static_cast<int>(Trust::kVerified));
  turn_.run();
  offered();
  EXPECT_TRUE(contacts_.all()[0].changed);
}

TEST_F(ContactsTest, ARefusedKeyIsNotOfferedAgain) {
  offered();
  ASSERT_TRUE(contacts_.keep("bob").ok());
  turn_.run();
  offered();
  EXPECT_TRUE(pins_.get("bob")->offered_spki.empty());
}

TEST_F(ContactsTest, AWordThatIsNotOnDiskIsTakenBack) {
  offered();
  ASSERT_TRUE(contacts_.accept("bob").ok());
  refuse_turn();
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(1));
  EXPECT_FALSE(pins_.get("bob")->offered_spki.empty());
}

}  // namespace
}  // namespace fastchat::client
