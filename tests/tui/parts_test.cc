// The small parts of the screen: text on a grid, the editor, keys, commands, completion, themes, settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "client/e2e/sanitise.h"
#include "client/session/draft_home.h"
#include "client/tui/adapters/unsent_book.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/completion.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/chat/emoji_words.h"
#include "client/tui/chat/help_rows.h"
#include "client/tui/chat/key_table.h"
#include "client/tui/chat/message_pane.h"
#include "client/tui/chat/picker.h"
#include "client/tui/notify.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/typed_path.h"
#include "client/tui/picture/qr.h"
#include "client/tui/settings.h"
#include "client/tui/status_line.h"
#include "client/tui/terminal/key_names.h"
#include "client/tui/terminal/text.h"
#include "client/tui/terminal/theme.h"
#include "tests/common/temporary.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tui::Key;
using tui::KeyKind;

class Utf8 : public testing::Test {
 protected:
  Utf8() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
};
class Text : public Utf8 {};
class LineEditor : public Utf8 {};
class Completion : public Utf8 {};

TEST_F(Text, WrapsAtBlanksAndNeverSplitsAWideCharacter) {
  EXPECT_THAT(tui::wrap("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(tui::wrap("漢字漢字", 5), ElementsAre("漢字", "漢字"));
  EXPECT_THAT(tui::wrap("a\n\nb", 8), ElementsAre("a", "", "b"));
  EXPECT_THAT(tui::wrap("", 8), ElementsAre(""));
  EXPECT_THAT(tui::wrap_after("12345", "abc def", 8), ElementsAre("abc", "def"));
  EXPECT_EQ(tui::clip("abcdef", 4), "abc…");
}

TEST_F(Text, ItemsStandWholeOnALine) {
  EXPECT_THAT(tui::wrap_items("r reply  + react  i info  Up Down  Esc", 18),
              testing::ElementsAre("r reply  + react", "i info  Up Down", "Esc"));
  EXPECT_THAT(tui::wrap_items("r reply  + react", 80), testing::ElementsAre("r reply  + react"));
  EXPECT_THAT(tui::wrap_items("a very long item  b", 8), testing::ElementsAre("a very", "long", "item  b"));
  EXPECT_THAT(tui::wrap_items("", 8), testing::ElementsAre(""));
}

TEST_F(Text, ATabReachesTheNextStopOfEight) {
  EXPECT_EQ(tui::expand_tabs("a\tb\tc"), "a       b       c");
  EXPECT_EQ(tui::expand_tabs("\t|"), "        |");
  EXPECT_EQ(tui::expand_tabs("12345678\t|"), "12345678        |");
  EXPECT_EQ(tui::expand_tabs("漢字\t|\nab\t|"), "漢字    |\nab      |");
  EXPECT_EQ(tui::expand_tabs("none"), "none");
}

TEST_F(LineEditor, KeepsATabAndShowsTheBlanksOfIt) {
  tui::LineEditor e;
  Key paste{KeyKind::kPaste};
  paste.text = "a\tb";
  e.press(paste);
  EXPECT_EQ(e.text(), "a\tb");
  EXPECT_THAT(e.block(40).lines, ElementsAre("a       b"));
  EXPECT_EQ(e.block(40).column, 9);
  EXPECT_EQ(e.show(40).text, "a b");
  for (int columns = 1; columns < 12; ++columns) {
    for (const std::string& line : e.block(columns).lines) EXPECT_LE(tui::width_of(line), std::max(columns, 1));
  }
}

TEST_F(LineEditor, APasteOfAnySystemsLinesHasOneBreakForEach) {
  for (const char* text : {"a\r\nb", "a\rb", "a\nb"}) {
    tui::LineEditor e;
    Key paste{KeyKind::kPaste};
    paste.text = text;
    e.press(paste);
    EXPECT_EQ(e.text(), "a\nb");
  }
}

TEST(Theme, OnATerminalOfRgbAColourOfThePaletteIsItsRgb) {
  EXPECT_EQ(tui::direct_colour(-1), -1);
  EXPECT_EQ(tui::direct_colour(3), 3);  // xterm-direct keeps the basic ones
  EXPECT_EQ(tui::direct_colour(9), 0xFF0000);
  EXPECT_EQ(tui::direct_colour(71), 0x5FAF5F);
  EXPECT_EQ(tui::direct_colour(240), 0x585858);
  EXPECT_EQ(tui::direct_colour(255), 0xEEEEEE);
  for (int16_t colour = 8; colour < 256; ++colour) {
    EXPECT_GE(tui::direct_colour(colour), 256) << colour;
    EXPECT_LT(tui::direct_colour(colour), tui::kDirectColours) << colour;
  }
}

TEST(TypedPath, IsWhatAShellAndAFileManagerMeant) {
  for (const auto& [typed, path] : std::initializer_list<std::pair<const char*, const char*>>{
           {"/tmp/a.txt", "/tmp/a.txt"},
           {"'/tmp/my file.txt'", "/tmp/my file.txt"},
           {"\"/tmp/my file.txt\" ", "/tmp/my file.txt"},
           {"/tmp/my\\ file\\(1\\).txt", "/tmp/my file(1).txt"},
           {"'/tmp/it'\\''s.txt'", "/tmp/it's.txt"},
           {"file:///tmp/my%20file%C3%A9.txt", "/tmp/my fileé.txt"},
           {"file://localhost/tmp/a", "/tmp/a"},
           {"file://elsewhere/tmp/a", "file://elsewhere/tmp/a"},
           {"100%.txt", "100%.txt"},
           {"file:///tmp/100%", "/tmp/100%"},
           {"it's", "it's"},
           {"  a b \n", "a b"},
           {"", ""}}) {
    EXPECT_EQ(tui::unquoted_path(typed), path) << typed;
  }
}

TEST(TypedPath, AFileThatHasExactlyThisNameIsMeant) {
  const Temporary folder;
  const std::string odd = folder.write("a\\ b", "x");
  EXPECT_EQ(tui::typed_path(odd), odd);
  EXPECT_EQ(tui::typed_path("'" + odd + "'"), odd);
  setenv("HOME", (folder / "").c_str(), 1);
  EXPECT_EQ(tui::typed_path("~/x"), folder / "x");
  EXPECT_EQ(tui::typed_path("~elsewhere"), "~elsewhere");
}

TEST_F(LineEditor, EditsByCharacterNotByByte) {
  tui::LineEditor e;
  e.set("a漢e\u0301");
  e.press({KeyKind::kBackspace});
  EXPECT_EQ(e.text(), "a漢");
  e.press({KeyKind::kLeft});
  e.press({KeyKind::kCharacter, U'x'});
  EXPECT_EQ(e.text(), "ax漢");
  e.press(tui::control_key('u'));
  EXPECT_EQ(e.text(), "漢");
  EXPECT_EQ(e.show(10).cursor, 0);
  EXPECT_EQ(e.show(10, true).text, "*");
}

TEST_F(LineEditor, KnowsReadlinesKeys) {
  tui::LineEditor e;
  e.set("one two three");
  e.press(tui::alt_key('b'));
  e.press(tui::control_key('w'));
  EXPECT_EQ(e.text(), "one three");
  e.press(tui::control_key('a'));
  e.press(tui::control_key('y'));
  EXPECT_EQ(e.text(), "two one three");
  e.press(tui::alt_key('f'));
  e.press(tui::control_key('k'));
  EXPECT_EQ(e.text(), "two one");
  e.press(tui::control_key('a'));
  e.press(tui::alt_key('d'));
  EXPECT_EQ(e.text(), " one");
  e.press(tui::control_key('e'));
  e.press(tui::control_key('t'));
  EXPECT_EQ(e.text(), " oen");
  e.press(tui::control_key('b'));
  e.press(tui::control_key('t'));
  EXPECT_EQ(e.text(), " one") << "in the middle it moves the character before the cursor behind the one under it";
}

// The swap puts a mark before another one that a line feed kept apart: both are one character then.
TEST_F(LineEditor, StandsBetweenCharactersAfterASwap) {
  tui::LineEditor e;
  e.set("\u0301\n\u0301");
  e.press({KeyKind::kLeft});
  e.press({KeyKind::kLeft});
  e.press(tui::control_key('t'));
  EXPECT_EQ(e.text(), "\n\u0301\u0301");
  EXPECT_EQ(e.cursor(), e.text().size());
}

TEST_F(LineEditor, SeveralLinesBreakWhereTheScreenEnds) {
  tui::LineEditor e;
  e.set("abcdef\ngh");
  const auto block = e.block(4);
  EXPECT_THAT(block.lines, ElementsAre("abcd", "ef", "gh"));
  EXPECT_EQ(block.row, 2);
  EXPECT_EQ(block.column, 2);
  EXPECT_TRUE(e.move_up(4));
  EXPECT_TRUE(e.move_up(4));
  EXPECT_EQ(e.cursor(), 2u);
  EXPECT_FALSE(e.move_up(4));
  EXPECT_TRUE(e.move_down(4));
  EXPECT_TRUE(e.move_down(4));
  EXPECT_FALSE(e.move_down(4));
}

TEST_F(LineEditor, TakesNoMoreThanAMessageHoldsAndNothingInvisible) {
  tui::LineEditor e;
  e.insert(std::string(20'000, 'x'));
  EXPECT_EQ(e.text().size(), 16'384u);
  e.clear();
  e.insert("a\x1b[2Jb\u202e\u200b\r\nc");
  EXPECT_EQ(e.text(), "a[2Jb\nc");
}

TEST(Keys, HaveNamesThatReadBack) {
  for (const char* name : {"Alt+A", "Ctrl+P", "F1", "F12", "PgUp", "Alt+Enter", "Esc", "Alt+<", "Shift+Tab"}) {
    const auto key = tui::key_named(name);
    ASSERT_TRUE(key) << name;
    EXPECT_EQ(tui::name_of(*key), name);
  }
  for (const char* name : {"Ctrl+I", "Ctrl+M", "F13", "F", "A", "", "Alt+", "Hyper+X"}) {
    EXPECT_FALSE(tui::key_named(name)) << name;
  }
}

TEST(Keys, AreBoundAnewByOneLine) {
  tui::KeyTable keys;
  ASSERT_TRUE(keys.bind("next-unread = Ctrl+P").ok());
  EXPECT_EQ(keys.find(tui::control_key('p'))->action, tui::Action::kNextUnread);
  EXPECT_FALSE(keys.find(tui::alt_key('a')));
  EXPECT_THAT(keys.bind("jump = F2").error().text, HasSubstr("no action \"jump\""));
  EXPECT_THAT(keys.bind("help = Ctrl+I").error().text, HasSubstr("\"Ctrl+I\" is not a key"));
  EXPECT_FALSE(keys.bind("help").ok());
}

TEST(Commands, AreParsedOrRefusedAndTextStaysText) {
  const tui::CommandTable all = tui::all_commands();
  EXPECT_EQ(tui::parse_line("hello /quit", all)->text, "hello /quit");
  const auto msg = tui::parse_line("/msg bob  two words", all);
  ASSERT_TRUE(msg.ok() && msg->command != nullptr);
  EXPECT_STREQ(msg->command->name, "msg");
  EXPECT_THAT(msg->arguments.words, ElementsAre("bob", "two", "words"));
  EXPECT_EQ(msg->arguments.rest, "bob  two words");
  for (const char* wrong : {"/", "/nonsense", "/msgbob", "/msg", "/Quit", "/qui"}) {
    EXPECT_FALSE(tui::parse_line(wrong, all).ok()) << wrong;
  }
}

TEST(Commands, HaveOneNameALineInTheHelpAndAFunction) {
  std::set<std::string> names;
  for (const tui::Command& command : tui::all_commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_STRNE(command.help, "") << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_TRUE(command.min_words == 0 || *command.arguments != '\0') << command.name;
  }
  EXPECT_EQ(names.size(), 55u);
}

TEST(Commands, KeepWhyAsAHiddenNameOfQuarantine) {
  const tui::CommandTable all = tui::all_commands();
  EXPECT_EQ(tui::parse_line("/why", all)->command->run, tui::parse_line("/quarantine", all)->command->run);
  EXPECT_TRUE(tui::complete("/wh", 3, {all, {}, {}}).candidates.empty());
  EXPECT_THAT(tui::complete("/quar", 5, {all, {}, {}}).candidates, ElementsAre("/quarantine"));
  std::string help;
  for (const tui::Row& row : tui::help_rows(tui::KeyTable())) {
    for (const tui::Span& span : row) help += span.text + "\n";
  }
  EXPECT_THAT(help, HasSubstr("/quarantine "));
  EXPECT_THAT(help, testing::Not(HasSubstr("/why")));
}

TEST_F(Completion, OffersWhatFits) {
  const tui::CompletionSource source{tui::all_commands(),
                                     {client::PeerName("bob"), client::PeerName("bert"), client::PeerName("#team")},
                                     [](const std::string& b) { return std::vector<std::string>{b + "x.png"}; }};
  EXPECT_THAT(tui::complete("b", 1, source).candidates, ElementsAre("bob: ", "bert: "));
  EXPECT_THAT(tui::complete("hi be", 5, source).candidates, ElementsAre("bert "));
  EXPECT_THAT(tui::complete("/msg bo", 7, source).candidates, ElementsAre("bob "));
  EXPECT_THAT(tui::complete("/send /tmp/a b", 14, source).candidates, ElementsAre("/tmp/a bx.png"));
  EXPECT_THAT(tui::complete("hi :smile", 9, source).candidates, testing::Contains("😄"));
  EXPECT_THAT(tui::complete(":thumbsup", 9, source).candidates, ElementsAre("👍"));
  EXPECT_THAT(tui::complete(":thumbs", 7, source).candidates, ElementsAre("👎", "👍")) << "each once, of many names";
  EXPECT_THAT(tui::complete(":heart:", 7, source).candidates, testing::Contains("❤"));
  EXPECT_TRUE(tui::complete("hi ", 3, source).candidates.empty());
}

TEST(Emoji, AreThousandsAndEachTakesTwoColumnsAtMost) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_GT(tui::all_emoji().size(), 2'000u);
  for (const auto& emoji : tui::all_emoji()) EXPECT_LE(tui::width_of(emoji.text), 2) << emoji.name;
  for (const auto& emoji : tui::all_emoji()) EXPECT_EQ(e2e::sanitise_line(emoji.text), emoji.text) << emoji.name;
}

TEST(Picker, PrefersLettersThatStandTogether) {
  EXPECT_FALSE(tui::fuzzy_score("xyz", "bob"));
  EXPECT_GT(*tui::fuzzy_score("dep", "#deploy"), *tui::fuzzy_score("dep", "d-e-p"));
  EXPECT_TRUE(tui::fuzzy_score("DPL", "#deploy"));
}

TEST(Theme, IsOneThatTheTerminalCanShow) {
  tui::ThemeHints hints;
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kDark);
  hints.colorfgbg = "0;15";
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kLight);
  hints.no_color = true;
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kNone);
  hints.wanted = "dark";
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kDark) << "what was asked for by name wins over NO_COLOR";
  hints.background = tui::Rgb{255, 255, 255};
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kDark) << "and over the background";
  hints.colours = 8;
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kSixteen);
  hints.wanted = "16";
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kSixteenLight);
  hints.wanted = "auto";
  hints.colours = 256;
  hints.no_color = false;
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kLight);
  hints.background = tui::Rgb{40, 42, 54};
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kDark) << "the terminal knows better than COLORFGBG";
  hints.wanted = "dark";
  hints.colours = 0;
  EXPECT_EQ(tui::choose_theme(hints), tui::Theme::kNone);
}

TEST(Theme, ANameAlwaysHasTheSameColourAndNamesDiffer) {
  EXPECT_EQ(tui::style_of_name("bob"), tui::style_of_name("bob"));
  std::set<tui::Style> used;
  for (const char* name : {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"}) {
    used.insert(tui::style_of_name(name));
  }
  EXPECT_GE(used.size(), 4u);
}

TEST(Qr, IsSquareWithItsQuietZone) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const auto rows = tui::qr_rows("fastchat:0123456789");
  ASSERT_FALSE(rows.empty());
  const int side = tui::width_of(rows[0]);
  EXPECT_EQ(static_cast<int>(rows.size()), (side + 1) / 2);
  for (const auto& row : rows) EXPECT_EQ(tui::width_of(row), side);
  EXPECT_TRUE(tui::qr_rows(std::string(5000, 'x')).empty());
}

TEST(StatusLine, SaysSomethingForAWhile) {
  tui::StatusLine line;
  line.set_user("alice");
  client::ConnectionEvent event;
  event.state = core::LinkState::kLive;
  event.worker = "worker1";
  line.set_connection(event);
  line.set_unread(3);
  const auto text = [&](int width) {
    const auto rows = line.draw(width);
    tui::Frame frame{width, static_cast<int>(rows.size())};
    for (size_t y = 0; y < rows.size(); ++y) frame.put(static_cast<int>(y), rows[y]);
    return tui::plain_text(frame);
  };
  EXPECT_EQ(text(80), " alice  connected, worker1  3 unread elsewhere\n");
  line.say("file\nnot found", tui::Style::kBad, 1000);
  EXPECT_THAT(text(80), HasSubstr("file not found"));
  line.say("you are not in #team any more", tui::Style::kBad, 1000);
  EXPECT_EQ(text(80), " alice  connected, worker1  3 unread elsewhere  you are not in #team any more\n");
  EXPECT_EQ(text(60), " you are not in #team any more\n") << "never cut to fit beside the rest";
  line.say("the server did not prove the key that the invite line names, or refuses connections from here for a while",
           tui::Style::kBad, 1000);
  EXPECT_EQ(
      text(80),
      " the server did not prove the key that the invite line names, or refuses\n connections from here for a while\n")
      << "an error is shown whole";
  EXPECT_EQ(line.draw(30).size(), tui::StatusLine::kMaxRows);
  line.tick(1000 + tui::StatusLine::kShownMs);
  EXPECT_EQ(text(20), " alice  connected,…\n");
  event.latency_ms = 37;
  line.set_connection(event);
  EXPECT_EQ(text(80), " alice  connected, worker1, 37 ms  3 unread elsewhere\n");
  event.latency_ms = 0;
  line.set_connection(event);
  EXPECT_EQ(text(80), " alice  connected, worker1, <1 ms  3 unread elsewhere\n");
  event.state = core::LinkState::kOffline;
  event.text = "the worker does not answer";
  line.set_connection(event);
  EXPECT_EQ(text(80), " alice  the worker does not answer  3 unread elsewhere\n");
}

class Notify : public testing::Test {
 protected:
  Notify() {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    message.from = "bob";
    message.peer = client::PeerName("#team");
    message.id = "ab";
    message.text = "hi \"you\"\n\\o/";
    message.sent_ms = 7;
  }
  client::ChatMessage message;
  tui::NotifySettings settings;
};

TEST_F(Notify, SpeaksTheTerminalsOwnWay) {
  EXPECT_EQ(tui::notify_bytes(settings, {"xterm-256color"}, message), "\a\033]9;bob in #team: hi \"you\" \\o/\033\\");
  settings.bell = false;
  settings.text = false;
  EXPECT_EQ(tui::notify_bytes(settings, {"xterm-256color", true}, message),
            "\033]777;notify;bob in #team;a message\033\\");
  EXPECT_EQ(tui::notify_bytes(settings, {"tmux-256color", false, true}, message),
            "\033Ptmux;\033\033]9;bob in #team: a message\033\033\\\033\\");
  EXPECT_EQ(tui::notify_bytes(settings, {"linux"}, message), "");
}

TEST_F(Notify, SaysWhatSomebodyDoes) {
  message.text = "/me waves";
  EXPECT_EQ(tui::notify_bytes(settings, {"xterm-256color"}, message), "\a\033]9;bob in #team: * bob waves\033\\");
  EXPECT_THAT(tui::notify_json(message, true), HasSubstr("\"text\":\"/me waves\",\"action\":true,"));
  EXPECT_THAT(tui::notify_json(message, false), testing::Not(HasSubstr("action")));
  EXPECT_EQ(tui::summary(message), "* bob waves");
  message.mine = true;
  EXPECT_EQ(tui::summary(message), "* bob waves");
}

TEST_F(Notify, NothingInAMessageEndsTheSequence) {
  message.text = "a\033\\\a\x9c b";
  const std::string bytes = tui::notify_bytes(settings, {"xterm"}, message);
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\033'), 2);
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\a'), 1);
}

TEST_F(Notify, TheHookGetsOneJsonLine) {
  EXPECT_EQ(tui::notify_json(message, true),
            "{\"event\":\"message\",\"id\":\"ab\",\"peer\":\"#team\",\"from\":\"bob\",\"text\":\"hi "
            "\\\"you\\\"\\n\\\\o/\",\"sent_ms\":7}\n");
  EXPECT_THAT(tui::notify_json(message, false), testing::Not(HasSubstr("text")));
}

class SettingsFile : public testing::Test {
 protected:
  SettingsFile() { std::filesystem::create_directories(folder_); }
  ~SettingsFile() override { std::filesystem::remove_all(folder_); }
  Result<tui::Settings> load(const std::string& text) {
    std::ofstream(folder_ + "/config.toml") << text;
    return tui::load_settings(folder_ + "/config.toml", [](const std::string&) { return std::nullopt; });
  }
  std::string folder_ = [] {
    char path[] = "/tmp/fc-settings-XXXXXX";
    return std::string(mkdtemp(path));
  }();
};

TEST_F(SettingsFile, SetsThemeMouseAndKeys) {
  const auto settings = load("theme = \"light\"\nmouse = false\nkeys = [\"next-unread = F5\"]\n");
  ASSERT_TRUE(settings.ok()) << settings.error().text;
  EXPECT_EQ(settings->theme, "light");
  EXPECT_FALSE(settings->mouse);
  EXPECT_EQ(settings->keys.find({KeyKind::kFunction, 5})->action, tui::Action::kNextUnread);
}

TEST_F(SettingsFile, IsRefusedWithThePlace) {
  EXPECT_THAT(load("mouse = true\ntheme = \"pink\"\n").error().text, HasSubstr("config.toml:2"));
  EXPECT_THAT(load("colour = 1\n").error().text, HasSubstr("config.toml:1"));
  EXPECT_THAT(load("colours = [\"mine = pink\"]\n").error().text, HasSubstr("colours: \"mine = pink\": a colour is"));
  EXPECT_THAT(load("keys = [\"jump = F2\"]\n").error().text, HasSubstr("no action \"jump\""));
}

TEST_F(SettingsFile, TakesViAloneOrAmongKeys) {
  EXPECT_FALSE(load("")->keys.vi());
  EXPECT_TRUE(load("keys = \"vi\"\n")->keys.vi());
  const auto both = load("keys = [\"vi\", \"help = F5\"]\n");
  ASSERT_TRUE(both.ok());
  EXPECT_TRUE(both->keys.vi());
  EXPECT_EQ(both->keys.find({KeyKind::kFunction, 5})->action, tui::Action::kHelp);
  EXPECT_THAT(load("keys = \"emacs\"\n").error().text, HasSubstr("\"emacs\" is neither vi nor"));
  EXPECT_THAT(load("hook = \"notify-send\"\n").error().text, HasSubstr("wrong kind"));
}

TEST_F(SettingsFile, HasThemesOfTheUser) {
  const char* text =
      "theme = \"dusk\"\ncolours = [\"bad = 196\"]\n[themes.dusk]\nbase = \"light\"\nmine = \"#0000af bold\"\n"
      "bad = 21\ncode = \"90 on default\"\n[themes.other]\n";
  const auto settings = load(text);
  ASSERT_TRUE(settings.ok()) << settings.error().text;
  EXPECT_EQ(settings->theme, "light");
  EXPECT_EQ(settings->looks.look_of(tui::Theme::kLight, tui::Style::kMine).front, 19);
  EXPECT_TRUE(settings->looks.look_of(tui::Theme::kLight, tui::Style::kMine).bold);
  EXPECT_EQ(settings->looks.look_of(tui::Theme::kLight, tui::Style::kBad).front, 196) << "colours replace the theme's";
  EXPECT_EQ(settings->looks.look_of(tui::Theme::kLight, tui::Style::kCode).front, 90);
  EXPECT_EQ(settings->looks.look_of(tui::Theme::kLight, tui::Style::kGood).front, 22) << "the base has the others";
  EXPECT_THAT(settings->warnings, testing::IsEmpty());
  EXPECT_EQ(settings->faint, "");
  EXPECT_EQ(load("[themes.a]\nmine = 21\n")->theme, "auto") << "a theme that is not chosen changes nothing";
}

TEST_F(SettingsFile, AMistakeInAThemeIsOneLineWithItsPlace) {
  const struct {
    const char *text, *where, *says;
  } cases[] = {
      {"theme = \"dask\"\n[themes.dusk]\n", "config.toml:1: 'theme'",
       "must be one of auto,dark,light,16,none,dusk, not 'dask'"},
      {"theme = \"dask\"\n", "config.toml:1: 'theme'", "[themes.NAME]"},
      {"[themes.dusk]\nbase = \"16\"\n", "config.toml:2: 'base' of 'themes.dusk'", "dark,light, not '16'"},
      {"[themes.dusk]\nmine = \"pink\"\n", "config.toml:2: 'mine' of 'themes.dusk'", "a colour is #rrggbb"},
      {"[themes.dusk]\n\npink = 1\n", "config.toml:3: 'pink' of 'themes.dusk'", "mark, code, name-1 to name-12"},
      {"[themes.dusk]\nmine = [1]\n", "config.toml:2: 'mine'", "wrong kind"},
      {"[themes]\ndusk = 1\n", "config.toml:2: 'themes.dusk'", "wrong kind"},
      {"themes = 1\n", "config.toml:1: 'themes'", "write [themes.NAME]"},
      {"[themes.dark]\n", "config.toml:1: 'themes.dark'", "has a theme of this name"},
      {"[themes.\"a\\u001bb\"]\n", "config.toml:1: 'themes.a?b'", "a name has"},
      {"[themes.\"\"]\n", "config.toml:1: 'themes.'", "a name has"},
      {"[theme.dusk]\n", "config.toml:1: 'theme'", "wrong kind"}};
  for (const auto& each : cases) {
    const auto settings = load(each.text);
    ASSERT_FALSE(settings.ok()) << each.text;
    EXPECT_THAT(settings.error().text, HasSubstr(each.where));
    EXPECT_THAT(settings.error().text, HasSubstr(each.says));
    EXPECT_EQ(settings.error().text.find_first_of("\n\033"), std::string::npos);
  }
  std::string many;
  for (int i = 0; i <= 100; ++i) many += "[themes.t" + std::to_string(i) + "]\n";
  EXPECT_THAT(load(many).error().text, HasSubstr("at most 100"));
}

TEST_F(SettingsFile, WarnsOfTextsThatAreHardToRead) {
  const auto settings = load(
      "theme = \"dusk\"\n[themes.dusk]\nmine = 17\nrules = 240\nbar = \"default on 255\"\nbad = 203\n"
      "unread = \"16 reverse\"\n");
  ASSERT_TRUE(settings.ok());
  EXPECT_THAT(
      settings->warnings,
      ElementsAre(HasSubstr("config.toml:5: 'bar' of 'themes.dusk': the contrast is 1.1:1, and texts need 4.5:1"),
                  HasSubstr("config.toml:3: 'mine'"), HasSubstr("rules need 3.0:1"), HasSubstr("'unread'")));
  EXPECT_THAT(settings->faint, HasSubstr("Theme dusk"));
  EXPECT_EQ(load("[themes.dusk]\nmine = 17\n")->faint, "") << "a theme that is not chosen";
  EXPECT_EQ(load("[themes.dusk]\nmine = 17\n")->warnings.size(), 1u);
}

// A text for a group that was deleted or renamed while it was on its way: nobody could open that draft again.
TEST(DraftHome, IsTheConversationWithOneselfForAGroupThatIsGone) {
  client::GroupInfo team;
  team.name = "team";
  const auto home = [&](const char* to) { return client::draft_home(client::PeerName(to), {team}, "alice").text(); };
  EXPECT_EQ(home("#team"), "#team");
  EXPECT_EQ(home("bob"), "bob");
  EXPECT_EQ(home("#gone"), "alice");
  team.name = "crew";
  EXPECT_EQ(home("#team"), "alice");
}

TEST(UnsentBook, KeepsWhatIsNotDoneInItsOrder) {
  tui::UnsentBook book;
  EXPECT_TRUE(book.empty());
  EXPECT_EQ(book.setting(), "");
  book.add(client::PeerName("bob"), "one\nand a half");
  const uint64_t two = book.add(client::PeerName("#team"), "two");
  book.add(client::PeerName("bob"), "three");
  book.done(two);
  using Entry = tui::UnsentBook::Text;
  EXPECT_THAT(tui::UnsentBook::texts_of(book.setting()),
              ElementsAre(Entry(client::PeerName("bob"), "one\nand a half"), Entry(client::PeerName("bob"), "three")));
  EXPECT_EQ(book.changed_setting(), book.setting());
  EXPECT_EQ(book.changed_setting(), std::nullopt) << "it is kept already";
  EXPECT_TRUE(tui::UnsentBook::texts_of("").empty());
  EXPECT_TRUE(tui::UnsentBook::texts_of("bob").empty());
  EXPECT_TRUE(tui::UnsentBook::texts_of(std::string_view("bob\0half", 8)).empty());
}

}  // namespace
}  // namespace fastchat::test
