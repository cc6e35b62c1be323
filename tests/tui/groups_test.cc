// Groups and single messages on the screen: the commands, the settings page, the menus.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/group_page.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/people_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;

class GroupPages : public PagesTest {
 protected:
  GroupPages() { fake.known_groups = {group("team", "alice", {"alice", "bob", "carol"})}; }
  static client::GroupInfo group(const std::string& name, const std::string& admin, std::vector<std::string> members) {
    client::GroupInfo g;
    g.name = name;
    g.id = Bytes(32, static_cast<uint8_t>(name[0]));
    g.admin = admin;
    g.members = std::move(members);
    g.member = g.readable = true;
    g.admin_is_me = admin == "alice";
    return g;
  }
  std::string last() const { return fake.asked.empty() ? "" : fake.asked.back(); }
  static std::string opens(tui::PageName page, const std::string& argument) {
    return "open " + std::to_string(static_cast<int>(page)) + argument;
  }
  tui::KeyTable keys;
};

TEST_F(GroupPages, CommandsNameTheGroupOrMeanTheOpenOne) {
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  enter(page, "/group create #crew bob carol");
  EXPECT_EQ(last(), "create crew bob carol");
  page.chat("#team"_peer);
  for (const auto& [typed, asked] :
       {std::pair<const char*, std::string>{"/group add dave eve", "change team add dave eve remove rename  to "},
        {"/group add #crew dave", "change crew add dave remove rename  to "},
        {"/group remove bob", "change team add remove bob rename  to "},
        {"/group rename #club", "change team add remove rename club to "},
        {"/group rename #crew club", "change crew add remove rename club to "},
        {"/group handover bob", "change team add remove rename  to bob"},
        {"/group leave", opens(tui::PageName::kGroupSettings, "team leave")},
        {"/group leave crew", opens(tui::PageName::kGroupSettings, "crew leave")},
        {"/group delete #crew", opens(tui::PageName::kGroupSettings, "crew delete")}}) {
    enter(page, typed);
    EXPECT_EQ(last(), asked) << typed;
  }
  enter(page, "/group info");
  EXPECT_EQ(last(), opens(tui::PageName::kGroupSettings, "team"));
  enter(page, "/group list");
  EXPECT_EQ(last(), opens(tui::PageName::kGroups, ""));
}

TEST_F(GroupPages, AMistypedCommandOfGroupsIsOneLineAndNothingElse) {
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("#team"_peer);
  fake.asked.clear();
  for (const char* typed : {"/group", "/group ad bob", "/groupadd bob", "/group add", "/group delete", "/group create",
                            "/group rename", "/reply", "/edit", "/group add #crew", "/group rename a b",
                            "/group handover bob carol", "/group leave team now", "/group rename #"}) {
    fake.toasts.clear();
    enter(page, typed);
    EXPECT_TRUE(fake.asked.empty()) << typed << ": " << last();
    ASSERT_EQ(fake.toasts.size(), 1u) << typed;
    EXPECT_EQ(fake.toasts[0].find('\n'), std::string::npos);
    page.press(tui::control_key('u'));
  }
  enter(page, "/group ad bob");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("/group takes create add remove"));
  EXPECT_THAT(screen(page), HasSubstr("> /group ad bob"));
  page.press(tui::control_key('u'));
  page.chat("bob"_peer);
  fake.asked.clear();
  enter(page, "/group add carol");
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Open a group, or name one"));
}

TEST_F(GroupPages, TheListHasGroupsWithoutMessagesAndFollowsARename) {
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  EXPECT_THAT(screen(page), HasSubstr("1 #team"));
  page.chat("#team"_peer);
  fake.saved.clear();
  type(page, "half a tho");
  fake.known_groups[0].name = "club";
  page.hear(tui::GroupChanged{"club"});
  EXPECT_EQ(page.peer(), "#club"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("#team")));
  EXPECT_THAT(screen(page), HasSubstr("> half a tho")) << "what is being written goes on";
  EXPECT_EQ(fake.saved["draft:#club"], "half a tho");
  EXPECT_FALSE(fake.saved.contains("draft:#team")) << "nothing is kept under a name that is gone";
  fake.known_groups.push_back(group("new-one", "bob", {"alice", "bob"}));
  page.hear(tui::GroupChanged{"new-one"});
  EXPECT_EQ(page.peer(), "#club"_peer);
  EXPECT_THAT(screen(page), HasSubstr("#new-one"));
  fake.known_groups.push_back(group("team", "bob", {"alice", "bob"}));
  page.hear(tui::GroupChanged{"team"});
  page.chat("#team"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("> half a tho"))) << "another group has the name now";
  page.chat("#club"_peer);
  EXPECT_THAT(screen(page), HasSubstr("> half a tho"));
}

TEST_F(GroupPages, ATextThatFailsUnderTheFormerNameStaysWithTheGroup) {
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("#team"_peer);
  enter(page, "lunch?");
  fake.known_groups[0].name = "club";
  page.hear(tui::GroupChanged{"club"});
  page.hear(tui::SendFailed{"#team"_peer, "lunch?", "", err(Code::kLocalUsage, "there is no group #team")});
  EXPECT_THAT(screen(page), HasSubstr("> lunch?"));
  page.chat("bob"_peer);
  EXPECT_EQ(fake.saved["draft:#club"], "lunch?");
  EXPECT_EQ(fake.saved["draft:#team"], "") << "the next group of that name would get the text";
}

TEST_F(GroupPages, AnnotationsGoToTheNewestMessageOfTheRightPerson) {
  const auto add = [&](const std::string& from, const std::string& text, const std::string& id, uint64_t ref) {
    fake.history.push_back(message("#team", from, text, ref));
    fake.history.back().id = id;
  };
  add("bob", "first", "b1", 0);
  add("alice", "mine", "a1", 7);
  add("carol", "second", "c1", 0);
  add("alice", "mine again", "a2", 8);
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("#team"_peer);
  for (const auto& [typed, asked] : {std::pair{"/reply to that", "reply #team c1 to that"},
                                     {"/edit better words", "edit a2 better words"},
                                     {"/react +1", "react c1 +1"},
                                     {"/react", "react c1 "}}) {
    enter(page, typed);
    EXPECT_EQ(last(), asked);
  }
  enter(page, "/erase");
  EXPECT_EQ(last(), "react c1 ") << "asks first";
  EXPECT_THAT(screen(page), HasSubstr("Delete for everybody: me: mine again? y n"));
  type(page, "y");
  EXPECT_EQ(last(), "erase a2");
  auto gone = fake.history.back();
  gone.text.clear();
  gone.deleted = true;
  page.hear(tui::MessageChanged{gone});
  EXPECT_THAT(screen(page), Not(HasSubstr("mine again"))) << "neither in the pane nor in the list";
  enter(page, "/edit the one before");
  EXPECT_EQ(last(), "edit a1 the one before");
  // An answer that failed to send goes to the same message again, unless its line was emptied.
  page.hear(tui::SendFailed{"#team"_peer, "/reply too late", "b1", err(Code::kBusy, "not now")});
  page.hear(tui::MessageAdded{fake.history.emplace_back(message("#team", "carol", "third"))});
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "reply #team b1 too late");
  page.hear(tui::SendFailed{"#team"_peer, "/reply too late", "b1", err(Code::kBusy, "not now")});
  page.press(tui::control_key('u'));
  enter(page, "/reply in time");
  EXPECT_EQ(last(), "reply #team c1 in time");
  page.chat("dave"_peer);
  fake.asked.clear();
  enter(page, "/reply to nobody");
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(fake.toasts.back(), HasSubstr("no message from somebody else"));
}

TEST_F(GroupPages, PollsAreAskedAndVotedIn) {
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("#team"_peer);
  enter(page, "/vote 1");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("no poll here"));
  EXPECT_THAT(screen(page), HasSubstr("> /vote 1")) << "the line stays";
  page.press(tui::control_key('u'));
  auto poll = message("#team", "bob", "Lunch?\n1. soup  [1: bob]\n2. salad");
  poll.kind = client::MessageKind::kPoll;
  poll.id = "p1";
  poll.poll = client::PollView{"Lunch?", {{"soup", {"bob"}}, {"salad", {}}}};
  page.hear(tui::MessageAdded{fake.history.emplace_back(poll)});
  page.hear(tui::MessageAdded{fake.history.emplace_back(message("#team", "carol", "hm"))});
  EXPECT_THAT(screen(page), AllOf(HasSubstr("Lunch?"), HasSubstr("1. soup  [1: bob]"), HasSubstr("2. salad")));
  enter(page, "/vote 2");
  EXPECT_EQ(last(), "vote p1 2");
  enter(page, "/vote salad");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("number of an option"));
  EXPECT_EQ(last(), "vote p1 2");
  enter(page, "/poll Dinner? | pasta | none");
  EXPECT_EQ(last(), "poll #team Dinner? | pasta | none");
  page.hear(tui::SendFailed{"#team"_peer, "/poll Dinner? | pasta", "",
                            err(Code::kLocalUsage, "a poll needs two options or more")});
  EXPECT_THAT(screen(page), HasSubstr("/poll Dinner? | pasta")) << "back in the line";
}

TEST_F(GroupPages, AnAnswerQuotesAndReactionsAreCounted) {
  auto question = message("#team", "bob", "who is there?");
  question.id = "b1";
  question.reactions = {{"alice", "+1"}, {"carol", "+1"}, {"dave", "!"}};
  auto answer = message("#team", "carol", "I am");
  answer.id = "c1";
  answer.reply_to = "b1";
  auto other = message("#team", "carol", "and that");
  other.reply_to = "not here";
  fake.history = {question, answer, other};
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("#team"_peer);
  const std::string shown = screen(page, 120, 30);
  EXPECT_THAT(shown, HasSubstr("who is there?  [+1 2 !]"));
  EXPECT_LT(shown.find("│ bob: who is there?"), shown.find("carol I am"));
  EXPECT_THAT(shown, HasSubstr("│ an earlier message"));
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {200, 50}}) expect_fits(page, width, height);
}

TEST_F(GroupPages, TheAdminChangesTheGroupOnItsPage) {
  tui::GroupPage page(fake.screen, fake.groups, "team");
  EXPECT_THAT(screen(page), HasSubstr("> alice  (admin)"));
  EXPECT_THAT(screen(page), HasSubstr("3 members"));
  type(page, "r");
  EXPECT_TRUE(fake.asked.empty()) << "the admin is not removed";
  type(page, "l");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("hand the group over"));
  type(page, "a");
  EXPECT_THAT(screen(page), HasSubstr("Add (names):"));
  enter(page, "dave eve");
  EXPECT_EQ(last(), "change team add dave eve remove rename  to ");
  type(page, "n");
  enter(page, "club");
  EXPECT_EQ(last(), "change team add remove rename club to ");
  page.press({KeyKind::kDown});
  fake.asked.clear();
  type(page, "rn");
  EXPECT_TRUE(fake.asked.empty());
  type(page, "r");
  EXPECT_THAT(screen(page), HasSubstr("Remove bob from #team?"));
  fake.known_groups[0].members = {"alice", "anna", "bob", "carol"};
  page.hear(tui::GroupChanged{"team"});
  type(page, "y");
  EXPECT_EQ(last(), "change team add remove bob rename  to ") << "the one who was named, wherever the list has gone";
  page.press({KeyKind::kDown});
  type(page, "hy");
  EXPECT_EQ(last(), "change team add remove rename  to bob");
  type(page, "dy");
  EXPECT_EQ(last(), "delete team");
  page.press({KeyKind::kEscape});
  EXPECT_EQ(last(), "back");
}

TEST_F(GroupPages, AMemberMayOnlyLeaveAndAStrangerSeesThatThereIsNone) {
  fake.known_groups = {group("team", "bob", {"alice", "bob"})};
  tui::GroupPage page(fake.screen, fake.groups, "team");
  EXPECT_THAT(screen(page), HasSubstr("The admin is bob."));
  type(page, "arnhd");
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Only the admin can delete the group"));
  type(page, "ly");
  EXPECT_THAT(fake.asked, ElementsAre("leave team"));
  fake.known_groups[0].member = false;
  page.hear(tui::GroupChanged{"team"});
  EXPECT_THAT(screen(page), HasSubstr("not a member any more"));
  tui::GroupPage none(fake.screen, fake.groups, "nothing");
  EXPECT_THAT(screen(none), HasSubstr("no such group"));
  type(none, "al");
  EXPECT_THAT(fake.asked, ElementsAre("leave team"));
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {300, 100}}) {
    expect_fits(page, width, height);
    expect_fits(none, width, height);
  }
}

TEST_F(GroupPages, WhatCannotBeUndoneIsAskedWhenItWasTypedToo) {
  const auto gone = tui::GroupPage::of(fake.screen, fake.groups, "team delete");
  EXPECT_THAT(screen(*gone), HasSubstr("Delete #team for everybody? y n"));
  type(*gone, "n");
  EXPECT_TRUE(fake.asked.empty());
  fake.known_groups = {group("team", "bob", {"alice", "bob"})};
  const auto leaving = tui::GroupPage::of(fake.screen, fake.groups, "team leave");
  EXPECT_THAT(screen(*leaving), HasSubstr("Leave #team? y n"));
  type(*leaving, "y");
  EXPECT_EQ(last(), "leave team");
  EXPECT_THAT(screen(*tui::GroupPage::of(fake.screen, fake.groups, "team")), HasSubstr("L leave, Esc back"));
}

TEST_F(GroupPages, TheMenusLeadToMessagesAndSettings) {
  const auto menu = tui::main_menu(fake.screen, fake.accounts);
  type(*menu, "g");
  EXPECT_EQ(last(), opens(tui::PageName::kGroups, ""));
  type(*menu, "s");
  EXPECT_EQ(last(), opens(tui::PageName::kGroups, "settings"));
  EXPECT_THAT(screen(*menu), HasSubstr("Group message"));
  EXPECT_THAT(screen(*menu), HasSubstr("Group settings"));
  fake.people = {{"bob"_peer, 9, 0, 0}, {"#team"_peer, 8, 0, 2}};
  tui::PeoplePage messages(fake.screen, fake.conversations, fake.groups, tui::PeoplePage::Purpose::kGroup);
  EXPECT_THAT(screen(messages), HasSubstr("> #team  (2 new)"));
  EXPECT_THAT(screen(messages), Not(HasSubstr("bob")));
  messages.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "chat #team");
  tui::PeoplePage settings(fake.screen, fake.conversations, fake.groups, tui::PeoplePage::Purpose::kGroupSettings);
  enter(settings, "nothing");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("You are not a member of #nothing."));
  settings.press(tui::control_key('u'));
  enter(settings, "te");
  EXPECT_EQ(last(), opens(tui::PageName::kGroupSettings, "team"));
  tui::PeoplePage people(fake.screen, fake.conversations, fake.groups, tui::PeoplePage::Purpose::kPerson);
  EXPECT_THAT(screen(people), Not(HasSubstr("#team")));
}

}  // namespace
}  // namespace fastchat::test
