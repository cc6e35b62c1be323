// Picking a message and acting on it; the message that a command applies to.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/info_rows.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using tui::Key;
using tui::KeyKind;

class Cursor : public PagesTest {
 protected:
  Cursor() {
    add("bob", "lunch? https://soup.example/menu", "b1", 0);
    add("alice", "yes", "a1", 7);
    add("carol", "me too", "c1", 0);
    page.chat("#team"_peer);
    fake.asked.clear();
  }
  client::ChatMessage& add(const std::string& from, const std::string& text, const std::string& id, uint64_t ref) {
    fake.history.push_back(message("#team", from, text, ref));
    fake.history.back().id = id;
    return fake.history.back();
  }
  // Adds a message of another user while this user is busy.
  void arrives(const std::string& from, const std::string& text, const std::string& id) {
    page.hear(tui::MessageAdded{add(from, text, id, 0)});
  }
  void up(int times = 1) {
    for (int i = 0; i < times; ++i) page.press({KeyKind::kUp});
  }
  std::string shown() { return screen(page); }
  std::string last() const { return fake.asked.empty() ? "" : fake.asked.back(); }

  tui::KeyTable keys;
  tui::MainPage page{fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
                     fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
};

TEST_F(Cursor, UpOnAnEmptyLinePicksAndDownComesBackToTheLine) {
  EXPECT_THAT(shown(), Not(HasSubstr("▸")));
  up();
  EXPECT_THAT(shown(), AllOf(HasSubstr("▸carol: me too"), HasSubstr("r reply"), Not(HasSubstr("e edit"))));
  up();
  EXPECT_THAT(shown(), AllOf(HasSubstr("▸me: yes"), HasSubstr("e edit"), HasSubstr("d delete")));
  up();
  up();
  EXPECT_THAT(shown(), AllOf(HasSubstr("▸bob: lunch?"), HasSubstr("o open"))) << "stays at the oldest";
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kDown});
  EXPECT_THAT(shown(), AllOf(Not(HasSubstr("▸")), HasSubstr("│>")));
  enter(page, "hello");
  EXPECT_EQ(last(), "send #team hello");
}

TEST_F(Cursor, ThePickedMessageStaysPickedWhateverArrives) {
  up(3);
  for (int i = 0; i < 40; ++i) arrives("dave", "noise " + std::to_string(i), "d" + std::to_string(i));
  EXPECT_THAT(shown(), HasSubstr("▸bob: lunch?")) << "and stays in sight";
  type(page, "r");
  EXPECT_THAT(shown(), HasSubstr("reply to bob: lunch?"));
  enter(page, "which soup?");
  EXPECT_EQ(last(), "reply #team b1 which soup?");
  EXPECT_THAT(shown(), HasSubstr("noise 39")) << "where the answer will stand";
}

TEST_F(Cursor, ACommandAppliesToTheMessageThatWasNewestWhenItWasBegun) {
  type(page, "/reply of course");
  EXPECT_THAT(shown(), HasSubstr("reply to carol: me too"));
  arrives("dave", "the cluster burns", "d1");
  EXPECT_THAT(shown(), HasSubstr("reply to carol: me too"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "reply #team c1 of course");
  EXPECT_THAT(shown(), Not(HasSubstr("reply to")));
  type(page, "/react ");
  arrives("eve", "no", "e1");
  enter(page, "+1");
  EXPECT_EQ(last(), "react d1 +1");
  type(page, "/edit ");
  page.hear(tui::MessageAdded{add("alice", "from my other device", "a2", 8)});
  enter(page, "no, thanks");
  EXPECT_EQ(last(), "edit a1 no, thanks");
}

TEST_F(Cursor, ACommandTypedWhileAMessageIsPickedAppliesToIt) {
  up(3);
  page.press({KeyKind::kCharacter, U'/'});
  type(page, "react +1");
  EXPECT_THAT(shown(), HasSubstr("react to bob: lunch?"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "react b1 +1");
}

TEST_F(Cursor, AnotherConversationHasItsOwnTarget) {
  fake.history.push_back(message("bob", "bob", "elsewhere"));
  fake.history.back().id = "x1";
  fake.saved["draft:bob"] = "/reply ";
  up(3);
  page.press({KeyKind::kCharacter, U'h'});  // the line was begun on the message of #team
  page.chat("bob"_peer);
  EXPECT_THAT(shown(), HasSubstr("reply to bob: elsewhere"));
}

TEST_F(Cursor, WhatWasWrittenBecomesTheAnswerOrWaitsBehindTheChange) {
  type(page, "with salad");
  page.press({KeyKind::kUp, 0, true});
  type(page, "r");
  EXPECT_THAT(shown(), HasSubstr("> /reply with salad"));
  page.press({KeyKind::kEscape});
  EXPECT_THAT(shown(), AllOf(HasSubstr("> with salad"), Not(HasSubstr("reply to"))));
  page.press({KeyKind::kUp, 0, true});
  page.press({KeyKind::kUp, 0, true});
  type(page, "e");
  EXPECT_THAT(shown(), AllOf(HasSubstr("> /edit yes"), HasSubstr("edit: me: yes")));
  EXPECT_EQ(fake.saved["aside:#team"], "with salad") << "also after kill -9";
  enter(page, ", please");
  EXPECT_EQ(last(), "edit a1 yes, please");
  EXPECT_THAT(shown(), HasSubstr("> with salad"));
  EXPECT_EQ(fake.saved["aside:#team"], "");
}

TEST_F(Cursor, AnAnswerUnderWayGoesToAnotherMessageOrWaitsWithoutItsCommand) {
  up(3);
  type(page, "rfor bob");
  page.press({KeyKind::kUp, 0, true});
  type(page, "r");
  EXPECT_THAT(shown(), AllOf(HasSubstr("> /reply for bob"), HasSubstr("reply to carol: me too")));
  page.press({KeyKind::kUp, 0, true});
  page.press({KeyKind::kUp, 0, true});
  type(page, "e");
  EXPECT_THAT(shown(), HasSubstr("> /edit yes"));
  page.press({KeyKind::kUp, 0, true});
  type(page, "r");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Finish the change")) << "nothing that was changed is lost";
  page.press({KeyKind::kEscape});
  EXPECT_THAT(shown(), HasSubstr("> /edit yes"));
  page.press({KeyKind::kEscape});
  EXPECT_THAT(shown(), AllOf(HasSubstr("> for bob"), Not(HasSubstr("/reply")))) << "no answer to a wrong message";
}

TEST_F(Cursor, EditingKeysAndPastesLeaveThePicking) {
  type(page, "abc");
  page.press({KeyKind::kUp, 0, true});
  page.press({KeyKind::kBackspace});
  EXPECT_THAT(shown(), HasSubstr("> ab"));
  page.press({KeyKind::kUp, 0, true});
  Key paste{KeyKind::kPaste};
  paste.text = "1\n2\n3\n4\n5\n6\n7";
  page.press(paste);
  EXPECT_THAT(shown(), HasSubstr("Paste 7 lines"));
}

TEST_F(Cursor, APickThatIsOutOfMemoryIsOver) {
  for (int i = 1; i <= 1000; ++i) add("bob", "number " + std::to_string(i), "n" + std::to_string(i), 0);
  page.chat("#team"_peer, 100);
  shown();
  up();
  EXPECT_THAT(shown(), HasSubstr("▸"));
  page.press({KeyKind::kEnd});
  EXPECT_THAT(shown(), AllOf(Not(HasSubstr("▸")), HasSubstr("number 1000")));
  page.hear(tui::MessageAdded{add("alice", "mine", "a9", 9)});
  EXPECT_THAT(shown(), HasSubstr("me: mine")) << "what one writes is followed";
}

TEST_F(Cursor, AClickChangesNothingUnderAListThatIsOpen) {
  fake.people = {{"#team"_peer, 3, 0, 0}, {"dave"_peer, 1, 0, 0}};
  page.hear(tui::GroupChanged{"team"});
  shown();
  up();
  type(page, "+");
  page.press({KeyKind::kClick, 0, false, 3, 3});
  EXPECT_EQ(page.peer(), "#team"_peer);
}

TEST_F(Cursor, EscapeGivesAChangeUpAndNeverLosesWhatWaits) {
  type(page, "with salad");
  page.press({KeyKind::kUp, 0, true});
  page.press({KeyKind::kUp, 0, true});
  type(page, "e");
  page.press({KeyKind::kEscape});
  EXPECT_THAT(shown(), HasSubstr("> with salad"));
  EXPECT_TRUE(fake.asked.empty()) << "no menu, no change";
}

TEST_F(Cursor, TheTargetOutlivesTheConversationTheProgramAndAFailure) {
  up(3);
  type(page, "rsoon");
  page.chat("bob"_peer);
  page.chat("#team"_peer);
  EXPECT_THAT(shown(), AllOf(HasSubstr("> /reply soon"), HasSubstr("reply to bob: lunch?")));
  page.keep_drafts();
  tui::MainPage again{fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
                      fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
  again.chat("#team"_peer);
  EXPECT_THAT(screen(again), AllOf(HasSubstr("> /reply soon"), HasSubstr("reply to bob: lunch?")));
  again.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "reply #team b1 soon");
  again.hear(tui::SendFailed{"#team"_peer, "/reply soon", "b1", err(Code::kBusy, "not now")});
  EXPECT_THAT(screen(again), HasSubstr("reply to bob: lunch?"));
}

TEST_F(Cursor, DeletingNamesTheMessageAndOnlyYDeletes) {
  up(2);
  type(page, "d");
  arrives("dave", "noise", "d1");
  EXPECT_THAT(shown(), HasSubstr("Delete for everybody: me: yes? y n"));
  page.press({KeyKind::kWheelUp});
  EXPECT_THAT(shown(), HasSubstr("Delete")) << "the wheel scrolls, and is no answer";
  type(page, "n");
  EXPECT_THAT(shown(), Not(HasSubstr("Delete")));
  EXPECT_TRUE(fake.toasts.empty());
  for (const Key& other : {Key{KeyKind::kEnter}, Key{KeyKind::kClick}, Key{KeyKind::kCharacter, 'x'}}) {
    up(3);
    type(page, "d");
    ASSERT_THAT(shown(), HasSubstr("Delete"));
    page.press(other);
    EXPECT_THAT(shown(), AllOf(Not(HasSubstr("Delete")), HasSubstr("│>"))) << "no key is a trap";
    EXPECT_EQ(fake.toasts.back(), "Nothing was deleted: only Y says yes.");
    fake.toasts.clear();
    EXPECT_EQ(last(), "read #team");
  }
  up(3);
  type(page, "dY");
  EXPECT_EQ(last(), "erase a1");
}

TEST_F(Cursor, NobodyChangesWhatOthersWroteOrWhatIsGone) {
  up();
  type(page, "e");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("e edit"));
  type(page, "d");
  EXPECT_TRUE(fake.asked.empty());
  auto gone = fake.history[2];
  gone.text.clear();
  gone.deleted = true;
  page.hear(tui::MessageChanged{gone});
  type(page, "r");
  EXPECT_THAT(shown(), Not(HasSubstr("reply to")));
}

TEST_F(Cursor, ReactionsAreFoundByName) {
  up(3);
  type(page, "+");
  EXPECT_THAT(shown(), AllOf(HasSubstr("React to bob: lunch?"), HasSubstr("👍")));
  type(page, "rocket");
  EXPECT_THAT(shown(), HasSubstr("> 🚀 rocket"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "react b1 🚀");
  up(3);
  type(page, "+xyzzy");
  EXPECT_THAT(shown(), HasSubstr("No emoji has such a name."));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "react b1 🚀");
}

TEST_F(Cursor, CopiesQuotesForwardsAndOpens) {
  up(3);
  type(page, "c");
  EXPECT_EQ(last(), "copy lunch? https://soup.example/menu");
  type(page, "o");
  EXPECT_EQ(last(), "link https://soup.example/menu");
  fake.people = {{"#team"_peer, 3, 0, 0}, {"dave"_peer, 1, 0, 0}};
  type(page, "fdave");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "send dave lunch? https://soup.example/menu");
  up(2);
  type(page, "y");
  EXPECT_THAT(shown(), HasSubstr("> > yes"));
  type(page, "really");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "send #team > yes\nreally");
}

std::string text_of(const std::vector<tui::Row>& rows) {
  std::string out;
  for (const tui::Row& row : rows) {
    for (const tui::Span& span : row) out += span.text;
    out += '\n';
  }
  return out;
}

TEST_F(Cursor, ThePageOfAMessageSaysWhoHasItAndWhoseKeyItIs) {
  client::MessageInfo info;
  info.message = add("alice", "lunch?", "ab12", 9);
  info.message.members = 3;
  info.message.delivered = 2;
  info.message.read = 1;
  info.message.state = client::MessageState::kDelivered;
  info.key = client::MessageInfo::Key::kOwn;
  info.fingerprint = std::string(64, 'f');
  info.read_by = {"bob"};
  const std::string mine = text_of(tui::info_rows(info));
  EXPECT_THAT(mine, AllOf(HasSubstr("alice (you)"), HasSubstr("2 of 3 members have it, 1 have read it"),
                          HasSubstr("Read by      bob"), HasSubstr("your own key"), HasSubstr("ab12")));
  EXPECT_THAT(mine, HasSubstr("Fingerprint  ffff ffff ffff ffff ffff ffff ffff ffff\n             ffff"));
  info.message = fake.history[0];
  info.key = client::MessageInfo::Key::kOther;
  EXPECT_THAT(text_of(tui::info_rows(info)), HasSubstr("another key than the one that you know of bob now"));
  EXPECT_THAT(text_of(tui::info_rows(std::nullopt)), HasSubstr("not on this device any more"));
}

TEST_F(Cursor, InfoOpensThePageOfThePickedMessage) {
  up(2);
  type(page, "i");
  EXPECT_EQ(last(), "open " + std::to_string(static_cast<int>(tui::PageName::kMessageInfo)) + "a1");
}

TEST_F(Cursor, AFileOpensSavesAndIsForwardedOnceItIsHere) {
  auto& file = add("bob", "", "f1", 0);
  file.kind = client::MessageKind::kFile;
  file.file = client::FileView{"cat.png", "image/png", 1'200'000, client::FileView::State::kNone, ""};
  page.hear(tui::MessageAdded{file});
  add("bob", "", "f2", 0).kind = client::MessageKind::kFile;
  fake.history.back().file = client::FileView{"dog.png", "image/png", 9, client::FileView::State::kHere, "/d/dog.png"};
  page.hear(tui::MessageAdded{fake.history.back()});
  up(2);
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "show f1") << "the picked one, not the newest";
  type(page, "s");
  EXPECT_EQ(last(), "save f1 ");
  type(page, "f");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Fetch the file first"));
  page.press({KeyKind::kDown});
  type(page, "fdave");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "file dave /d/dog.png");
}

TEST_F(Cursor, TheMousePicksAMessage) {
  const std::string before = shown();
  const auto row = static_cast<int>(
      std::count(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(before.find("me: yes")), '\n'));
  page.press({KeyKind::kClick, 0, false, 40, row});
  EXPECT_THAT(shown(), HasSubstr("▸me: yes"));
  page.press({KeyKind::kClick, 0, false, 40, 2});
  EXPECT_THAT(shown(), HasSubstr("▸me: yes")) << "nothing is there";
}

TEST_F(Cursor, GoesThroughAllOfALongHistoryAndStaysInSight) {
  fake.history.clear();
  for (int i = 1; i <= 1000; ++i) add("bob", "number " + std::to_string(i), "n" + std::to_string(i), 0);
  page.chat("#team"_peer);
  shown();
  for (int i = 1000; i > 400; --i) {
    up();
    ASSERT_THAT(shown(), HasSubstr("▸bob: number " + std::to_string(i) + "\n"));
  }
  for (int i = 402; i < 700; ++i) {
    page.press({KeyKind::kDown});
    ASSERT_THAT(shown(), HasSubstr("▸bob: number " + std::to_string(i) + "\n"));
  }
  for (int i = 0; i < 12; ++i) {
    page.press({KeyKind::kPageUp});
    ASSERT_THAT(shown(), HasSubstr("▸"));
  }
}

TEST_F(Cursor, EachKeyOfTheHintStandsWithItsWord) {
  up();
  const std::string wide = screen(page, 200, 24);
  std::vector<std::string> items;
  for (const char* key : {"r reply", "e edit", "d delete", "+ react", "c copy", "o open", "y quote", "i info"}) {
    if (wide.find(key) != std::string::npos) items.emplace_back(key);
  }
  ASSERT_THAT(items, testing::Contains("i info"));
  for (int width = 44; width <= 130; ++width) {
    const std::string shown = screen(page, width, 24);
    for (const std::string& key : items) EXPECT_THAT(shown, HasSubstr(key)) << width;
  }
}

TEST_F(Cursor, FitsTheSmallestScreen) {
  for (const auto& [width, height] : {std::pair{44, 12}, {60, 14}, {80, 24}, {200, 50}}) {
    up(3);
    expect_fits(page, width, height);
    type(page, "+");
    expect_fits(page, width, height);
    page.press({KeyKind::kEscape});
    type(page, "r");
    expect_fits(page, width, height);
    EXPECT_THAT(screen(page, width, height), HasSubstr("reply to bob: lunch?"));
    page.press({KeyKind::kEscape});
    up(2);
    type(page, "d");
    expect_fits(page, width, height);
    page.press({KeyKind::kEscape});
  }
}

}  // namespace
}  // namespace fastchat::test
