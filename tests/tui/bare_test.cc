// Selecting text with the terminal's mouse: the bare conversation, and the list of conversations hidden.
#include "client/tui/chat/bare_mode.h"
#include "client/tui/chat/main_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using tui::Key;
using tui::KeyKind;

class Bare : public PagesTest {
 protected:
  Bare() {
    fake.people = {{"#team"_peer, 9, 0, 0}, {"bob"_peer, 8, 0, 0}};
    fake.known_groups = {{"team", "0123", 1, "alice", {"alice", "bob", "carol"}, true}};
    fake.saved["members"] = "1";
    fake.history = {message("#team", "bob", "a text that is long enough to be broken over two rows of a screen"),
                    message("#team", "alice", "yes", 5), message("#team", "carol", "/me nods")};
    fake.history.push_back(message("#team", "carol", "*fine*"));
    fake.history.back().reply_to = "1";
  }
  tui::MainPage make() {
    return {fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
            fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
  }
  static bool takes_mouse(tui::Page& page) {
    tui::Frame frame{80, 24};
    page.draw(frame);
    return frame.mouse;
  }
  tui::KeyTable keys;
};

TEST_F(Bare, ShowsTheTextAloneAndLeavesTheMouseToTheTerminal) {
  auto page = make();
  page.chat("#team"_peer);
  EXPECT_TRUE(takes_mouse(page));
  page.press(tui::alt_key('l'));
  EXPECT_FALSE(takes_mouse(page));
  const std::string shown = screen(page, 44, 12);
  EXPECT_EQ(shown,
            "Saturday, 22 November 2025\n"
            "08:27 bob: a text that is long enough to be\n"
            "broken over two rows of a screen\n"
            "08:28 me: yes\n"
            "08:29 * carol nods\n"
            "08:30 carol: *fine*\n\n\n\n\n\n");
  const std::string wide = screen(page, 200, 50);
  EXPECT_THAT(wide, AllOf(Not(HasSubstr("│")), Not(HasSubstr("─")), Not(HasSubstr("members")),
                          Not(HasSubstr("sending")), Not(HasSubstr("F1 help")), Not(HasSubstr("> "))));
  EXPECT_THAT(wide, HasSubstr("\n08:27 bob: a text"));
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {200, 50}}) expect_fits(page, width, height);
  page.press(tui::alt_key('l'));
  EXPECT_TRUE(takes_mouse(page));
  EXPECT_THAT(screen(page), HasSubstr("F1 help"));
}

TEST_F(Bare, EscGoesBackAndAnyOtherKeyActsAsEverywhere) {
  auto page = make();
  page.press(tui::alt_key('l'));
  EXPECT_EQ(fake.toasts.back(), "Open a conversation first.");
  EXPECT_TRUE(takes_mouse(page));
  page.chat("#team"_peer);
  type(page, "half");
  enter(page, "");
  page.press(tui::alt_key('l'));
  page.press({KeyKind::kEscape});
  EXPECT_TRUE(takes_mouse(page));
  EXPECT_THAT(fake.asked.back(), Not(HasSubstr("open"))) << "Esc opened no menu";
  page.press(tui::alt_key('l'));
  type(page, "hello");
  EXPECT_TRUE(takes_mouse(page));
  EXPECT_THAT(screen(page), HasSubstr("> hello")) << "nothing that is typed is lost";
  page.press(tui::control_key('u'));
  enter(page, "/bare");
  EXPECT_FALSE(takes_mouse(page));
  page.press({KeyKind::kFunction, 1});
  EXPECT_THAT(fake.asked.back(), HasSubstr("open"));
  EXPECT_TRUE(takes_mouse(page));
}

TEST_F(Bare, ScrollsAndSaysWhereItIs) {
  fake.history.clear();
  for (int i = 0; i < 500; ++i) fake.history.push_back(message("#team", "bob", "line " + std::to_string(i)));
  auto page = make();
  page.chat("#team"_peer);
  page.press(tui::alt_key('l'));
  EXPECT_THAT(screen(page), HasSubstr("bob: line 499\n"));
  for (const KeyKind kind : {KeyKind::kUp, KeyKind::kUp, KeyKind::kPageUp}) page.press({kind});
  EXPECT_FALSE(takes_mouse(page));
  EXPECT_THAT(screen(page), AllOf(HasSubstr("24 more below (End)  95%"), Not(HasSubstr("line 499"))));
  page.press({KeyKind::kHome});
  EXPECT_THAT(screen(page), HasSubstr("bob: line 0\n"));
  page.press({KeyKind::kEnd});
  EXPECT_THAT(screen(page), HasSubstr("bob: line 499\n"));
  page.hear(tui::MessageAdded{message("#team", "bob", "fresh")});
  EXPECT_THAT(screen(page), HasSubstr("bob: fresh\n")) << "what comes is shown";
  EXPECT_FALSE(takes_mouse(page));
}

TEST_F(Bare, TheListIsHiddenUntilItIsShownAgain) {
  auto page = make();
  page.chat("#team"_peer);
  EXPECT_THAT(screen(page), HasSubstr("2 bob"));
  page.press(tui::alt_key('s'));
  EXPECT_THAT(screen(page), AllOf(Not(HasSubstr("2 bob")), Not(HasSubstr("│> "))));
  EXPECT_EQ(fake.toasts.back(), "The list is hidden; /list shows it.");
  page.press({KeyKind::kClick, 0, false, 1, 2});
  EXPECT_EQ(page.peer(), "#team"_peer) << "there is no list to click";
  auto next_run = make();
  EXPECT_THAT(screen(next_run), HasSubstr("2 bob")) << "the list stands in the empty conversation";
  next_run.chat("#team"_peer);
  EXPECT_THAT(screen(next_run), Not(HasSubstr("2 bob"))) << "kept as a setting";
  screen(next_run, 44, 12);
  enter(next_run, "/list");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("from 60 columns on"));
  EXPECT_EQ(fake.saved["list"], "hidden");
  screen(next_run);
  enter(next_run, "/list");
  EXPECT_THAT(screen(next_run), HasSubstr("2 bob"));
  EXPECT_EQ(fake.saved["list"], "");
}

}  // namespace
}  // namespace fastchat::test
