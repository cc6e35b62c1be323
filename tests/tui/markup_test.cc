// Names and marks in texts: mentions, bold text, and a check that nothing of a text is lost.
#include "client/messages/mention.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/emphasis.h"
#include "client/tui/pages/message_lines.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> named(const std::string& text, const std::string& me = "alice") {
  std::vector<std::string> out;
  for (const client::Mention& m : client::mentions_in(text, me)) {
    out.push_back(m.user + "=" + text.substr(m.begin, m.end - m.begin));
  }
  return out;
}

TEST(Mentions, AreNamesBehindASignAndOnesOwn) {
  EXPECT_THAT(named("@bob: see @Carol-2, alice!"), ElementsAre("bob=@bob", "carol-2=@Carol-2", "alice=alice"));
  EXPECT_THAT(named("ALICE, @alice"), ElementsAre("alice=ALICE", "alice=@alice"));
  EXPECT_THAT(named("(@bob)"), ElementsAre("bob=@bob"));
}

TEST(Mentions, AreNotAddressesAndNotPartsOfWords) {
  EXPECT_THAT(named("bob@example.org alice@example.org @@bob @b @ malice alices alice's-cat"),
              ElementsAre("alice=alice"));
  EXPECT_THAT(named("éalice aliceé @bobé"), IsEmpty());
  EXPECT_THAT(named("alice", ""), IsEmpty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "@bob ";
  EXPECT_EQ(named(many).size(), 200u);
}

TEST(Mentions, OnesOwnAreToldFromThoseOfOthers) {
  EXPECT_TRUE(client::mentions("hi Alice", "alice"));
  EXPECT_FALSE(client::mentions("hi @bob", "alice"));
  EXPECT_FALSE(client::mentions("hi", ""));
}

std::vector<std::string> marked(const std::string& text) {
  std::vector<std::string> out;
  for (const tui::Emphasis& e : tui::emphasis_in(text)) {
    const char* kind = e.kind == tui::Emphasis::Kind::kBold ? "b" : e.kind == tui::Emphasis::Kind::kItalic ? "i" : "c";
    out.push_back(kind + text.substr(e.begin, e.end - e.begin));
  }
  return out;
}

TEST(Emphasis, IsWhatPeopleTypeAroundWords) {
  EXPECT_THAT(marked("*now* and _then_ run `ls *.c`"), ElementsAre("b*now*", "i_then_", "c`ls *.c`"));
  EXPECT_THAT(marked("**both**, (*in* brackets) *_together_*"),
              ElementsAre("b*both*", "b*in*", "b*_together_*", "i_together_"));
  EXPECT_THAT(marked("before\n```\nint *a = b*c;\n```\n*after*"), ElementsAre("c```\nint *a = b*c;\n```", "b*after*"));
}

TEST(Emphasis, IsNotArithmeticNamesOrAMarkAlone) {
  EXPECT_THAT(marked("2*3*4 snake_case_name a * b * c"), IsEmpty());
  EXPECT_THAT(marked("*alone\n*on the next line* `x"), ElementsAre("b*on the next line*"));
  EXPECT_THAT(marked("* item\n* item *"), IsEmpty());
  EXPECT_THAT(marked("```\nnever closed *a*"), ElementsAre("b*a*"));
  EXPECT_THAT(marked("*"), IsEmpty());
  EXPECT_THAT(marked(""), IsEmpty());
}

TEST(Emphasis, OfAHostileTextCostsLittle) {
  for (const std::string piece : {"*a ", "_a ", "`a ", "*", "``` ", "\n```", "*a_b`"}) {
    std::string text;
    while (text.size() < 16 * 1024) text += piece;
    EXPECT_LE(tui::emphasis_in(text).size(), 500u);
    EXPECT_LE(tui::emphasis_in(text + "a* a_ a`").size(), 500u);
  }
}

TEST(Emphasis, HasABound) {
  EXPECT_THAT(marked("*" + std::string(1500, 'a') + "* *b*"), ElementsAre("b*b*"));
}

TEST(Markup, EndsWhereTheSenderStopped) {
  client::ChatMessage m;
  m.from = "bob";
  m.text = "*half";
  m.reactions = {{"eve", "x* https://evil.example/ @alice"}};
  for (const tui::Row& row : tui::message_rows(m, 200)) {
    for (const tui::Span& span : row) EXPECT_TRUE(span.link.empty() && !span.bold && !span.italic) << span.text;
  }
}

struct Piece {
  std::string text;
  tui::Style style;
  bool bold, italic;
};

TEST(Markup, StylesTheTextAndLosesNothing) {
  client::ChatMessage m;
  m.from = "bob";
  m.peer = "#team"_peer;
  m.mentioned = "alice";
  m.text = "alice: *soup* or _salad_? ask @carol, `x` https://soup.example/*a*b";
  std::map<std::string, Piece> pieces;
  std::string all;
  for (const tui::Row& row : tui::message_rows(m, 200)) {
    for (const tui::Span& span : row) {
      pieces[span.text] = {span.text, span.style, span.bold, span.italic};
      all += span.text;
    }
  }
  EXPECT_THAT(all, HasSubstr(m.text));
  EXPECT_EQ(pieces["alice"].style, tui::Style::kUnread);
  EXPECT_EQ(pieces["@carol"].style, tui::style_of_name("carol"));
  EXPECT_TRUE(pieces["*soup*"].bold);
  EXPECT_TRUE(pieces["_salad_"].italic);
  EXPECT_EQ(pieces["`x`"].style, tui::Style::kCode);
  EXPECT_TRUE(pieces.contains("https://soup.example/*a*b")) << "a link is one piece";
}

class NotifyLevels : public PagesTest {
 protected:
  tui::KeyTable keys;
  tui::MainPage page{fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
                     fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
};

TEST_F(NotifyLevels, OfAllOfMentionsOrOfNone) {
  page.chat("#team"_peer);
  auto plain = message("#team", "bob", "hm"), naming = message("#team", "bob", "alice?");
  naming.mentioned = "alice";
  EXPECT_TRUE(page.notifies(plain));
  enter(page, "/notify mentions");
  EXPECT_FALSE(page.notifies(plain));
  EXPECT_TRUE(page.notifies(naming));
  EXPECT_TRUE(page.notifies(message("bob", "bob", "hm"))) << "other conversations are as before";
  enter(page, "/notify none");
  EXPECT_FALSE(page.notifies(naming));
  enter(page, "/mute");
  EXPECT_TRUE(page.notifies(plain));
  enter(page, "/notify often");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("all, mentions or none"));
  enter(page, "/dnd");
  EXPECT_FALSE(page.notifies(naming));
}

TEST_F(NotifyLevels, TabCompletesMembersWhoNeverWrote) {
  client::GroupInfo team;
  team.name = "team";
  team.members = {"alice", "bob", "carol"};
  team.member = true;
  fake.known_groups = {team};
  page.hear(tui::GroupChanged{"team"});
  page.chat("#team"_peer);
  type(page, "hello @ca");
  page.press({tui::KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("> hello @carol"));
}

}  // namespace
}  // namespace fastchat::test
