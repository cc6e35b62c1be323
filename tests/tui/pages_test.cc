// The pages of the screen, read as text: keys in, a picture out, with a desk that records what was asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>

#include "client/tui/chat_page.h"
#include "client/tui/form_page.h"
#include "client/tui/menu_page.h"
#include "client/tui/people_page.h"
#include "client/tui/text.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tui::Key;
using tui::KeyKind;

class RecordingDesk : public tui::Desk {
 public:
  void go(tui::PageName page, std::string argument) override {
    asked.push_back("go " + std::to_string(static_cast<int>(page)) + argument);
  }
  void quit() override { asked.push_back("quit"); }
  bool needs_invite() const override { return invite; }
  std::string user() const override { return "alice"; }
  void sign_up(const std::string& line, const std::string& name, std::string password) override {
    asked.push_back("sign up " + line + " " + name + " " + password);
  }
  void log_in(const std::string&, const std::string& name, std::string password) override {
    asked.push_back("log in " + name + " " + password);
  }
  void unlock(std::string password) override { asked.push_back("unlock " + password); }
  void log_out() override { asked.push_back("log out"); }
  std::string passphrase() override { return "five-words"; }
  std::vector<store::Conversation> conversations() override { return people; }
  std::vector<client::ChatMessage> history(const std::string&, size_t) override { return messages; }
  void send(const std::string& to, const std::string& text) override { asked.push_back("send " + to + " " + text); }
  void mark_read(const std::string& peer) override { asked.push_back("read " + peer); }

  std::vector<std::string> asked;
  std::vector<store::Conversation> people;
  std::vector<client::ChatMessage> messages;
  bool invite = false;
};

class Pages : public testing::Test {
 protected:
  Pages() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  static std::string screen(const tui::Page& page, int width = 60, int height = 16) {
    tui::Frame frame;
    frame.width = width;
    frame.height = height;
    page.draw(frame);
    return tui::plain_text(frame);
  }
  static void type(tui::Page& page, const std::string& text) {
    for (const char c : text) page.press({KeyKind::kCharacter, static_cast<char32_t>(c)});
  }
  static client::ChatMessage message(const std::string& from, const std::string& text, uint64_t ref = 0) {
    client::ChatMessage m;
    m.peer = "bob";
    m.from = from;
    m.text = text;
    m.mine = ref != 0;
    m.ref = ref;
    m.state = ref != 0 ? client::MessageState::kSending : client::MessageState::kReceived;
    return m;
  }
  RecordingDesk desk;
};

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

TEST_F(Pages, AFailureKeepsTheNameAndAsksForThePasswordAgain) {
  tui::FormPage page(desk, tui::FormPage::Purpose::kLogIn);
  type(page, "alice");
  page.press({KeyKind::kEnter});
  type(page, "wrong password");
  page.press({KeyKind::kEnter});
  page.on_failure(err(Code::kBadCredentials, "Wrong name or password."));
  EXPECT_THAT(screen(page), HasSubstr("Wrong name or password."));
  EXPECT_THAT(screen(page), HasSubstr("alice"));
  type(page, "right password");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "log in alice right password");
}

TEST_F(Pages, APassphraseIsOfferedAndShownToBeWrittenDown) {
  tui::FormPage page(desk, tui::FormPage::Purpose::kSignUp);
  type(page, "alice");
  page.press({KeyKind::kControl, 'g'});
  EXPECT_THAT(screen(page), HasSubstr("five-words"));
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "sign up  alice five-words");
}

TEST_F(Pages, TheMenuIsReachedByArrowsAndLetters) {
  tui::MenuPage page(desk, "FastChat", {},
                     {{'d', "Direct message", tui::PageName::kPeople},
                      {'q', "Quit", tui::PageName::kMenu, tui::MenuPage::Choice::Act::kQuit}},
                     false);
  EXPECT_THAT(screen(page), HasSubstr("> d  Direct message"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "quit");
  type(page, "d");
  EXPECT_EQ(desk.asked.back(), "go 5");
}

TEST_F(Pages, APersonIsPickedFromTheListOrTyped) {
  desk.people = {{"bob", 9, 0, 2}, {"carol", 8, 0, 0}};
  tui::PeoplePage page(desk);
  EXPECT_THAT(screen(page), HasSubstr("> bob  (2 new)"));
  page.press({KeyKind::kDown});
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "go 6carol");
  type(page, "dave");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "go 6dave");
}

TEST_F(Pages, AMessageShowsItsStateFromSendingToDelivered) {
  tui::ChatPage page(desk, "bob");
  type(page, "hello");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(desk.asked.back(), "send bob hello");
  page.on_message(message("alice", "hello", 5));
  EXPECT_THAT(screen(page), HasSubstr("me: hello"));
  EXPECT_THAT(screen(page), HasSubstr("sending"));
  for (const auto& [state, shown] :
       {std::pair{client::MessageState::kQueued, "queued"}, {client::MessageState::kDelivered, "delivered"}}) {
    client::ReceiptEvent e;
    e.ref = 5;
    e.state = state;
    page.on_receipt(e);
    EXPECT_THAT(screen(page), HasSubstr(shown));
  }
  EXPECT_THAT(screen(page), Not(HasSubstr("sending")));
}

TEST_F(Pages, AMistypedCommandIsNeverSent) {
  tui::ChatPage page(desk, "bob");
  desk.asked.clear();
  type(page, "/qiut");
  page.press({KeyKind::kEnter});
  EXPECT_TRUE(desk.asked.empty());
  EXPECT_THAT(screen(page), HasSubstr("Nothing was sent"));
  EXPECT_THAT(screen(page), HasSubstr("> /qiut")) << "what was typed is still there";
}

TEST_F(Pages, WhatCouldNotBeSentIsBackInTheLine) {
  tui::ChatPage page(desk, "bob");
  type(page, "hello");
  page.press({KeyKind::kEnter});
  page.on_failure(err(Code::kUnknownUser, "there is nobody called bob"));
  EXPECT_THAT(screen(page), HasSubstr("nobody called bob"));
  EXPECT_THAT(screen(page), HasSubstr("> hello"));
}

TEST_F(Pages, EveryPageFitsIn44By12AndNeverDrawsPastTheEdge) {
  desk.messages = {message("bob", std::string(300, 'w')),
                   message("bob", "漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文"),
                   message("alice", "e\u0301\u0301 ok", 3)};
  desk.people = {{"a-very-long-name-of-thirty-two-ch", 9, 0, 2}};
  tui::ChatPage chat(desk, "bob");
  tui::PeoplePage people(desk);
  tui::FormPage form(desk, tui::FormPage::Purpose::kSignUp);
  for (const auto* page : std::initializer_list<const tui::Page*>{&chat, &people, &form}) {
    for (const int width : {44, 80, 300}) {
      tui::Frame frame;
      frame.width = width;
      frame.height = 12;
      page->draw(frame);
      EXPECT_LE(frame.rows.size(), 12u);
      for (const auto& row : frame.rows) {
        int columns = 0;
        for (const auto& span : row) columns += tui::width_of(span.text);
        EXPECT_LE(columns, width);
      }
    }
  }
}

TEST(Text, WrapsAtBlanksAndNeverSplitsAWideCharacter) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_THAT(tui::wrap("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(tui::wrap("漢字漢字", 5), ElementsAre("漢字", "漢字"));
  EXPECT_THAT(tui::wrap("a\n\nb", 8), ElementsAre("a", "", "b"));
  EXPECT_THAT(tui::wrap("", 8), ElementsAre(""));
  EXPECT_EQ(tui::clip("abcdef", 4), "abc…");
}

TEST(LineEditor, EditsByCharacterNotByByte) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  tui::LineEditor e;
  e.set("a漢e\u0301");
  e.press({KeyKind::kBackspace});
  EXPECT_EQ(e.text(), "a漢");
  e.press({KeyKind::kLeft});
  e.press({KeyKind::kCharacter, U'x'});
  EXPECT_EQ(e.text(), "ax漢");
  e.press({KeyKind::kControl, 'u'});
  EXPECT_EQ(e.text(), "漢");
  EXPECT_EQ(e.show(10).cursor, 0);
  EXPECT_EQ(e.show(10, true).text, "*");
}

}  // namespace
}  // namespace fastchat::test
