// The parts beside and around a conversation: the members of a group, the candidates above the line, the row that
// counts the messages below.
#include "client/tui/chat/group_members.h"
#include "client/tui/chat/main_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;

class Beside : public PagesTest {
 protected:
  Beside() {
    fake.people = {{"#team"_peer, 9, 0, 0}, {"bob"_peer, 8, 0, 0}};
    fake.known_groups = {{"team", "0123", 1, "alice", {"alice", "bob", "carol"}, true}};
  }
  tui::MainPage make() {
    return {fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
            fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
  }
  tui::KeyTable keys;
};

TEST_F(Beside, AltNShowsTheMembersAndHidesThem) {
  fake.history = {message("#team", "carol", "hello")};
  auto page = make();
  page.chat("#team"_peer);
  EXPECT_THAT(screen(page, 100, 24), Not(HasSubstr("3 members")));
  page.press(tui::alt_key('n'));
  for (const int width : {80, 100, 160}) {
    const std::string shown = screen(page, width, 24);
    EXPECT_THAT(shown, HasSubstr("│ 3 members"));
    EXPECT_THAT(shown, HasSubstr("│ alice admin"));
    EXPECT_LT(shown.rfind("│ carol"), shown.rfind("│ alice")) << "who wrote lately stands first";
    EXPECT_LT(shown.rfind("│ alice"), shown.rfind("│ bob"));
    expect_fits(page, width, 24);
  }
  EXPECT_EQ(fake.saved["members"], "1");
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page, 100, 24), Not(HasSubstr("members")));
  auto next_run = make();
  next_run.chat("#team"_peer);
  EXPECT_THAT(screen(next_run, 100, 24), HasSubstr("3 members"));
  next_run.press(tui::alt_key('n'));
  EXPECT_THAT(screen(next_run, 100, 24), Not(HasSubstr("3 members")));
}

TEST_F(Beside, WithoutRoomTheMembersHaveAPage) {
  auto page = make();
  page.chat("#team"_peer);
  EXPECT_THAT(screen(page, 44, 12), Not(HasSubstr("members")));
  page.press(tui::alt_key('n'));
  EXPECT_EQ(fake.asked.back(), "open " + std::to_string(static_cast<int>(tui::PageName::kGroupSettings)) + "team");
  page.chat("bob"_peer);
  page.press(tui::alt_key('n'));
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Open a group"));
}

TEST_F(Beside, MembersWithoutRoomAreCounted) {
  client::GroupInfo group = fake.known_groups[0];
  const std::deque<client::ChatMessage> none;
  group.members = {"alice", "bob", "carol", "dave", "a-name-that-is-much-too-long"};
  const std::string low = tui::plain_text(tui::draw_members(group, none, 18, 4, 0));
  EXPECT_THAT(low, HasSubstr("│ 5 members\n│ alice admin\n│ bob\n│ and 3 more\n"));
  const tui::Frame high = tui::draw_members(group, none, 18, 8, 0);
  EXPECT_THAT(tui::plain_text(high), HasSubstr("│ a-name-that-is-…\n"));
  EXPECT_EQ(high.rows.size(), 8u);
  for (const auto& row : high.rows) EXPECT_LE(tui::width_of(row), 18);
  for (const int height : {0, 1, 2}) tui::draw_members(group, none, 18, height, 0);
}

TEST_F(Beside, CandidatesStandAboveTheLine) {
  auto page = make();
  page.chat("bob"_peer);
  type(page, "/re");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("> /reopen"));
  page.press({KeyKind::kTab});
  const std::string second = screen(page);
  EXPECT_THAT(second, HasSubstr("  /reopen")) << "the candidate before is still in the list";
  EXPECT_NE(second.find("> /re"), second.rfind("> /re")) << "marked in the list, and in the line";
  page.press({KeyKind::kBackTab});
  EXPECT_THAT(screen(page), HasSubstr("> /reopen"));
  page.press({KeyKind::kBackTab});
  EXPECT_THAT(screen(page), Not(HasSubstr("> /reopen"))) << "around the beginning";
  EXPECT_THAT(screen(page), HasSubstr("  /reopen  [NAME]  take a closed")) << "with its help";
  expect_fits(page, 44, 12);
  type(page, "x");
  EXPECT_THAT(screen(page), Not(HasSubstr("  /reopen"))) << "an edit ends the list";
  page.press(tui::control_key('u'));
  type(page, "/");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr(" 1/")) << "where the chosen one stands";
  expect_fits(page, 59, 24);
  page.press(tui::control_key('u'));
  type(page, ":thumbs");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("👎  thumbs_down")) << "an emoji by its name";
  expect_fits(page, 44, 12);
  expect_fits(page, 80, 24);
}

TEST_F(Beside, ARowCountsWhatIsBelow) {
  for (int i = 0; i < 60; ++i) fake.history.push_back(message("bob", "bob", "line " + std::to_string(i)));
  auto page = make();
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("below (End)")));
  page.press({KeyKind::kPageUp});
  const std::string up = screen(page);
  EXPECT_THAT(up, HasSubstr("│ 19 more below (End)  68% "));
  EXPECT_THAT(up, HasSubstr("22 November 2025 09:0"));
  EXPECT_THAT(up, HasSubstr("bob: line 22")) << "a screenful of 20 up, but for two rows";
  EXPECT_THAT(up, HasSubstr("09:07 bob: line 40"));
  EXPECT_THAT(up, Not(HasSubstr("bob: line 41")));
  page.hear(tui::MessageAdded{message("bob", "bob", "fresh")});
  EXPECT_THAT(screen(page), HasSubstr("1 new below (End)  67%"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("1 new below (End)"));
  expect_fits(page, 44, 12);
  page.press({KeyKind::kEnd});
  EXPECT_THAT(screen(page), Not(HasSubstr("below (End)")));
}

TEST_F(Beside, TheShareOfALongConversationIsRightAndCountedOnce) {
  constexpr int kAll = 4000;
  for (int i = 0; i < kAll; ++i) fake.history.push_back(message("bob", "bob", "line " + std::to_string(i)));
  auto page = make();
  page.chat("bob"_peer);
  screen(page);
  EXPECT_EQ(fake.places, 0u) << "nothing is counted at the end";
  // The lowest line in sight, and what the row below says.
  const auto expect_right = [&] {
    const std::string shown = screen(page);
    const size_t at = shown.rfind("bob: line ");
    ASSERT_NE(at, std::string::npos);
    const int line = std::stoi(shown.substr(at + 10));
    EXPECT_THAT(shown, HasSubstr(" " + std::to_string(kAll - 1 - line) + " more below (End)  " +
                                 std::to_string((line + 1) * 100 / kAll) + "% "));
  };
  page.press({KeyKind::kPageUp});
  // Enough pages that the oldest and the newest messages in memory go.
  for (int i = 0; i < 210; ++i) {
    page.press({KeyKind::kPageUp});
    if (i % 10 == 0) expect_right();
  }
  for (int i = 0; i < 100; ++i) {
    page.press({KeyKind::kPageDown});
    if (i % 10 == 0) expect_right();
  }
  EXPECT_EQ(fake.places, 1u) << "what moves through memory is counted along";
  page.press({KeyKind::kHome});
  screen(page);
  EXPECT_THAT(screen(page), HasSubstr("3982 more below (End)  0% "));
  page.press({KeyKind::kEnd});
  EXPECT_THAT(screen(page), Not(HasSubstr("below (End)")));
}

}  // namespace
}  // namespace fastchat::test
