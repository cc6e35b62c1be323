// The forms, menus and lists of the screen, read as text: keys in, a picture out.
#include "tests/tui/pages.h"

#include "client/tui/chat/help_rows.h"
#include "client/tui/pages/devices_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/pager_page.h"
#include "client/tui/pages/people_page.h"
#include "client/tui/pages/replace_page.h"
#include "client/tui/pages/search_page.h"
#include "client/tui/pages/verify_page.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;

class Pages : public PagesTest {};

TEST_F(Pages, SignUpSendsWhatWasTypedOnlyWhenThePasswordsAgree) {
  desk.invite = true;
  tui::FormPage page(desk, tui::FormPage::Purpose::kSignUp);
  type(page, "fastchat://x");
  page.press({KeyKind::kEnter});
  type(page, "alice");
  page.press({KeyKind::kTab});
  type(page, "correct horse");
  page.press({KeyKind::kEnter});
  type(page, "correct house");
  EXPECT_THAT(screen(page), Not(HasSubstr("horse"))) << "passwords are not drawn";
  page.press({KeyKind::kEnter});
  EXPECT_TRUE(desk.asked.empty());
  EXPECT_THAT(screen(page), HasSubstr("differ"));
  type(page, "correct horse");
  page.press({KeyKind::kEnter});
  EXPECT_THAT(desk.asked, ElementsAre("sign up fastchat://x alice correct horse"));
  EXPECT_THAT(screen(page), HasSubstr("Making your keys"));
}

TEST_F(Pages, AFormSaysWhichServerItIsFor) {
  tui::FormPage known(desk, tui::FormPage::Purpose::kLogIn);
  EXPECT_THAT(screen(known), HasSubstr("Server example.org:7999, realm lusab-babad"));
  desk.invite = true;
  tui::FormPage page(desk, tui::FormPage::Purpose::kLogIn);
  EXPECT_THAT(screen(page), Not(HasSubstr("Server")));
  type(page,
       "fastchat://chat.example:7999/?key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&realm=AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_THAT(screen(page, 120), HasSubstr("Server chat.example:7999, realm babab-babab-"));
}

TEST_F(Pages, AFailureKeepsTheNameAndAsksForThePasswordAgain) {
  tui::FormPage page(desk, tui::FormPage::Purpose::kLogIn);
  type(page, "alice");
  page.press({KeyKind::kEnter});
  enter(page, "wrong password");
  page.hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong name or password.")});
  EXPECT_THAT(screen(page), HasSubstr("Wrong name or password."));
  EXPECT_THAT(screen(page), HasSubstr("alice"));
  enter(page, "right password");
  EXPECT_EQ(desk.asked.back(), "log in alice right password");
}

TEST_F(Pages, AProfileThatHasToLogInAgainKnowsItsNameAndCanBeReadMeanwhile) {
  const auto page = tui::FormPage::again(desk, "The password was changed.");
  EXPECT_THAT(screen(*page), HasSubstr("alice"));
  EXPECT_THAT(screen(*page), HasSubstr("The password was changed."));
  enter(*page, "the new one");
  EXPECT_EQ(desk.asked.back(), "log in alice the new one");
  page->hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong name or password.")});
  page->press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.back(), "open " + std::to_string(static_cast<int>(tui::PageName::kMain)));
}

TEST_F(Pages, APasswordIsChangedWhenTheNewOneWasTypedTwice) {
  tui::FormPage page(desk, tui::FormPage::Purpose::kPassword);
  EXPECT_THAT(screen(page), HasSubstr("Old password"));
  enter(page, "the old one");
  enter(page, "the new one");
  enter(page, "the new ane");
  EXPECT_TRUE(desk.asked.empty());
  EXPECT_THAT(screen(page), HasSubstr("differ"));
  enter(page, "the new one");
  EXPECT_THAT(desk.asked, ElementsAre("password the old one to the new one"));
  page.hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong password.")});
  EXPECT_THAT(screen(page), HasSubstr("Wrong password."));
  page.press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.back(), "back");
}

TEST_F(Pages, OneOfTooManyDevicesIsChosenToGo) {
  desk.choices = {{"aa", "laptop", 0, 0, true, false, "192.0.2.7"}, {"bb", "phone", 0, 0, false, false}};
  tui::ReplacePage page(desk);
  EXPECT_THAT(screen(page), HasSubstr("> laptop, from 192.0.2.7"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_THAT(screen(page), HasSubstr("for ever?"));
  type(page, "n");
  EXPECT_TRUE(desk.asked.empty());
  page.press({KeyKind::kEnter});
  type(page, "y");
  EXPECT_THAT(desk.asked, ElementsAre("replace bb"));
  page.press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.size(), 1u) << "it is under way";
  page.hear(tui::RequestFailed{err(Code::kBusy, "The server is busy.")});
  EXPECT_THAT(screen(page), HasSubstr("The server is busy."));
  page.press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.back(), "back");
}

TEST_F(Pages, ALongMenuScrollsInALowWindow) {
  const auto page = tui::main_menu(desk);
  EXPECT_THAT(screen(*page, 44, 12), Not(HasSubstr("Quit")));
  page->press({KeyKind::kUp});
  EXPECT_THAT(screen(*page, 44, 12), HasSubstr("> q  Quit"));
  page->press({KeyKind::kClick, 0, false, 5, 1});
  EXPECT_EQ(desk.asked.back(), "open " + std::to_string(static_cast<int>(tui::PageName::kGroups)));
}

TEST_F(Pages, APassphraseIsOfferedAndShownToBeWrittenDown) {
  tui::FormPage page(desk, tui::FormPage::Purpose::kSignUp);
  type(page, "alice");
  page.press(tui::control_key('g'));
  EXPECT_THAT(screen(page), HasSubstr("five-words"));
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "sign up  alice five-words");
}

TEST_F(Pages, TheMenuIsReachedByArrowsLettersAndTheMouse) {
  const auto page = tui::main_menu(desk);
  EXPECT_THAT(screen(*page), HasSubstr("> d  Direct message"));
  page->press({KeyKind::kUp});
  page->press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "quit");
  type(*page, "d");
  const std::string people = "open " + std::to_string(static_cast<int>(tui::PageName::kPeople));
  EXPECT_EQ(desk.asked.back(), people);
  desk.asked.clear();
  page->press({KeyKind::kClick, 0, false, 5, 2});
  EXPECT_THAT(desk.asked, ElementsAre(people));
  page->press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.back(), "back");
}

TEST_F(Pages, APersonIsPickedFromTheListOrTyped) {
  desk.people = {{"bob", 9, 0, 2}, {"carol", 8, 0, 0}};
  tui::PeoplePage page(desk, tui::PeoplePage::Purpose::kPerson);
  EXPECT_THAT(screen(page), HasSubstr("> bob  (2 new)"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "chat carol");
  enter(page, "dave");
  EXPECT_EQ(desk.asked.back(), "chat dave");
}

TEST_F(Pages, SearchFindsShowsWhatIsAroundAndGoesThere) {
  desk.messages = {message("bob", "bob", "first"), message("bob", "bob", "a needle in hay"),
                   message("bob", "bob", "after it")};
  tui::SearchPage page(desk, "");
  enter(page, "Needle");
  EXPECT_EQ(desk.asked.back(), "search Needle most 200");
  EXPECT_THAT(screen(page), HasSubstr("Searching ..."));
  page.hear(tui::SearchFound{{{desk.messages[1]}, false}});
  EXPECT_THAT(screen(page), HasSubstr("1 found ...")) << "there is more to look through";
  page.hear(tui::SearchFound{{{}, true}});
  const std::string shown = screen(page);
  EXPECT_THAT(shown, HasSubstr("1 found"));
  EXPECT_THAT(shown, Not(HasSubstr("1 found ...")));
  EXPECT_THAT(shown, HasSubstr("bob: a needle in hay"));
  EXPECT_THAT(shown, HasSubstr("after it")) << "the context";
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "chat bob at 2");
}

TEST_F(Pages, AnotherSearchOrLeavingThePageEndsTheOneBefore) {
  {
    tui::SearchPage page(desk, "one");
    EXPECT_THAT(desk.asked, ElementsAre("search one most 200"));
    page.hear(tui::SearchFound{{{message("bob", "bob", "one")}, false}});
    page.press({KeyKind::kHome});
    enter(page, "no");
    EXPECT_EQ(desk.asked.back(), "search noone most 200");
    EXPECT_THAT(screen(page), HasSubstr("0 found ..."));
    page.press(tui::control_key('u'));
    page.press({KeyKind::kEnd});
    page.press(tui::control_key('u'));
    page.press({KeyKind::kEnter});
    EXPECT_EQ(desk.asked.back(), "stop search");
    desk.asked.clear();
  }
  EXPECT_THAT(desk.asked, ElementsAre("stop search"));
}

TEST_F(Pages, VerifyShowsTheNumberAndMarksItOnlyWhenAsked) {
  tui::VerifyPage page(desk, "bob");
  client::VerifyInfo info;
  info.user = "bob";
  info.number = {std::string(60, '1'), "11111 22222 33333 44444 55555", "lusab babad", "fastchat:1"};
  page.hear(tui::KeyShown{info});
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("11111 22222 33333 44444"));
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("lusab babad"));
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("█▀")) << "a QR code";
  EXPECT_THAT(desk.asked, ElementsAre("verify bob"));
  type(page, "m");
  EXPECT_EQ(desk.asked.back(), "mark bob");
  info.changed = true;
  info.changed_number = info.number;
  page.hear(tui::KeyShown{info});
  type(page, "m");
  EXPECT_EQ(desk.asked.back(), "mark bob") << "a changed key is accepted first, never marked";
  EXPECT_THAT(screen(page, 80, 40), HasSubstr("another key"));
  type(page, "a");
  EXPECT_EQ(desk.asked.back(), "accept bob");
  type(page, "k");
  EXPECT_EQ(desk.asked.back(), "keep bob");
}

TEST_F(Pages, ADeviceIsRemovedAfterAQuestionAndNeverThisOne) {
  tui::DevicesPage page(desk);
  page.hear(tui::DevicesListed{
      std::vector<client::DeviceInfo>{{"aa", "laptop", 0, 0, true, true}, {"bb", "phone", 0, 0, false, false}}});
  type(page, "r");
  EXPECT_THAT(desk.toasts.back(), HasSubstr("you sit at"));
  page.press({KeyKind::kDown});
  type(page, "rn");
  EXPECT_THAT(desk.asked, ElementsAre("devices"));
  type(page, "ry");
  EXPECT_EQ(desk.asked.back(), "remove bb");
}

TEST_F(Pages, TheHelpNamesEveryKeyAndCommand) {
  tui::KeyTable keys;
  ASSERT_TRUE(keys.bind("next-unread = F7").ok());
  tui::PagerPage page(desk, "Help", tui::help_rows(keys));
  const std::string all = screen(page, 120, 200);
  EXPECT_THAT(all, HasSubstr("F7"));
  EXPECT_THAT(all, Not(HasSubstr("Alt+A"))) << "what the configuration changed is shown changed";
  for (const char* what : {"/msg NAME", "/search", "/verify", "/quit", "Ctrl+W", "Alt+1", "queued"}) {
    EXPECT_THAT(all, HasSubstr(what));
  }
  page.press({KeyKind::kEscape});
  EXPECT_EQ(desk.asked.back(), "back");
}

TEST_F(Pages, EveryPageFitsFrom44By12To300By100) {
  desk.people = {{"a-very-long-name-of-thirty-two-ch", 9, 0, 2}};
  desk.messages = {message("bob", "bob", "x " + std::string(3000, 'w'))};
  tui::PeoplePage people(desk, tui::PeoplePage::Purpose::kPerson);
  tui::FormPage form(desk, tui::FormPage::Purpose::kSignUp);
  tui::SearchPage search(desk, "x");
  tui::PagerPage help(desk, "Help", tui::help_rows({}));
  tui::DevicesPage devices(desk);
  devices.hear(tui::DevicesListed{std::vector<client::DeviceInfo>{{"aa", std::string(200, 'd'), 0, 0, true, true}}});
  const auto menu = tui::main_menu(desk);
  for (auto* page : std::initializer_list<tui::Page*>{&people, &form, &search, &help, &devices, menu.get()}) {
    for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {200, 50}, {300, 100}}) {
      expect_fits(*page, width, height);
    }
  }
}

}  // namespace
}  // namespace fastchat::test
