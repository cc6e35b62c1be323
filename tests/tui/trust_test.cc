// Marks of conversations: how far a key may be trusted, in the title and in the list, and messages that name the user.
#include "client/tui/chat/trust.h"

#include "client/tui/chat/help_rows.h"
#include "client/tui/chat/main_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using tui::TrustLevel;

client::ContactInfo contact(const std::string& user, int trust, bool changed = false) {
  client::ContactInfo out;
  out.user = user;
  out.trust = trust;
  out.changed = changed;
  return out;
}

TEST(Trust, IsTheWordOfTheServerUntilThePersonActs) {
  const auto of = [](int trust, bool changed, bool wrote) {
    const client::ContactInfo info = contact("bob", trust, changed);
    return tui::trust_of(&info, wrote);
  };
  EXPECT_EQ(tui::trust_of(nullptr, true), TrustLevel::kUnknown);
  EXPECT_EQ(of(1, false, false), TrustLevel::kFirstContact);
  EXPECT_EQ(of(1, false, true), TrustLevel::kNotCompared);
  EXPECT_EQ(of(2, false, false), TrustLevel::kNotCompared) << "accepted";
  EXPECT_EQ(of(3, false, false), TrustLevel::kVerified);
  EXPECT_EQ(of(0, false, true), TrustLevel::kNotCompared) << "a value of a later version";
  for (const int trust : {1, 2, 3}) EXPECT_EQ(of(trust, true, true), TrustLevel::kChanged);
}

TEST(Trust, EachLevelHasAMarkOfOneColumnAndAWordOfItsOwn) {
  std::vector<std::string> seen;
  for (const TrustLevel level :
       {TrustLevel::kFirstContact, TrustLevel::kNotCompared, TrustLevel::kVerified, TrustLevel::kChanged}) {
    EXPECT_EQ(tui::width_of(std::string_view(tui::trust_mark(level))), 1);
    for (const std::string text : {tui::trust_mark(level), tui::trust_word(level), tui::trust_help(level)}) {
      EXPECT_THAT(seen, Not(testing::Contains(text)));
      EXPECT_FALSE(text.empty());
      seen.push_back(text);
    }
  }
  EXPECT_STREQ(tui::trust_mark(TrustLevel::kUnknown), "");
}

class Marks : public PagesTest {
 protected:
  Marks() {
    fake.people = {{"bob"_peer, 9, 0, 0}, {"carol"_peer, 8, 0, 0}, {"#team"_peer, 7, 0, 0}};
    for (auto& info : fake.people) info.wrote = info.peer == "bob"_peer;
    fake.known_groups = {{"team", "0123", 1, "alice", {"alice", "bob", "carol"}, true}};
    fake.contacts_known = {contact("bob", 1), contact("carol", 1)};
    position = 9;  // new messages are newer than the store's
  }
  tui::MainPage make() {
    return {fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
            fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
  }
  static std::string title(tui::Page& page, int width = 80, int height = 24) {
    const std::string all = screen(page, width, height);
    return all.substr(0, all.find('\n'));
  }
  tui::KeyTable keys;
};

TEST_F(Marks, TheTitleAndTheListSayHowFarAKeyMayBeTrusted) {
  auto page = make();
  page.chat("bob"_peer);
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}, {200, 50}}) {
    EXPECT_THAT(title(page, width, height), HasSubstr(" bob  ? not compared")) << width;
    expect_fits(page, width, height);
  }
  EXPECT_THAT(title(page), HasSubstr("F1 help  Esc menu"));
  EXPECT_THAT(screen(page), AllOf(HasSubstr("1 bob ?"), HasSubstr("2 carol +"), HasSubstr("3 #team ?")));
  page.chat("carol"_peer);
  EXPECT_THAT(title(page, 44, 12), HasSubstr(" carol  + first contact"));
  page.hear(tui::MessageAdded{message("carol", "alice", "hello", 5)});
  EXPECT_THAT(title(page, 44, 12), HasSubstr(" carol  ? not compared")) << "this user answered";
  page.chat("#team"_peer);
  EXPECT_THAT(title(page, 44, 12), HasSubstr(" #team  ? 0 of 2 verified"));
}

TEST_F(Marks, ChangeAtOnceWithTheKey) {
  auto page = make();
  page.chat("bob"_peer);
  screen(page);
  const size_t asked = fake.contact_lists;
  page.hear(tui::MessageAdded{message("bob", "bob", "hi")});
  page.hear(tui::TypingChanged{"bob"_peer, {"bob"}});
  screen(page);
  EXPECT_EQ(fake.contact_lists, asked) << "what is no news of a key costs nothing";
  fake.contacts_known = {contact("bob", 3), contact("carol", 1)};
  page.hear(tui::KeyShown{client::VerifyInfo()});
  EXPECT_THAT(screen(page), AllOf(HasSubstr(" bob  ✓ verified"), HasSubstr("1 bob ✓")));
  fake.contacts_known = {contact("bob", 1), contact("carol", 1)};
  page.hear(tui::TrustChanged{"bob"});
  EXPECT_THAT(title(page), HasSubstr(" bob  ? not compared")) << "another window or a command decided";
  fake.contacts_known = {contact("bob", 3), contact("carol", 1)};
  page.hear(tui::TrustChanged{"bob"});
  page.chat("#team"_peer);
  EXPECT_THAT(title(page), HasSubstr("? 1 of 2 verified"));
  fake.contacts_known = {contact("bob", 3), contact("carol", 1, true)};
  page.hear(client::Notice{client::Notice::Kind::kKeyChanged, "carol"_peer, "another key"});
  EXPECT_THAT(screen(page),
              AllOf(HasSubstr(" #team  ! key of carol changed"), HasSubstr("2 carol !"), HasSubstr("3 #team !")));
  fake.contacts_known = {contact("bob", 3), contact("carol", 3)};
  page.hear(tui::CoverChanged{true});
  EXPECT_THAT(screen(page), AllOf(HasSubstr(" #team  ✓ 2 of 2 verified"), HasSubstr("3 #team ✓")));
}

TEST_F(Marks, SomebodyNewIsReadFromTheContacts) {
  auto page = make();
  page.chat("dave"_peer);
  EXPECT_THAT(title(page), Not(HasSubstr("not compared"))) << "no key is known yet";
  EXPECT_THAT(title(page), MatchesRegex(" dave +F1 help  Esc menu.*"));
  fake.contacts_known.push_back(contact("dave", 1));
  page.hear(tui::MessageAdded{message("dave", "alice", "hello", 7)});
  EXPECT_THAT(title(page), HasSubstr(" dave  ? not compared"));
  auto stranger = message("eve", "eve", "hello");
  stranger.first_contact = true;
  fake.contacts_known.push_back(contact("eve", 1));
  page.hear(tui::MessageAdded{stranger});
  EXPECT_THAT(screen(page), HasSubstr("1 eve +"));
}

TEST_F(Marks, ALongNameIsCutBeforeItsMark) {
  const std::string name(32, 'x');
  fake.people.push_back({client::PeerName(name), 6, 0, 12});
  fake.contacts_known.push_back(contact(name, 1, true));
  auto page = make();
  page.chat(client::PeerName(name));
  page.press({tui::KeyKind::kFocusOut});
  EXPECT_THAT(title(page, 44, 12), HasSubstr("…  ! key changed"));
  page.chat("bob"_peer);
  auto unread = message(name, name, "hm");
  page.hear(tui::MessageAdded{unread});
  EXPECT_THAT(screen(page), HasSubstr("… ! 1│"));
  for (const auto& [width, height] : {std::pair{44, 12}, {60, 12}, {80, 24}}) expect_fits(page, width, height);
}

TEST_F(Marks, ATitleKeepsItsTrustWhileSomebodyTypes) {
  auto page = make();
  page.chat("#team"_peer);
  page.hear(tui::TypingChanged{"#team"_peer, {"bob", "carol"}});
  EXPECT_THAT(title(page, 60, 12), HasSubstr("#team: bob and carol are typing  ? 0 of 2 verified"));
  EXPECT_THAT(title(page, 44, 12), HasSubstr("…  ? 0 of 2 verified"));
}

TEST_F(Marks, AMessageThatNamesTheUserIsMarkedUntilItIsRead) {
  fake.people[2].unseen = 2;
  fake.people[2].mentioned = true;
  auto page = make();
  EXPECT_THAT(screen(page), MatchesRegex("(.|\n)*3 #team \\? +@2│(.|\n)*"));
  page.chat("#team"_peer);
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("@")));
  page.hear(tui::MessageAdded{message("#team", "bob", "hello")});
  EXPECT_THAT(screen(page), AllOf(Not(HasSubstr("@")), HasSubstr(" 1│"))) << "names nobody";
  auto named = message("#team", "bob", "lunch?");
  named.mentioned = "alice";
  page.hear(tui::MessageAdded{named});
  EXPECT_THAT(screen(page), HasSubstr("@2│"));
  page.chat("#team"_peer);
  enter(page, "/mute");
  page.chat("bob"_peer);
  named.position = ++position;
  page.hear(tui::MessageAdded{named});
  EXPECT_THAT(screen(page), HasSubstr("@1│")) << "a muted group has the mark, too";
}

TEST_F(Marks, AnEditThatNamesTheUserIsSeenInTheStore) {
  auto page = make();
  page.chat("bob"_peer);
  page.hear(tui::MessageAdded{message("#team", "bob", "hello")});
  screen(page);
  auto edited = message("#team", "bob", "hello @alice");
  edited.edited = true;
  edited.seen = false;
  edited.mentioned = "alice";
  fake.people[2].unseen = 1;
  fake.people[2].mentioned = true;
  page.hear(tui::MessageChanged{edited});
  EXPECT_THAT(screen(page), HasSubstr("@1│"));
}

TEST_F(Marks, TheHelpExplainsEach) {
  std::string help;
  for (const tui::Row& row : tui::help_rows(keys)) help += tui::plain_text(tui::Frame{200, 1, {row}});
  for (const char* line : {"✓ verified ", "? not compared ", "+ first contact ", "! key changed ", "@ ", "· "}) {
    EXPECT_THAT(help, HasSubstr(line));
  }
}

}  // namespace
}  // namespace fastchat::test
