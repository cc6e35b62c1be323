// vi's keys: normal mode of the line, of the main page, and of lists.
#include <random>

#include "client/tui/chat/help_rows.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/chat/picker.h"
#include "client/tui/page_stack.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/people_page.h"
#include "client/tui/pages/search_page.h"
#include "client/tui/pages/verify_page.h"
#include "client/tui/pages/vi_line.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using tui::Key;
using tui::KeyKind;
using tui::LineEditor;
using tui::ViLine;

constexpr Key kEsc{KeyKind::kEscape};

// Types a text in insert mode, leaves, and presses the letters; `~` is Esc. Returns the text with the cursor as `|`.
std::string after(const std::string& text, const std::string& letters) {
  LineEditor editor;
  ViLine vi;
  editor.insert(text);
  vi.leave(editor);
  for (const char c : letters) {
    if (c == '~') {
      vi.leave(editor);
    } else if (vi.normal()) {
      vi.press(editor, {KeyKind::kCharacter, static_cast<char32_t>(c)});
    } else {
      editor.press({KeyKind::kCharacter, static_cast<char32_t>(c)});
    }
  }
  std::string out = editor.text();
  return out.insert(editor.cursor(), vi.normal() ? "|" : "_");
}

TEST(ViLine, MovesAndStandsOnACharacter) {
  EXPECT_EQ(after("one two three", ""), "one two thre|e");
  EXPECT_EQ(after("one two three", "l"), "one two thre|e");
  EXPECT_EQ(after("one two three", "0"), "|one two three");
  EXPECT_EQ(after("one two three", "0h"), "|one two three");
  EXPECT_EQ(after("one two three", "0w"), "one |two three");
  EXPECT_EQ(after("one two three", "0wwwww"), "one two thre|e");
  EXPECT_EQ(after("one two three", "b"), "one two |three");
  EXPECT_EQ(after("one two three", "bb"), "one |two three");
  EXPECT_EQ(after("one two three", "0ee"), "one tw|o three");
  EXPECT_EQ(after("one two three", "0$"), "one two thre|e");
  EXPECT_EQ(after("  one", "^"), "  |one");
  EXPECT_EQ(after("", "hlwb0$x"), "|");
}

TEST(ViLine, WritesWhereItsLetterSays) {
  EXPECT_EQ(after("abc", "iX"), "abX_c");
  EXPECT_EQ(after("abc", "aX"), "abcX_");
  EXPECT_EQ(after("abc", "0aX"), "aX_bc");
  EXPECT_EQ(after(" abc", "IX"), " X_abc");
  EXPECT_EQ(after("abc", "0AX"), "abcX_");
  EXPECT_EQ(after("abc", "0oX"), "abc\nX_");
  EXPECT_EQ(after("abc", "0lCX"), "aX_");
  EXPECT_EQ(after("abc", "ccX"), "X_");
  EXPECT_EQ(after("abc", "iX~"), "ab|Xc");
}

TEST(ViLine, ErasesAndInsertsAgain) {
  EXPECT_EQ(after("abc", "x"), "a|b");
  EXPECT_EQ(after("abc", "0xx"), "|c");
  EXPECT_EQ(after("abc", "X"), "a|c");
  EXPECT_EQ(after("abc", "0lD"), "|a");
  EXPECT_EQ(after("one two three", "0dw"), "|two three");
  EXPECT_EQ(after("one two three", "0wde"), "one | three");
  EXPECT_EQ(after("one two three", "0wcwX"), "one X_ three");
  EXPECT_EQ(after("a b", "0cwX"), "X_ b");
  EXPECT_EQ(after("one two three", "db"), "one two |e");
  EXPECT_EQ(after("one two three", "d0"), "|e");
  EXPECT_EQ(after("one\ntwo\nthree", "dd"), "one\ntw|o") << "the cursor goes to the line before";
  EXPECT_EQ(after("abc", "dd"), "|");
  EXPECT_EQ(after("abc", "0xp"), "b|ac");
  EXPECT_EQ(after("abc", "xP"), "a|cb");
  EXPECT_EQ(after("one two", "dq"), "one tw|o") << "no motion: nothing happens";
  EXPECT_EQ(after("one two", "dG"), "one tw|o");
  EXPECT_EQ(after("one two", "zZ!Q@"), "one tw|o");
}

TEST(ViLine, UndoesChangesAndWhatWasTyped) {
  EXPECT_EQ(after("abc", "xxu"), "a|b");
  EXPECT_EQ(after("abc", "xxuu"), "ab|c");
  EXPECT_EQ(after("abc", "ccnew~u"), "ab|c");
  EXPECT_EQ(after("abc", "aX~u"), "ab|c");
  EXPECT_EQ(after("abc", "uuu"), "|") << "what was typed first";
  LineEditor editor;
  ViLine vi;
  editor.insert("of another conversation");
  vi.leave(editor);
  editor.set("mine");
  vi.forget(editor);
  for (int i = 0; i < 3; ++i) vi.press(editor, {KeyKind::kCharacter, U'u'});
  EXPECT_EQ(editor.text(), "mine");
}

TEST(ViLine, StandsBetweenCharactersWhateverIsPressed) {
  std::mt19937 random(7);
  const std::u32string letters = U"hlwbe0^$xXDCdcgupPiaIAo jkG/:nNrq~";
  for (int round = 0; round < 300; ++round) {
    LineEditor editor;
    ViLine vi;
    editor.insert("e\u0301 \U0001F44D\U0001F3FD b\n\u4e00\u4e8c  c");
    vi.leave(editor);
    for (int i = 0; i < 60; ++i) {
      const char32_t c = letters[random() % letters.size()];
      if (!vi.normal() && random() % 2 == 0) vi.leave(editor);
      vi.normal() ? vi.press(editor, {KeyKind::kCharacter, c}) : (void)editor.press({KeyKind::kCharacter, c});
      size_t at = 0;
      while (at < editor.cursor()) at = tui::next_character(editor.text(), at);
      ASSERT_EQ(at, editor.cursor());
      const bool behind = editor.cursor() == editor.line_end() && editor.cursor() != editor.line_begin();
      ASSERT_FALSE(vi.normal() && behind) << editor.text();
    }
  }
}

TEST(ViKeys, AreAPartOfTheTableOfKeys) {
  tui::KeyTable keys;
  const Key j{KeyKind::kCharacter, U'j'}, g{KeyKind::kCharacter, U'g'}, slash{KeyKind::kCharacter, U'/'};
  EXPECT_FALSE(keys.vi());
  EXPECT_EQ(keys.find(kEsc)->action, tui::Action::kMenu);
  ASSERT_TRUE(keys.bind("vi").ok());
  EXPECT_TRUE(keys.vi());
  EXPECT_FALSE(keys.find(kEsc)) << "Esc begins normal mode";
  EXPECT_EQ(keys.find({KeyKind::kFunction, 10})->action, tui::Action::kMenu);
  EXPECT_EQ(keys.find_normal(j, 0)->action, tui::Action::kNewerMessage);
  EXPECT_EQ(keys.find_normal(slash, 0)->action, tui::Action::kSearch);
  EXPECT_EQ(keys.find_normal(tui::control_key('d'), 0)->action, tui::Action::kHalfPageDown);
  EXPECT_FALSE(keys.find_normal(g, 0));
  EXPECT_EQ(keys.find_normal(g, U'g')->action, tui::Action::kHistoryStart);
  EXPECT_FALSE(keys.find_normal(j, U'd')) << "dj is no command";
  EXPECT_FALSE(keys.find_normal(tui::alt_key('j'), 0));
  EXPECT_EQ(keys.list_key(j)->kind, KeyKind::kDown);
  EXPECT_EQ(keys.list_key(g)->kind, KeyKind::kHome);
  EXPECT_EQ(keys.list_key({KeyKind::kCharacter, U'G'})->kind, KeyKind::kEnd);
  EXPECT_FALSE(keys.list_key(slash));
  EXPECT_THAT(keys.bind("vim").error().text, HasSubstr("neither vi nor"));
  ASSERT_TRUE(keys.bind("found-next = F3").ok());
  EXPECT_EQ(keys.find({KeyKind::kFunction, 3})->action, tui::Action::kNextFound);
}

std::string help_text(const tui::KeyTable& keys) {
  std::string out;
  for (const tui::Row& row : tui::help_rows(keys)) {
    for (const tui::Span& span : row) out += span.text;
    out += "\n";
  }
  return out;
}

TEST(ViKeys, TheHelpHasThoseThatAreOn) {
  tui::KeyTable keys;
  EXPECT_THAT(help_text(keys), AllOf(HasSubstr("Esc: while the line is empty"), Not(HasSubstr("Normal mode"))));
  ASSERT_TRUE(keys.bind("vi").ok());
  EXPECT_THAT(help_text(keys),
              AllOf(Not(HasSubstr("Esc: while the line is empty")), HasSubstr("Normal mode, after Esc"),
                    HasSubstr("\nk   "), HasSubstr("\ngg  "), HasSubstr("\nx, X, D, dd")));
}

class ViPage : public PagesTest {
 protected:
  ViPage() {
    EXPECT_TRUE(keys.bind("vi").ok());
    add("bob", "lunch? https://soup.example/menu", "b1", 0);
    add("alice", "yes", "a1", 7);
    add("carol", "me too", "c1", 0);
    page.chat("#team"_peer);
    fake.asked.clear();
  }
  void add(const std::string& from, const std::string& text, const std::string& id, uint64_t ref) {
    fake.history.push_back(message("#team", from, text, ref));
    fake.history.back().id = id;
  }
  void esc() { page.press(kEsc); }
  std::string shown(int width = 80, int height = 24) { return screen(page, width, height); }
  std::string last() const { return fake.asked.empty() ? "" : fake.asked.back(); }

  tui::KeyTable keys;
  tui::MainPage page{fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
                     fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
};

TEST_F(ViPage, TheMarkShowsTheModeAtEverySize) {
  EXPECT_THAT(shown(), AllOf(Not(HasSubstr("NORMAL")), HasSubstr("F10 menu")));
  esc();
  EXPECT_THAT(shown(), HasSubstr("-- NORMAL --"));
  EXPECT_THAT(shown(44, 12), HasSubstr("-- NORMAL --"));
  type(page, "k");
  EXPECT_THAT(shown(44, 12), AllOf(HasSubstr("-- NORMAL --"), HasSubstr("r reply")));
  esc();
  esc();
  esc();
  EXPECT_TRUE(fake.asked.empty()) << "Esc is harmless";
  type(page, "i");
  EXPECT_THAT(shown(), Not(HasSubstr("NORMAL")));
  enter(page, "hello");
  EXPECT_EQ(last(), "send #team hello");
}

TEST_F(ViPage, LettersPickMessagesAndActOnThem) {
  type(page, "draft");
  esc();
  type(page, "k");
  EXPECT_THAT(shown(), HasSubstr("▸carol: me too"));
  type(page, "kk");
  EXPECT_THAT(shown(), HasSubstr("▸bob: lunch?"));
  type(page, "j");
  EXPECT_THAT(shown(), HasSubstr("▸me: yes"));
  type(page, "zqx");
  EXPECT_THAT(shown(), HasSubstr("▸me: yes")) << "other letters do nothing";
  type(page, "c");
  EXPECT_EQ(last(), "copy yes");
  type(page, "i");
  EXPECT_EQ(last(), "open " + std::to_string(static_cast<int>(tui::PageName::kMessageInfo)) + "a1");
  type(page, "d");
  EXPECT_THAT(shown(), HasSubstr("Delete for everybody"));
  type(page, "n");
  type(page, "kkr");
  EXPECT_THAT(shown(), AllOf(HasSubstr("reply to"), HasSubstr("> /reply draft"), Not(HasSubstr("NORMAL"))));
  enter(page, " and more");
  EXPECT_THAT(last(), HasSubstr("draft and more"));
}

TEST_F(ViPage, ACommandAppliesToThePickedMessage) {
  esc();
  type(page, "kkk:react +1");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "react b1 +1") << "the command applies to the picked message";
  esc();
  type(page, "kahello");
  EXPECT_THAT(shown(), AllOf(Not(HasSubstr("▸")), HasSubstr("> hello"))) << "A goes back to the line";
  esc();
  type(page, "kjG");
  EXPECT_THAT(shown(), Not(HasSubstr("▸")));
}

TEST_F(ViPage, TheLineIsEditedInNormalMode) {
  type(page, "one two three");
  esc();
  type(page, "bbcwTWO");
  esc();
  EXPECT_THAT(shown(), HasSubstr("> one TWO three"));
  type(page, "u");
  EXPECT_THAT(shown(), HasSubstr("> one two three"));
  type(page, "ddp");
  EXPECT_THAT(shown(), HasSubstr("> one two three"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "send #team one two three");
  EXPECT_THAT(shown(), Not(HasSubstr("NORMAL"))) << "the next message is written";
}

TEST_F(ViPage, APasteIsTextAndNoCommands) {
  esc();
  Key paste{KeyKind::kPaste};
  paste.text = "ddk:quit";
  page.press(paste);
  EXPECT_THAT(shown(), HasSubstr("> ddk:quit"));
}

TEST_F(ViPage, AColonBeginsACommandAndLosesNoText) {
  esc();
  type(page, ":quit");
  EXPECT_THAT(shown(), HasSubstr("> /quit"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(last(), "quit");
  type(page, "a draft");
  esc();
  type(page, ":");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("The line has a text"));
  EXPECT_THAT(shown(), HasSubstr("> a draft"));
}

TEST_F(ViPage, GoesThroughWhatASearchFound) {
  esc();
  type(page, "n");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Search first"));
  type(page, "/");
  EXPECT_EQ(last(), "open " + std::to_string(static_cast<int>(tui::PageName::kSearch)));
  client::SearchPart part;
  part.found = {fake.history[2], fake.history[0]};
  page.hear(tui::SearchFound{part, true});
  page.chat("#team"_peer, fake.history[2].position);
  type(page, "n");
  EXPECT_THAT(shown(), HasSubstr("lunch?"));
  type(page, "n");
  EXPECT_THAT(fake.toasts.back(), HasSubstr("no further message"));
  type(page, "N");
  const size_t toasts = fake.toasts.size();
  type(page, "N");
  EXPECT_EQ(fake.toasts.size(), toasts + 1) << "the newest was reached";
}

TEST_F(ViPage, WithoutTheSettingNothingChanges) {
  tui::KeyTable usual;
  tui::MainPage other{fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
                      fake.local_files, fake.desktop,       fake.contacts, fake.settings, usual};
  other.chat("#team"_peer);
  enter(other, "jk:/gg");
  EXPECT_EQ(last(), "send #team jk:/gg");
  other.press(kEsc);
  EXPECT_EQ(last(), "open " + std::to_string(static_cast<int>(tui::PageName::kMenu)));
}

TEST_F(ViPage, LettersMoveInListsAndTheLineOfAListIsLeftFirst) {
  for (const char* name : {"anna", "bert", "jack"}) fake.people.push_back({client::PeerName(name), 1, 0, 0});
  tui::PageStack stack;
  const auto press = [&](const std::string& letters) {
    for (const char c : letters) stack.press({KeyKind::kCharacter, static_cast<char32_t>(c)}, keys);
  };
  stack.push(std::make_unique<tui::PeoplePage>(fake.screen, fake.conversations, fake.groups,
                                               tui::PeoplePage::Purpose::kPerson));
  press("j");
  EXPECT_THAT(screen(stack.top()), AllOf(HasSubstr("To j"), HasSubstr("> jack"), Not(HasSubstr("NORMAL"))));
  stack.press({KeyKind::kBackspace}, keys);
  stack.press(kEsc, keys);
  EXPECT_TRUE(fake.asked.empty());
  press("jz");
  EXPECT_THAT(screen(stack.top(), 44, 12), AllOf(HasSubstr("> bert"), HasSubstr("-- NORMAL --")));
  press("G");
  EXPECT_THAT(screen(stack.top()), HasSubstr("> jack"));
  press("g");
  EXPECT_THAT(screen(stack.top()), HasSubstr("> anna"));
  press("/be");
  EXPECT_THAT(screen(stack.top()), AllOf(HasSubstr("To be"), HasSubstr("> bert"), Not(HasSubstr("NORMAL"))));
  stack.press(kEsc, keys);
  stack.press({KeyKind::kEnter}, keys);
  EXPECT_EQ(last(), "chat bert");
  stack.press(kEsc, keys);
  EXPECT_EQ(last(), "back");
}

TEST_F(ViPage, ALetterOfAPageKeepsItsMeaning) {
  tui::PageStack stack;
  stack.push(tui::main_menu(fake.screen, fake.accounts));
  const auto press = [&](char32_t c) { stack.press({KeyKind::kCharacter, c}, keys); };
  press(U'j');
  EXPECT_THAT(screen(stack.top()), HasSubstr("> g  Group message"));
  press(U'G');
  EXPECT_THAT(screen(stack.top()), HasSubstr("> q  Quit"));
  press(U'k');
  EXPECT_THAT(screen(stack.top()), HasSubstr("> x  Delete the account"));
  press(U'g');
  EXPECT_EQ(last(), "open " + std::to_string(static_cast<int>(tui::PageName::kGroups)));
}

TEST_F(ViPage, KKeepsTheKnownKeyWhereAnotherIsShown) {
  tui::PageStack stack;
  stack.push(std::make_unique<tui::VerifyPage>(fake.screen, fake.contacts, "bob"));
  const Key k{KeyKind::kCharacter, U'k'};
  stack.press(k, keys);
  EXPECT_EQ(last(), "verify bob") << "no key is shown yet";
  client::VerifyInfo info;
  info.user = "bob";
  info.changed = true;
  stack.top().hear(tui::KeyShown{info});
  stack.press(k, keys);
  EXPECT_EQ(last(), "keep bob");
}

// The reactions, the conversations, the links: a line, then a list under it.
class ViPicker : public testing::Test {
 protected:
  ViPicker() {
    EXPECT_TRUE(keys_.bind("vi").ok());
    std::vector<tui::PickerItem> items;
    for (const char* name : {"ant", "bee", "jay", "kite"}) items.push_back({name, name});
    picker_.open(
        {"React to bob: hi", "Emoji: ", std::move(items), [this](const std::string& v) { chosen_ = v; }, "None."});
  }
  void press(const Key& key) { picker_.press(key, keys_); }
  void letters(const std::string& text) {
    for (const char c : text) press({KeyKind::kCharacter, static_cast<char32_t>(c)});
  }
  std::string shown() {
    tui::Frame frame = picker_.draw(44, 10);
    std::string out;
    for (int y = 0; y < frame.height; ++y) {
      for (const auto& piece : frame.row(y)) out += piece.text;
      out += "\n";
    }
    return out;
  }

  tui::KeyTable keys_;
  tui::OpenPicker picker_;
  std::string chosen_ = "nothing";
};

TEST_F(ViPicker, LettersAreTextInTheLineAndMoveInTheList) {
  letters("j");
  EXPECT_THAT(shown(), AllOf(HasSubstr("Emoji: j"), HasSubstr("> jay"), Not(HasSubstr("bee"))));
  press({KeyKind::kBackspace});
  press(kEsc);
  EXPECT_THAT(shown(), HasSubstr(tui::kNormalMark));
  letters("jj");
  EXPECT_THAT(shown(), HasSubstr("> jay"));
  letters("kx");
  EXPECT_THAT(shown(), AllOf(HasSubstr("> bee"), Not(HasSubstr("Emoji: x")))) << "a letter without a use does nothing";
  letters("G");
  EXPECT_THAT(shown(), HasSubstr("> kite"));
  letters("g");
  EXPECT_THAT(shown(), HasSubstr("> ant"));
  letters("j");
  press({KeyKind::kEnter});
  EXPECT_EQ(chosen_, "bee");
  EXPECT_FALSE(picker_.is_open());
}

TEST_F(ViPicker, TheLineIsBackWithIAndASecondEscLeaves) {
  press(kEsc);
  letters("i");
  EXPECT_THAT(shown(), Not(HasSubstr(tui::kNormalMark)));
  letters("k");
  EXPECT_THAT(shown(), HasSubstr("Emoji: k"));
  press(kEsc);
  press(kEsc);
  EXPECT_FALSE(picker_.is_open());
  EXPECT_EQ(chosen_, "nothing");
}

TEST_F(ViPicker, WithoutViEscLeavesAtOnceAndJIsText) {
  keys_ = tui::KeyTable();
  letters("j");
  EXPECT_THAT(shown(), HasSubstr("Emoji: j"));
  press(kEsc);
  EXPECT_FALSE(picker_.is_open());
}

}  // namespace
}  // namespace fastchat::test
