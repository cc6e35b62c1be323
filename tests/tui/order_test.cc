// The order of the conversations: pinned, by time or by name, closed, archived; times in the list; no entry for a name
// without a message.
#include "client/tui/chat/conversation_order.h"

#include "client/tui/chat/main_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;
using tui::OrderBy;
using tui::Shelf;

constexpr int64_t kNoon = 1'763'812'800'000;  // Saturday, 22 November 2025, 12:00 UTC
constexpr int64_t kDay = 86'400'000;

class Order : public PagesTest {
 protected:
  Order() {
    fake.people = {{"bob"_peer, 9, 0, 0}, {"Carol"_peer, 8, 0, 0}, {"anna"_peer, 7, 0, 0}, {"#team"_peer, 6, 0, 0}};
    fake.known_groups = {{"team", "0123", 1, "alice", {"alice", "bob"}, true}};
  }
  tui::MainPage make(OrderBy by = OrderBy::kRecent) {
    return {fake.screen,  fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
            fake.desktop, fake.contacts,      fake.settings, keys,        {by}};
  }
  // Returns the peers of the list's rows, in their order: the targets of Alt+1 and the others.
  static std::string numbers(tui::MainPage& page) {
    std::string out;
    client::PeerName before;
    for (const char number : std::string("1234567890")) {
      page.press(tui::alt_key(static_cast<char32_t>(number)));
      if (page.peer() == before) continue;
      before = page.peer();
      out += (out.empty() ? "" : " ") + before.text();
    }
    return out;
  }
  static void in(tui::MainPage& page, const char* peer, const std::string& command) {
    page.chat(client::PeerName(peer));
    enter(page, command);
  }
  tui::KeyTable keys;
};

TEST_F(Order, PinnedOnesStandFirstAndKeepTheirNumber) {
  auto page = make();
  in(page, "anna", "/pin");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("anna is pinned at place 1"));
  in(page, "#team", "/pin");
  page.hear(tui::MessageAdded{message("bob", "bob", "newer")});
  page.hear(tui::MessageAdded{message("dave", "dave", "newest")});
  EXPECT_EQ(numbers(page), "anna #team dave bob Carol");
  EXPECT_THAT(screen(page), HasSubstr("1·anna"));
  EXPECT_THAT(screen(page), HasSubstr("3 dave"));
  in(page, "dave", "/move 1");
  EXPECT_EQ(numbers(page), "dave anna #team bob Carol");
  in(page, "anna", "/move 3");
  EXPECT_EQ(numbers(page), "dave #team anna bob Carol");
  in(page, "#team", "/unpin");
  EXPECT_EQ(numbers(page), "dave anna bob Carol #team") << "it stands where recency puts it";
  fake.people.push_back({"dave"_peer, 11, 0, 0});
  auto another = make();
  EXPECT_EQ(numbers(another), "dave anna bob Carol #team");
}

TEST_F(Order, APlaceMustBeOneThatThereIs) {
  auto page = make();
  for (const char* wrong : {"/move 2", "/move 0", "/move x", "/move 1x", "/move -1"}) {
    in(page, "anna", wrong);
    EXPECT_THAT(fake.toasts.back(), HasSubstr("The place must be 1")) << wrong;
  }
  in(page, "bob", "/pin");
  in(page, "anna", "/move 3");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("a number from 1 to 2"));
  in(page, "anna", "/unpin");
  EXPECT_EQ(fake.toasts.back(), "anna is not pinned.");
  in(page, "nobody", "/pin");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Nothing was written"));
}

TEST_F(Order, TheOthersStandByNameWhenTheSettingSaysSo) {
  auto page = make(OrderBy::kName);
  page.hear(tui::MessageAdded{message("bob", "bob", "newer")});
  EXPECT_EQ(numbers(page), "#team anna bob Carol");
  in(page, "Carol", "/pin");
  EXPECT_EQ(numbers(page), "Carol #team anna bob");
}

TEST_F(Order, AClosedConversationComesBackWithAMessageOrWhenItIsOpened) {
  auto page = make();
  in(page, "bob", "/close");
  EXPECT_TRUE(page.peer().empty());
  EXPECT_EQ(numbers(page), "Carol anna #team");
  page.hear(tui::MessageAdded{message("bob", "bob", "hello")});
  EXPECT_EQ(numbers(page), "bob Carol anna #team");
  in(page, "bob", "/close");
  page.chat("bob"_peer);
  EXPECT_EQ(numbers(page), "bob Carol anna #team");
  EXPECT_EQ(fake.saved["shelf:bob"], "");
}

TEST_F(Order, AnArchivedConversationStaysHiddenIsCountedAndFound) {
  auto page = make();
  in(page, "bob", "/pin");
  in(page, "bob", "/archive");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("not pinned any more"));
  page.hear(tui::MessageAdded{message("bob", "bob", "hello")});
  EXPECT_EQ(page.unread_elsewhere(), 1u);
  EXPECT_EQ(numbers(page), "Carol anna #team");
  page.press(tui::alt_key('k'));
  type(page, "bo");
  EXPECT_THAT(screen(page), HasSubstr("> bob (archived)"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(page.peer(), "bob"_peer);
  EXPECT_THAT(screen(page), HasSubstr("bob (archived)")) << "the title says so";
  page.press(tui::control_key('n'));
  EXPECT_EQ(page.peer(), "Carol"_peer);
  auto another = make();
  EXPECT_EQ(numbers(another), "Carol anna #team");
  enter(another, "/reopen bob");
  EXPECT_EQ(another.peer(), "bob"_peer);
  EXPECT_THAT(screen(another), HasSubstr("1 bob"));
  enter(another, "/reopen bob");
  EXPECT_EQ(fake.toasts.back(), "bob is neither closed nor archived.");
}

TEST_F(Order, AFailedMessageBringsAClosedConversationBack) {
  auto page = make();
  in(page, "bob", "/close");
  ASSERT_THAT(numbers(page), Not(HasSubstr("bob")));
  client::ReceiptEvent receipt;
  receipt.peer = "bob"_peer;
  receipt.state = client::MessageState::kDelivered;
  page.hear(receipt);
  EXPECT_THAT(numbers(page), Not(HasSubstr("bob")));
  receipt.state = client::MessageState::kFailed;
  page.hear(receipt);
  EXPECT_THAT(numbers(page), HasSubstr("bob"));
  in(page, "bob", "/close");
  page.hear(tui::SendFailed{"bob"_peer, "my text", "", err(Code::kBusy, "no")});
  EXPECT_THAT(numbers(page), HasSubstr("bob"));
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), HasSubstr("my text"));
}

TEST_F(Order, AltAGoesToWhatIsArchivedLast) {
  auto page = make();
  in(page, "bob", "/archive");
  page.chat("anna"_peer);
  page.hear(tui::MessageAdded{message("bob", "bob", "one")});
  page.hear(tui::MessageAdded{message("Carol", "Carol", "two")});
  page.press(tui::alt_key('a'));
  EXPECT_EQ(page.peer(), "Carol"_peer);
  page.press(tui::alt_key('a'));
  EXPECT_EQ(page.peer(), "bob"_peer);
}

TEST_F(Order, AMistypedNameLeavesNoEntry) {
  auto page = make();
  enter(page, "/msg anan");
  EXPECT_THAT(screen(page), HasSubstr("1 anan"));
  page.chat("anna"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("anan")));
  enter(page, "/msg anan hello");
  page.hear(tui::SendFailed{"anan"_peer, "hello", "", err(Code::kUnknownUser, "no such user: anan")});
  EXPECT_THAT(screen(page), HasSubstr("> hello")) << "the text is not lost";
  EXPECT_THAT(screen(page), Not(HasSubstr("1 anan")));
  page.hear(tui::GroupChanged{"team"});
  EXPECT_THAT(screen(page), Not(HasSubstr("1 anan")));
}

TEST_F(Order, AnEntryStaysForADraftAndForAMessage) {
  auto page = make();
  page.chat("new"_peer);
  type(page, "half a tho");
  page.chat("anna"_peer);
  EXPECT_THAT(screen(page), HasSubstr("1 new"));
  page.chat("new"_peer);
  page.press(tui::control_key('u'));
  page.hear(tui::MessageAdded{message("new", "alice", "hello", 5)});
  page.chat("anna"_peer);
  EXPECT_THAT(screen(page), HasSubstr("1 new"));
}

TEST_F(Order, APinFollowsAGroupThatIsRenamed) {
  auto page = make();
  in(page, "#team", "/pin");
  fake.known_groups[0].name = "crew";
  fake.people[3].peer = "#crew"_peer;
  fake.saved["pin:#crew"] = std::exchange(fake.saved["pin:#team"], "");  // as Settings does by the group's id
  page.hear(tui::GroupChanged{"crew"});
  EXPECT_EQ(page.peer(), "#crew"_peer);
  EXPECT_THAT(screen(page), HasSubstr("1·#crew"));
}

TEST_F(Order, TimesOfTheListSayTheDayWhenItIsNotToday) {
  EXPECT_EQ(tui::list_time(kNoon, kNoon + 3'600'000), "12:00");
  EXPECT_EQ(tui::list_time(kNoon, kNoon + 13 * 3'600'000), "Sat") << "it is tomorrow";
  EXPECT_EQ(tui::list_time(kNoon, kNoon + 6 * kDay), "Sat");
  EXPECT_EQ(tui::list_time(kNoon, kNoon + 7 * kDay), "22 Nov");
  EXPECT_EQ(tui::list_time(kNoon, kNoon + 60 * kDay), "Nov 2025");
  EXPECT_EQ(tui::list_time(kNoon + 60'000, kNoon), "12:01") << "a clock that is a minute behind";
  EXPECT_EQ(tui::list_time(0, kNoon), "");
}

TEST_F(Order, ATimeStandsWhereTheNameLeavesRoom) {
  tui::ConversationOrder order(fake.settings, OrderBy::kRecent);
  tui::ConversationList list(order);
  list.set({{"bob"_peer, "lunch?", 9, 2, false, kNoon}, {"bartholomew-the-long"_peer, "", 8, 0, false, kNoon}});
  const std::string shown = tui::plain_text(list.draw(20, 20, {}, kNoon));
  EXPECT_THAT(shown, HasSubstr("1 bob        12:00 2\n"));
  EXPECT_THAT(shown, HasSubstr("2 bartholomew-the-l…\n"));
  for (const auto& row : list.draw(20, 20, {}, kNoon).rows) EXPECT_EQ(tui::width_of(row), 20);
}

}  // namespace
}  // namespace fastchat::test
