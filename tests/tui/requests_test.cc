// Requests of strangers on the screen: their page, the row above the conversations, and a conversation with a stranger.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/requests_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

client::RequestInfo request(const std::string& user, const std::string& text) {
  client::RequestInfo out;
  out.peer = client::PeerName(user);
  out.from = user;
  out.text = text;
  out.messages = 1;
  return out;
}

using AllRequests = testing::Matcher<std::string>;

class RequestPages : public PagesTest {
 protected:
  RequestPages() {
    fake.open_requests = {request("mallory", "buy this"), request("nina", "hello")};
    client::RequestInfo group;
    group.peer = "#trap"_peer;
    group.from = "mallory";
    group.members = 3;
    group.fingerprint = std::string(64, 'a');
    fake.open_requests.push_back(group);
  }
};

TEST_F(RequestPages, EachHasItsFirstWordsAndTheKeysThatAnswer) {
  tui::RequestsPage page(fake.screen, fake.contacts);
  const AllRequests all = AllOf(HasSubstr("> mallory  1 message"), HasSubstr("buy this"), HasSubstr("  nina"));
  EXPECT_THAT(screen(page, 80, 24), AllOf(all, HasSubstr("A accepts, D declines, B blocks, Enter reads, Esc back")));
  EXPECT_THAT(screen(page, 44, 12), AllOf(all, HasSubstr("A accept, D decline, B block, Enter, Esc")));
  page.press({tui::KeyKind::kDown});
  page.press({tui::KeyKind::kCharacter, U'a'});
  EXPECT_THAT(fake.asked, ElementsAre("accept nina"));
  page.press({tui::KeyKind::kDown});
  EXPECT_THAT(screen(page, 80, 24),
              AllOf(HasSubstr("> #trap  group of mallory, 3 members"), HasSubstr("key aaaaaaaaaaaaaaaa")));
}

TEST_F(RequestPages, DecliningAndBlockingAskFirst) {
  tui::RequestsPage page(fake.screen, fake.contacts);
  page.press({tui::KeyKind::kCharacter, U'd'});
  EXPECT_THAT(screen(page, 80, 24), HasSubstr("Delete the request of mallory with its messages? y n"));
  page.press({tui::KeyKind::kCharacter, U'n'});
  EXPECT_THAT(fake.asked, IsEmpty());
  page.press({tui::KeyKind::kCharacter, U'd'});
  page.press({tui::KeyKind::kCharacter, U'y'});
  page.press({tui::KeyKind::kCharacter, U'b'});
  page.press({tui::KeyKind::kCharacter, U'y'});
  EXPECT_THAT(fake.asked, ElementsAre("decline mallory", "block mallory"));
}

TEST_F(RequestPages, TheQuestionAboutAGroupNamesTheGroupAndItsAdmin) {
  tui::RequestsPage page(fake.screen, fake.contacts);
  for (int i = 0; i < 2; ++i) page.press({tui::KeyKind::kDown});
  page.press({tui::KeyKind::kCharacter, U'b'});
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("Block mallory and leave #trap? y n"));
  client::RequestInfo handed = fake.open_requests.front();
  handed.peer = "#trap"_peer;
  EXPECT_EQ(tui::decline_question(handed), "Leave #trap and delete its messages?");
  handed.admin_is_me = true;
  EXPECT_EQ(tui::decline_question(handed), "Delete #trap for all members?");
  page.press({tui::KeyKind::kCharacter, U'y'});
  EXPECT_THAT(fake.asked, ElementsAre("decline #trap", "block mallory"));
}

// The first words come from a stranger, through a daemon perhaps.
TEST_F(RequestPages, HostileWordsAreDrawnHarmless) {
  const std::string hostile[] = {
      "\x1b]52;c;aGk=\x07\x1b[2J\x9b"
      "31mred\r\nnext",
      "\u202Erev\u202C\u2066iso\u2069\u200B\u200D\uFEFF",
      std::string(16 * 1024, 'a'),
      "\U0001F468\u200D\U0001F469\u200D\U0001F467\U0001F1E9\U0001F1EA\u4E2D\u6587" + std::string(400, '\xff'),
  };
  fake.open_requests.clear();
  for (const std::string& text : hostile) fake.open_requests.push_back(request("mallory", text));
  std::string zalgo = "z";
  for (int i = 0; i < 5'000; ++i) zalgo += "\u0301";
  fake.open_requests.push_back(request("nina", zalgo));
  fake.open_requests.push_back(request("olga", "\u200B\u200B"));
  tui::RequestsPage page(fake.screen, fake.contacts);
  for (const auto& [width, height] : {std::pair(44, 12), std::pair(80, 24), std::pair(10, 5), std::pair(300, 100)}) {
    expect_fits(page, width, height);
    const std::string shown = screen(page, width, height);
    for (const char* bad : {"\x1b", "\x07", "\r", "\u202E", "\u202C", "\u2066", "\u200B", "\uFEFF"}) {
      EXPECT_THAT(shown, Not(HasSubstr(bad)));
    }
  }
  EXPECT_THAT(screen(page, 80, 24), HasSubstr("a message without text"));
}

// A name has 32 characters at most. In vi's normal mode the line shares its row with the mark.
TEST_F(RequestPages, TheLineOfAStrangerIsWholeOn44Columns) {
  const std::string name(32, 'm');
  fake.open_requests.push_back(request(name, "hello"));
  fake.contacts_known = {{"bob", std::string(64, 'b'), 1, false, 5, 2}, {name + "x", "", -1, false, 5, 2}};
  tui::KeyTable keys;
  ASSERT_TRUE(keys.bind("vi").ok());
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat(client::PeerName(name));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr(" Stranger: /accept /decline /block "));
  EXPECT_THAT(screen(page, 120, 24), HasSubstr(name + " is a stranger: /accept /decline /block "));
  EXPECT_THAT(screen(page, 140, 24), HasSubstr(name + " is a stranger: /accept, /decline or /block; writing accepts"));
  page.chat("#trap"_peer);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr(" Invitation: /accept /decline "));
  EXPECT_THAT(screen(page, 120, 24), HasSubstr("A stranger's group: /accept or /decline; writing accepts"));
  EXPECT_THAT(screen(page, 120, 24), Not(HasSubstr("/block")));
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr(" bob is blocked: /unblock ends that "));
  page.chat(client::PeerName(name + "x"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr(" Blocked: /unblock ends that "));
  for (const int width : {44, 80, 120}) expect_fits(page, width, 12);
  page.chat(client::PeerName(name));
  page.press({tui::KeyKind::kEscape});
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("-- NORMAL --  /accept /decline /block "));
}

TEST_F(RequestPages, AHiddenInvitationIsNoConversation) {
  fake.open_requests.clear();
  client::GroupInfo group;
  group.name = "trap";
  group.member = group.request = true;
  fake.known_groups = {group};
  tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  EXPECT_THAT(screen(page), Not(HasSubstr("trap")));
  page.chat("#trap"_peer);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr(" Invitation: /accept /decline "));
}

// Another window declined the request.
TEST_F(RequestPages, AConversationThatIsDeletedIsEmptyInEachWindow) {
  fake.history = {message("nina", "nina", "hello there")};
  tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("nina"_peer);
  EXPECT_THAT(screen(page), HasSubstr("hello there"));
  fake.history.clear();
  page.hear(tui::TrustChanged{"nina"});
  EXPECT_THAT(screen(page), Not(HasSubstr("hello there")));
}

TEST_F(RequestPages, AQuestionGoesWithItsRequest) {
  tui::RequestsPage page(fake.screen, fake.contacts);
  page.press({tui::KeyKind::kCharacter, U'b'});
  fake.open_requests.erase(fake.open_requests.begin());
  page.hear(tui::TrustChanged{"mallory"});
  page.press({tui::KeyKind::kCharacter, U'y'});
  EXPECT_THAT(fake.asked, IsEmpty()) << "nina is not blocked in mallory's place";
}

TEST_F(RequestPages, AreARowAboveTheConversationsAndNoConversation) {
  fake.people = {{"bob"_peer, 9, 0, 0}, {"mallory"_peer, 8, 0, 0}};
  fake.people[1].request = true;
  position = 9;
  tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  for (const auto& [width, height] : {std::pair(80, 24), std::pair(44, 12)}) {
    EXPECT_THAT(screen(page, width, height),
                AllOf(HasSubstr("Requests (3)"), HasSubstr("1 bob"), Not(HasSubstr("mallory"))));
    expect_fits(page, width, height);
  }
  fake.open_requests.pop_back();
  auto asks = message("nina", "nina", "hello");
  asks.request = true;
  page.hear(tui::MessageAdded{asks});
  EXPECT_THAT(screen(page), AllOf(HasSubstr("Requests (2)"), Not(HasSubstr("2 nina"))));
  fake.asked.clear();
  screen(page, 44, 12);
  page.press({.kind = tui::KeyKind::kClick, .x = 3, .y = 1});
  EXPECT_THAT(fake.asked, ElementsAre("open " + std::to_string(static_cast<int>(tui::PageName::kRequests))));
  fake.history = {asks};
  page.chat("nina"_peer);
  for (const auto& [width, height] : {std::pair(80, 24), std::pair(44, 12)}) {
    EXPECT_THAT(screen(page, width, height),
                HasSubstr(width < 80 ? "Stranger: /accept /decline /block" : "nina is a stranger: /accept"));
    expect_fits(page, width, height);
  }
  enter(page, "/accept");
  enter(page, "/decline");
  EXPECT_THAT(screen(page), HasSubstr("Delete the request of nina with its messages? y n"));
  page.press({tui::KeyKind::kCharacter, U'y'});
  EXPECT_THAT(fake.asked, AllOf(testing::Contains("accept nina"), testing::Contains("decline nina")));
  EXPECT_TRUE(page.peer().empty());
}

TEST_F(RequestPages, ABlockedPersonIsMarked) {
  fake.open_requests.clear();
  fake.people = {{"bob"_peer, 9, 0, 0}};
  fake.contacts_known = {{"bob", std::string(64, 'b'), 1, false, 5, 2}};
  tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  EXPECT_THAT(screen(page), HasSubstr("1 bob x"));
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), AllOf(HasSubstr(" bob  x blocked"), HasSubstr("bob is blocked: /unblock ends that")));
  enter(page, "/unblock");
  EXPECT_THAT(fake.asked, testing::Contains("unblock bob"));
}

TEST_F(RequestPages, WithoutRequestsItSaysSo) {
  fake.open_requests.clear();
  tui::RequestsPage page(fake.screen, fake.contacts);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("No stranger waits"));
  for (const char32_t letter : {U'a', U'd', U'b'}) page.press({tui::KeyKind::kCharacter, letter});
  page.press({tui::KeyKind::kEnter});
  EXPECT_THAT(fake.asked, IsEmpty());
}

}  // namespace
}  // namespace fastchat::test
