// The forms, menus and lists of the screen, read as text: keys in, a picture out.
#include "tests/tui/pages.h"

#include "client/tui/chat/help_rows.h"
#include "client/tui/pages/devices_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/pages/hints.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/pager_page.h"
#include "client/tui/pages/people_page.h"
#include "client/tui/pages/replace_page.h"
#include "client/tui/pages/search_page.h"
#include "client/tui/pages/verify_page.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;

class Pages : public PagesTest {};

TEST_F(Pages, OneOfTooManyDevicesIsChosenToGo) {
  fake.choices = {{"aa", "laptop", 0, 0, true, false, "192.0.2.7"}, {"bb", "phone", 0, 0, false, false}};
  tui::ReplacePage page(fake.screen, fake.accounts);
  EXPECT_THAT(screen(page), HasSubstr("> laptop, from 192.0.2.7"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_THAT(screen(page), HasSubstr("for ever?"));
  type(page, "n");
  EXPECT_TRUE(fake.asked.empty());
  page.press({KeyKind::kEnter});
  type(page, "y");
  EXPECT_THAT(fake.asked, ElementsAre("replace bb"));
  page.press({KeyKind::kEscape});
  EXPECT_EQ(fake.asked.back(), "give up") << "it is under way";
  page.hear(tui::RequestFailed{err(Code::kBusy, "The server is busy.")});
  EXPECT_THAT(screen(page), HasSubstr("The server is busy."));
  page.press({KeyKind::kEscape});
  EXPECT_EQ(fake.asked.back(), "back");
}

TEST_F(Pages, ALongMenuScrollsInALowWindow) {
  const auto page = tui::main_menu(fake.screen, fake.accounts);
  EXPECT_THAT(screen(*page, 44, 12), Not(HasSubstr("Quit")));
  page->press({KeyKind::kUp});
  EXPECT_THAT(screen(*page, 44, 12), HasSubstr("> q  Quit"));
  page->press({KeyKind::kClick, 0, false, 5, 1});
  EXPECT_EQ(fake.asked.back(), "open " + std::to_string(static_cast<int>(tui::PageName::kRequests)));
}

TEST_F(Pages, TheMenuIsReachedByArrowsLettersAndTheMouse) {
  const auto page = tui::main_menu(fake.screen, fake.accounts);
  EXPECT_THAT(screen(*page), HasSubstr("> d  Direct message"));
  page->press({KeyKind::kUp});
  page->press({KeyKind::kEnter});
  EXPECT_THAT(screen(*page), HasSubstr("Quit?"));
  type(*page, "y");
  EXPECT_EQ(fake.asked.back(), "quit");
  type(*page, "d");
  const std::string people = "open " + std::to_string(static_cast<int>(tui::PageName::kPeople));
  EXPECT_EQ(fake.asked.back(), people);
  fake.asked.clear();
  page->press({KeyKind::kClick, 0, false, 5, 2});
  EXPECT_THAT(fake.asked, ElementsAre(people));
  page->press({KeyKind::kEscape});
  EXPECT_EQ(fake.asked.back(), "back");
}

TEST_F(Pages, APersonIsPickedFromTheListOrTyped) {
  fake.people = {{"bob"_peer, 9, 0, 2}, {"carol"_peer, 8, 0, 0}};
  tui::PeoplePage page(fake.screen, fake.conversations, fake.groups, tui::PeoplePage::Purpose::kPerson);
  EXPECT_THAT(screen(page), HasSubstr("> bob  (2 new)"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "chat carol");
  enter(page, "dave");
  EXPECT_EQ(fake.asked.back(), "chat dave");
}

TEST_F(Pages, SearchFindsShowsWhatIsAroundAndGoesThere) {
  fake.history = {message("bob", "bob", "first"), message("bob", "bob", "a needle in hay"),
                  message("bob", "bob", "after it")};
  tui::SearchPage page(fake.screen, fake.conversations, fake.search, "");
  enter(page, "Needle");
  EXPECT_EQ(fake.asked.back(), "search Needle most 200");
  EXPECT_THAT(screen(page), HasSubstr("Searching ..."));
  page.hear(tui::SearchFound{{{fake.history[1]}, false}});
  EXPECT_THAT(screen(page), HasSubstr("1 found ...")) << "there is more to look through";
  page.hear(tui::SearchFound{{{}, true}});
  const std::string shown = screen(page);
  EXPECT_THAT(shown, HasSubstr("1 found"));
  EXPECT_THAT(shown, Not(HasSubstr("1 found ...")));
  EXPECT_THAT(shown, HasSubstr("bob: a needle in hay"));
  EXPECT_THAT(shown, HasSubstr("after it")) << "the context";
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "chat bob at 2");
}

TEST_F(Pages, ASearchTakesOperatorsAndSaysWhatIsWrongWithThem) {
  tui::SearchPage page(fake.screen, fake.conversations, fake.search, "");
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("from:NAME  from:me  in:NAME  in:#group"));
  enter(page, "from:bob \"a needle\" after:2025-11-22");
  EXPECT_EQ(fake.asked.back(), "search from:bob \"a needle\" after:2025-11-22 most 200");
  page.hear(tui::SearchFound{{{message("#team", "bob", "here is A Needle")}, true}});
  EXPECT_THAT(screen(page), HasSubstr("> 2025-11-22 08:27 #team bob: here is A Needle"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("> 2025-11-22 #team bob: here is A Needle"));
  fake.asked.clear();
  page.press({KeyKind::kHome});
  enter(page, "has:picture ");
  EXPECT_EQ(fake.asked.back(), "stop search");
  EXPECT_THAT(screen(page), HasSubstr("has: takes file or link"));
  EXPECT_THAT(screen(page), Not(HasSubstr("found")));
  expect_fits(page, 44, 12);
}

TEST_F(Pages, AnotherSearchOrLeavingThePageEndsTheOneBefore) {
  {
    tui::SearchPage page(fake.screen, fake.conversations, fake.search, "one");
    EXPECT_THAT(fake.asked, ElementsAre("search one most 200"));
    page.hear(tui::SearchFound{{{message("bob", "bob", "one")}, false}});
    page.press({KeyKind::kHome});
    enter(page, "no");
    EXPECT_EQ(fake.asked.back(), "search noone most 200");
    EXPECT_THAT(screen(page), HasSubstr("0 found ..."));
    page.press(tui::control_key('u'));
    page.press({KeyKind::kEnd});
    page.press(tui::control_key('u'));
    page.press({KeyKind::kEnter});
    EXPECT_EQ(fake.asked.back(), "stop search");
    fake.asked.clear();
  }
  EXPECT_THAT(fake.asked, ElementsAre("stop search"));
}

// A window hears results of the search before until the holder knows of the next one.
TEST_F(Pages, TheFirstResultsOfASearchReplaceThoseOfTheOneBefore) {
  tui::SearchPage page(fake.screen, fake.conversations, fake.search, "late");
  page.hear(tui::SearchFound{{{message("bob", "bob", "old one"), message("bob", "bob", "old two")}, true}, false});
  page.press({KeyKind::kDown});
  page.hear(tui::SearchFound{{{message("bob", "bob", "later")}, false}, true});
  EXPECT_THAT(screen(page), AllOf(HasSubstr("1 found ..."), HasSubstr("bob: later"), Not(HasSubstr("old"))));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "chat bob at 3");
}

TEST_F(Pages, VerifyShowsTheNumberAndMarksItOnlyWhenAsked) {
  tui::VerifyPage page(fake.screen, fake.contacts, "bob");
  client::VerifyInfo info;
  info.user = "bob";
  info.number = {std::string(60, '1'), "11111 22222 33333 44444 55555", "lusab babad", "fastchat:1"};
  page.hear(tui::KeyShown{info});
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("11111 22222 33333 44444"));
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("lusab babad"));
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("█▀")) << "a QR code";
  EXPECT_THAT(fake.asked, ElementsAre("verify bob"));
  type(page, "m");
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("Do both of you see this number? y n"));
  type(page, "a");
  EXPECT_THAT(fake.asked, ElementsAre("verify bob")) << "letters that are typed by mistake mark nothing";
  type(page, "my");
  EXPECT_EQ(fake.asked.back(), "mark bob");
  info.changed = true;
  info.changed_number = info.number;
  page.hear(tui::KeyShown{info});
  type(page, "my");
  EXPECT_EQ(fake.asked.back(), "mark bob") << "a changed key is accepted first, never marked";
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("another key"));
  type(page, "an");
  EXPECT_EQ(fake.asked.back(), "mark bob");
  type(page, "a");
  page.hear(tui::KeyShown{info});
  type(page, "y");
  EXPECT_EQ(fake.asked.back(), "mark bob") << "the key may be another by now";
  type(page, "ay");
  EXPECT_EQ(fake.asked.back(), "accept bob");
  type(page, "k");
  EXPECT_EQ(fake.asked.back(), "keep bob");
}

// A person with a narrow screen reads whole words, and the way back always.
TEST(Hints, EveryHintIsWholePartsOn44Columns) {
  constexpr int kColumns = 43;  // a blank stands before a hint
  for (const char* text : tui::hint::kAll) {
    const std::string hint = text;
    const std::string last = hint.substr(hint.rfind(", ") == hint.npos ? 0 : hint.rfind(", ") + 2);
    std::string joined;
    const auto two = tui::hint_rows(hint, kColumns, 2);
    for (const std::string& row : two) {
      EXPECT_LE(tui::width_of(row), kColumns) << hint;
      joined += (joined.empty() ? "" : " ") + row;
    }
    EXPECT_EQ(joined, hint) << "two rows hold all of it";
    const auto one = tui::hint_rows(hint, kColumns, 1);
    ASSERT_EQ(one.size(), 1u);
    EXPECT_LE(tui::width_of(one[0]), kColumns) << hint;
    EXPECT_TRUE(one[0].ends_with(last)) << one[0];
    EXPECT_TRUE(one[0] == hint || hint == tui::hint::kAdmin) << one[0];
  }
  EXPECT_THAT(tui::hint_rows(tui::hint::kAdmin, kColumns, 1), ElementsAre("A add, R remove, N name, Esc back"));
  EXPECT_THAT(tui::hint_rows("one, two, three", 8, 1), ElementsAre("three"));
  EXPECT_THAT(tui::hint_rows("one, two, three", 100, 1), ElementsAre("one, two, three"));
}

TEST_F(Pages, AQuestionOfAPageIsWholeOn44Columns) {
  tui::DevicesPage page(fake.screen, fake.devices);
  page.hear(tui::DevicesListed{std::vector<client::DeviceInfo>{{"bb", "phone", 0, 0, false, false}}});
  type(page, "r");
  EXPECT_THAT(screen(page, 44, 12),
              AllOf(HasSubstr("Remove it for ever? It keeps messages and"), HasSubstr("keys. y n")));
}

TEST_F(Pages, ADeviceIsRemovedAfterAQuestionAndNeverThisOne) {
  tui::DevicesPage page(fake.screen, fake.devices);
  page.hear(tui::DevicesListed{
      std::vector<client::DeviceInfo>{{"aa", "laptop", 0, 0, true, true}, {"bb", "phone", 0, 0, false, false}}});
  type(page, "r");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("you use now"));
  page.press({KeyKind::kDown});
  type(page, "rn");
  EXPECT_THAT(fake.asked, ElementsAre("devices"));
  type(page, "ry");
  EXPECT_EQ(fake.asked.back(), "remove bb");
}

TEST_F(Pages, ADeviceGetsTheNameThatIsTypedAndEscLeavesTheOldOne) {
  tui::DevicesPage page(fake.screen, fake.devices);
  const auto list = [](const char* first) {
    return tui::DevicesListed{
        std::vector<client::DeviceInfo>{{first, "laptop", 0, 0, true, true}, {"bb", "phone", 0, 0, false, false}}};
  };
  page.hear(list("aa"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("N names it, R removes it, Esc back"));
  EXPECT_EQ(page.letters(), tui::Page::Letters::kAct);
  type(page, "n");
  EXPECT_EQ(page.letters(), tui::Page::Letters::kText);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("New name: laptop"));
  page.press({KeyKind::kEscape});
  EXPECT_THAT(screen(page, 44, 12), Not(HasSubstr("New name")));
  page.press({KeyKind::kDown});
  type(page, "n");
  for (int i = 0; i < 5; ++i) page.press({KeyKind::kBackspace});
  page.press({KeyKind::kEnter});
  EXPECT_THAT(fake.asked, ElementsAre("devices")) << "an empty name changes nothing";
  type(page, "nr2");
  page.hear(list("cc"));  // the list comes anew while the person types
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("New name: phoner2"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "rename bb phoner2");
}

TEST_F(Pages, TheHelpNamesEveryKeyAndCommand) {
  tui::KeyTable keys;
  ASSERT_TRUE(keys.bind("next-unread = F7").ok());
  tui::PagerPage page(fake.screen, "Help", tui::help_rows(keys));
  const std::string all = screen(page, 120, 200);
  EXPECT_THAT(all, HasSubstr("F7"));
  EXPECT_THAT(all, Not(HasSubstr("Alt+A"))) << "what the configuration changed is shown changed";
  for (const char* what : {"/msg NAME", "/search", "/verify", "/quit", "Ctrl+W", "Alt+1", "queued"}) {
    EXPECT_THAT(all, HasSubstr(what));
  }
  page.press({KeyKind::kEscape});
  EXPECT_EQ(fake.asked.back(), "back");
}

TEST_F(Pages, EveryPageFitsFrom44By12To300By100) {
  fake.people = {{"a-very-long-name-of-thirty-two-ch"_peer, 9, 0, 2}};
  fake.history = {message("bob", "bob", "x " + std::string(3000, 'w'))};
  tui::PeoplePage people(fake.screen, fake.conversations, fake.groups, tui::PeoplePage::Purpose::kPerson);
  tui::FormPage form(fake.screen, fake.accounts, tui::FormPage::Purpose::kSignUp);
  tui::SearchPage search(fake.screen, fake.conversations, fake.search, "x");
  tui::PagerPage help(fake.screen, "Help", tui::help_rows({}));
  tui::DevicesPage devices(fake.screen, fake.devices);
  devices.hear(tui::DevicesListed{std::vector<client::DeviceInfo>{{"aa", std::string(200, 'd'), 0, 0, true, true}}});
  const auto menu = tui::main_menu(fake.screen, fake.accounts);
  for (auto* page : std::initializer_list<tui::Page*>{&people, &form, &search, &help, &devices, menu.get()}) {
    for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {200, 50}, {300, 100}}) {
      expect_fits(*page, width, height);
    }
  }
}

}  // namespace
}  // namespace fastchat::test
