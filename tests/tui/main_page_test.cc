// The main page: conversations, messages, the line to write on.
#include "client/tui/chat/main_page.h"

#include "client/tui/pages/message_lines.h"
#include "client/tui/pages/typed_path.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tui::Key;
using tui::KeyKind;

class MainPage : public PagesTest {
 protected:
  tui::MainPage make() {
    return {fake.screen,      fake.conversations, fake.messages, fake.groups,   fake.files,
            fake.local_files, fake.desktop,       fake.contacts, fake.settings, keys};
  }
  tui::KeyTable keys;
};

TEST_F(MainPage, AMessageShowsItsStateFromSendingToRead) {
  auto page = make();
  page.chat("bob"_peer);
  enter(page, "hello");
  EXPECT_EQ(fake.asked.back(), "send bob hello");
  page.hear(tui::MessageAdded{message("bob", "alice", "hello", 5)});
  EXPECT_THAT(screen(page), HasSubstr("me: hello"));
  EXPECT_THAT(screen(page), HasSubstr("sending"));
  for (const auto& [state, shown] : {std::pair{client::MessageState::kQueued, "queued"},
                                     {client::MessageState::kDelivered, "delivered"},
                                     {client::MessageState::kRead, "read"}}) {
    client::ReceiptEvent e;
    e.ref = 5;
    e.state = state;
    page.hear(e);
    EXPECT_THAT(screen(page), HasSubstr(shown));
  }
  EXPECT_THAT(screen(page), Not(HasSubstr("sending")));
}

TEST_F(MainPage, LongLinesOfAWideScreenAreLimited) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "word ";
  fake.history = {message("bob", "alice", text, 7)};
  const auto longest = [&](int limit) {
    tui::MainPage limited(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                          fake.desktop, fake.contacts, fake.settings, keys, {.text_width = limit});
    limited.chat("bob"_peer);
    tui::Frame frame{240, 30};
    limited.draw(frame);
    size_t most = 0;
    for (const tui::Row& row : frame.rows) {
      std::string line = tui::plain_text(tui::Frame{240, 1, {row}});
      line.erase(0, std::min(line.find("│"), line.size()));  // cuts the list off
      const size_t begin = line.find("word");
      if (begin != std::string::npos) most = std::max(most, line.rfind("word") + 4 - begin);
    }
    return most;
  };
  EXPECT_EQ(longest(50), 49u) << "ten words";
  EXPECT_GT(longest(0), 150u);
}

TEST_F(MainPage, ARuleMayBeFainterThanItsText) {
  const tui::Row row = tui::separator("Sunday", 40, tui::Style::kDay);
  EXPECT_EQ(tui::width_of(row), 40);
  for (const tui::Span& span : row) {
    EXPECT_EQ(span.style, span.text == " Sunday " ? tui::Style::kDim : tui::Style::kDay) << span.text;
  }
}

TEST_F(MainPage, WhatSomebodyDoesIsShownWithTheNameOfWhoSignedIt) {
  auto page = make();
  page.chat("#team"_peer);
  enter(page, "/me waves");
  EXPECT_EQ(fake.asked.back(), "send #team /me waves");
  page.hear(tui::MessageAdded{message("#team", "alice", "/me waves", 5)});
  page.hear(tui::MessageAdded{message("#team", "bob", "/me nods\nand sleeps")});
  page.hear(tui::MessageAdded{message("#team", "carol", "* bob dies")});
  page.hear(tui::MessageAdded{message("#team", "carol", "/me")});
  page.hear(tui::MessageAdded{message("#team", "carol", "/me  ")});
  page.hear(tui::MessageAdded{message("#team", "carol", "/meow")});
  const std::string narrow = screen(page);
  EXPECT_THAT(narrow, HasSubstr(" * alice waves"));
  EXPECT_THAT(narrow, HasSubstr(" * bob nods"));
  EXPECT_THAT(narrow, HasSubstr("carol: * bob dies"));
  EXPECT_THAT(narrow, HasSubstr("carol: /me\n"));
  EXPECT_THAT(narrow, HasSubstr("carol: /meow"));
  EXPECT_THAT(narrow, Not(HasSubstr("me: ")));
  const std::string wide = screen(page, 120, 24);
  EXPECT_THAT(wide, HasSubstr("           * bob nods"));
  EXPECT_THAT(wide, HasSubstr("       carol * bob dies"));
}

TEST_F(MainPage, SaysWhoTypesHereUnlessItIsMuted) {
  auto page = make();
  page.chat("#team"_peer);
  page.hear(tui::TypingChanged{"bob"_peer, {"bob"}});
  EXPECT_THAT(screen(page), Not(HasSubstr("typing")));
  page.hear(tui::TypingChanged{"#team"_peer, {"bob"}});
  EXPECT_THAT(screen(page), HasSubstr("─ bob is typing ─"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("#team: bob is typing"));  // no room for a line of its own
  page.hear(tui::TypingChanged{"#team"_peer, {"bob", "carol"}});
  EXPECT_THAT(screen(page), HasSubstr("bob and carol are typing"));
  page.hear(tui::TypingChanged{"#team"_peer, {"bob", "carol", "dave", "eve"}});
  EXPECT_THAT(screen(page), HasSubstr("bob and 3 others are typing"));
  enter(page, "/mute");
  EXPECT_THAT(screen(page), Not(HasSubstr("typing")));
  enter(page, "/mute");
  page.hear(tui::TypingChanged{"#team"_peer, {}});
  EXPECT_THAT(screen(page), Not(HasSubstr("typing")));
}

TEST_F(MainPage, WhatIsWrittenToSomebodyIsToldAndCommandsAreNot) {
  auto page = make();
  type(page, "hm");
  EXPECT_TRUE(fake.typed.empty());  // to nobody yet
  page.press(tui::control_key('u'));
  page.chat("bob"_peer);
  for (const char* command : {"/mut", "/msg carol psst", "/search x"}) {
    type(page, command);
    page.press(tui::control_key('u'));
  }
  EXPECT_TRUE(fake.typed.empty());
  type(page, "hi");
  EXPECT_THAT(fake.typed, ElementsAre("bob", "bob"));
  page.press({KeyKind::kLeft});  // changes nothing
  EXPECT_EQ(fake.typed.size(), 2u);
  page.press(tui::control_key('u'));
  type(page, "/reply no");
  EXPECT_EQ(fake.typed.back(), "bob");
}

TEST_F(MainPage, TheListShowsCountsAndTheLastLineAndGoesAwayOnANarrowScreen) {
  fake.people = {{"bob"_peer, 9, 0, 2}, {"#team"_peer, 8, 0, 0}};
  fake.history = {message("bob", "bob", "lunch?"), message("#team", "carol", "deployed")};
  auto page = make();
  const std::string wide = screen(page);
  EXPECT_THAT(wide, HasSubstr("1 bob              2│"));
  EXPECT_THAT(wide, HasSubstr("lunch?"));
  EXPECT_THAT(wide, HasSubstr("carol: deployed"));
  page.chat("#team"_peer);
  EXPECT_THAT(screen(page), HasSubstr("lunch?"));
  EXPECT_THAT(screen(page, 59, 24), Not(HasSubstr("lunch?")));
}

TEST_F(MainPage, WhatComesElsewhereIsCountedAndWhatIsLookedAtIsRead) {
  auto page = make();
  page.chat("bob"_peer);
  fake.asked.clear();
  page.hear(tui::MessageAdded{message("carol", "carol", "psst")});
  EXPECT_EQ(page.unread_elsewhere(), 1u);
  EXPECT_TRUE(fake.asked.empty());
  page.hear(tui::MessageAdded{message("bob", "bob", "hi")});
  EXPECT_THAT(fake.asked, ElementsAre("read bob"));
  page.press({KeyKind::kFocusOut});
  fake.asked.clear();
  page.hear(tui::MessageAdded{message("bob", "bob", "nobody is there")});
  EXPECT_TRUE(fake.asked.empty()) << "a terminal in the background does not read";
  page.press({KeyKind::kFocusIn});
  EXPECT_THAT(fake.asked, ElementsAre("read bob"));
  page.press(tui::alt_key('a'));
  EXPECT_EQ(page.peer(), "carol"_peer);
}

TEST_F(MainPage, ADeletedMessageIsNotUnreadAnyMore) {
  auto page = make();
  page.chat("bob"_peer);
  for (int64_t at = 1; at <= 3; ++at) {
    client::ChatMessage m = message("carol", "carol", "psst");
    m.position = at;
    m.seen = false;
    page.hear(tui::MessageAdded{m});
  }
  EXPECT_EQ(page.unread_elsewhere(), 3u);
  fake.people = {{"carol"_peer, 3, 0, 1}};  // as the store counts after two deletions
  client::ChatMessage changed = message("carol", "carol", "");
  changed.position = 2;
  changed.edited = true;
  page.hear(tui::MessageChanged{changed});
  screen(page);
  EXPECT_EQ(page.unread_elsewhere(), 3u) << "an edit";
  changed.deleted = true;
  const size_t before = fake.lists;
  for (int i = 0; i < 100; ++i) page.hear(tui::MessageChanged{changed});
  screen(page);
  EXPECT_EQ(page.unread_elsewhere(), 1u);
  EXPECT_EQ(fake.lists, before + 1) << "counted once, however many are deleted";
}

TEST_F(MainPage, WhatWasReadFromTheStoreBeforeItIsHeardOfStandsOnceAndCountsOnce) {
  auto hi = message("bob", "bob", "hi"), psst = message("carol", "carol", "psst");
  fake.history = {hi, psst};
  fake.people = {{"carol"_peer, psst.position, 0, 1}, {"bob"_peer, hi.position, 0, 0}};
  auto page = make();
  page.chat("bob"_peer);
  page.hear(tui::MessageAdded{hi});
  page.hear(tui::MessageAdded{psst});
  const std::string shown = screen(page, 50, 24);
  EXPECT_EQ(shown.find("bob hi"), shown.rfind("bob hi")) << shown;
  EXPECT_EQ(page.unread_elsewhere(), 1u);
}

TEST_F(MainPage, WhatAnotherWindowMarkedAsReadIsCountedByTheStore) {
  auto page = make();
  page.chat("bob"_peer);
  for (int i = 0; i < 3; ++i) page.hear(tui::MessageAdded{message("carol", "carol", "psst")});
  fake.people = {{"carol"_peer, 3, 0, 1}};
  page.hear(tui::MarkedRead{"carol"_peer});
  screen(page);
  EXPECT_EQ(page.unread_elsewhere(), 1u);
  const size_t before = fake.lists;
  page.hear(tui::MarkedRead{"bob"_peer});  // marked by this window
  screen(page);
  EXPECT_EQ(fake.lists, before);
}

TEST_F(MainPage, ADroppedFileIsSentWhateverStandsAroundItsName) {
  auto page = make();
  page.chat("bob"_peer);
  for (const char* typed :
       {"/send '/tmp/no such file'", "/send /tmp/no\\ such\\ file", "/send file:///tmp/no%20such%20file"}) {
    enter(page, typed);
    EXPECT_EQ(fake.asked.back(), "file bob /tmp/no such file");
  }
  enter(page, "/view '/tmp/no such file'");
  EXPECT_THAT(fake.asked.back(), HasSubstr("/tmp/no such file"));
  EXPECT_THAT(fake.asked.back(), Not(HasSubstr("'")));
}

TEST_F(MainPage, TabsOfAMessageReachTheirStops) {
  auto page = make();
  page.chat("bob"_peer);
  page.hear(tui::MessageAdded{message("bob", "bob", "a\tb\n12345678\tc")});
  EXPECT_THAT(screen(page), HasSubstr("a       b"));
  EXPECT_THAT(screen(page), HasSubstr("12345678        c"));
}

TEST_F(MainPage, KeysGoThroughTheConversations) {
  fake.people = {{"bob"_peer, 9, 0, 0}, {"carol"_peer, 8, 0, 0}, {"dave"_peer, 7, 0, 0}};
  auto page = make();
  page.press(tui::alt_key('2'));
  EXPECT_EQ(page.peer(), "carol"_peer);
  page.press(tui::control_key('n'));
  EXPECT_EQ(page.peer(), "dave"_peer);
  page.press(tui::control_key('n'));
  EXPECT_EQ(page.peer(), "bob"_peer);
  page.press(tui::control_key('p'));
  EXPECT_EQ(page.peer(), "dave"_peer);
  page.press(tui::control_key('k'));
  type(page, "crl");
  EXPECT_THAT(screen(page), HasSubstr("> carol"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(page.peer(), "carol"_peer);
  screen(page);
  page.press({KeyKind::kClick, 0, false, 3, 1});
  EXPECT_EQ(page.peer(), "bob"_peer);
}

TEST_F(MainPage, AMistypedCommandIsNeverSent) {
  auto page = make();
  page.chat("bob"_peer);
  fake.asked.clear();
  enter(page, "/qiut");
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Nothing was sent"));
  EXPECT_THAT(screen(page), HasSubstr("> /qiut")) << "what was typed is still there";
  page.press(tui::control_key('u'));
  enter(page, "//etc is a folder");
  EXPECT_EQ(fake.asked.back(), "send bob /etc is a folder");
  enter(page, " /etc too");
  EXPECT_EQ(fake.asked.back(), "send bob /etc too");
}

TEST_F(MainPage, WhatCouldNotBeSentIsBackInTheLine) {
  auto page = make();
  page.chat("bob"_peer);
  enter(page, "hello");
  page.hear(tui::SendFailed{"bob"_peer, "hello", "", err(Code::kUnknownUser, "there is nobody called bob")});
  EXPECT_THAT(fake.toasts.back(), HasSubstr("nobody called bob"));
  EXPECT_THAT(screen(page), HasSubstr("> hello"));
}

TEST_F(MainPage, WhatCouldNotBeSentStandsBeforeWhatIsBeingWritten) {
  auto page = make();
  page.chat("bob"_peer);
  enter(page, "the first");
  type(page, "the next");
  page.hear(tui::SendFailed{"bob"_peer, "the first", "", err(Code::kLocalTimeout, "no answer")});
  EXPECT_THAT(screen(page), HasSubstr("> the first"));
  EXPECT_THAT(screen(page), HasSubstr("  the next"));
  fake.saved["draft:carol"] = "from yesterday";
  page.hear(tui::SendFailed{"carol"_peer, "for carol", "", err(Code::kLocalTimeout, "no answer")});
  EXPECT_EQ(fake.saved["draft:carol"], "for carol\nfrom yesterday") << "kept although nobody opens it";
  page.chat("carol"_peer);
  EXPECT_THAT(screen(page), HasSubstr("> for carol"));
}

TEST_F(MainPage, EachConversationKeepsItsDraftHereAndInTheSettings) {
  fake.saved["draft:dave"] = "from yesterday";
  auto page = make();
  page.chat("bob"_peer);
  type(page, "half a tho");
  page.chat("carol"_peer);
  EXPECT_THAT(screen(page), Not(HasSubstr("half")));
  EXPECT_EQ(fake.saved["draft:bob"], "half a tho");
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), HasSubstr("> half a tho"));
  enter(page, "ught");
  EXPECT_EQ(fake.saved["draft:bob"], "") << "sent is no draft any more";
  page.chat("dave"_peer);
  EXPECT_THAT(screen(page), HasSubstr("> from yesterday"));
}

TEST_F(MainPage, UpAndDownWalkThroughWhatWasWritten) {
  fake.history = {message("bob", "alice", "sent before", 1)};
  auto page = make();
  page.chat("bob"_peer);
  enter(page, "one");
  enter(page, "two");
  type(page, "thr");
  page.press({KeyKind::kUp});
  EXPECT_THAT(screen(page), HasSubstr("> two"));
  page.press({KeyKind::kUp});
  page.press({KeyKind::kUp});
  EXPECT_THAT(screen(page), HasSubstr("> sent before"));
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kDown});
  EXPECT_THAT(screen(page), HasSubstr("> thr"));
}

TEST_F(MainPage, ALargePasteAsksFirstAndASmallOneDoesNot) {
  auto page = make();
  page.chat("bob"_peer);
  Key paste{KeyKind::kPaste};
  paste.text = "a\nb";
  page.press(paste);
  EXPECT_THAT(screen(page), HasSubstr("> a\n"));
  paste.text = "1\n2\n3\n4\n5\n6";
  page.press(paste);
  EXPECT_THAT(screen(page), HasSubstr("Paste 6 lines, 11 characters?"));
  type(page, "n");
  EXPECT_THAT(screen(page), Not(HasSubstr("4")));
  EXPECT_TRUE(fake.toasts.empty());
  page.press(paste);
  page.press({KeyKind::kUp});
  EXPECT_THAT(screen(page), HasSubstr("> a\n"));
  EXPECT_THAT(fake.toasts, ElementsAre("Nothing was pasted: only Y and Enter say yes."));
  page.press(paste);
  type(page, "y");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "send bob a\nb1\n2\n3\n4\n5\n6");
}

TEST_F(MainPage, ScrollingLoadsOlderHistoryAndComesBack) {
  for (int i = 1; i <= 1000; ++i) fake.history.push_back(message("bob", "bob", "number " + std::to_string(i)));
  auto page = make();
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), HasSubstr("number 1000"));
  for (int i = 0; i < 30; ++i) {
    page.press({KeyKind::kPageUp});
    screen(page);
  }
  EXPECT_THAT(screen(page), Not(HasSubstr("number 1000")));
  EXPECT_THAT(screen(page), HasSubstr("number 4"));
  page.press({KeyKind::kHome});
  EXPECT_THAT(screen(page), HasSubstr("number 1\n"));
  page.hear(tui::MessageAdded{message("bob", "bob", "late news")});
  EXPECT_THAT(screen(page), HasSubstr("1 new below"));
  page.press({KeyKind::kEnd});
  EXPECT_THAT(screen(page), HasSubstr("number 1000"));
}

TEST_F(MainPage, AJumpShowsTheMessageWithWhatIsAroundIt) {
  for (int i = 1; i <= 1000; ++i) fake.history.push_back(message("bob", "bob", "number " + std::to_string(i)));
  auto page = make();
  screen(page);
  page.chat("bob"_peer, 500);
  const std::string shown = screen(page);
  for (const char* text : {"number 499\n", "number 500\n", "number 501\n"}) EXPECT_THAT(shown, HasSubstr(text));
}

TEST_F(MainPage, DaysAndWhatIsNewHaveLines) {
  fake.people = {{"bob"_peer, 3, 0, 1}};
  fake.history = {message("bob", "bob", "old"), message("bob", "bob", "fresh")};
  fake.history[1].seen = false;
  fake.history[1].sent_ms += 24 * 3'600'000;
  auto page = make();
  page.chat("bob"_peer);
  const std::string shown = screen(page);
  EXPECT_THAT(shown, HasSubstr("Saturday, 22 November 2025"));
  EXPECT_THAT(shown, HasSubstr("Sunday, 23 November 2025"));
  EXPECT_THAT(shown, HasSubstr("─ new ─"));
  EXPECT_GT(shown.rfind("fresh"), shown.find("─ new ─"));
}

TEST_F(MainPage, TabCompletesCommandsNamesAndEmoji) {
  fake.people = {{"bob"_peer, 9, 0, 0}, {"#team"_peer, 8, 0, 0}};
  auto page = make();
  page.chat("bob"_peer);
  type(page, "/he");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("> /help"));
  page.press(tui::control_key('u'));
  type(page, "see #t");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("> see #team"));
  page.press(tui::control_key('u'));
  type(page, ":rocket");
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("> 🚀"));
}

TEST_F(MainPage, CommandsDoWhatTheySay) {
  auto page = make();
  enter(page, "/msg bob good morning");
  EXPECT_EQ(page.peer(), "bob"_peer);
  EXPECT_THAT(fake.asked, Contains("send bob good morning"));
  enter(page, "/mute");
  EXPECT_TRUE(page.muted("bob"_peer));
  EXPECT_EQ(fake.saved["mute:bob"], "1");
  enter(page, "/dnd");
  EXPECT_TRUE(page.dnd());
  enter(page, "/quit");
  EXPECT_EQ(fake.asked.back(), "quit");
  fake.asked.clear();
  enter(page, "/msg");
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(fake.toasts.back(), HasSubstr("/msg NAME"));
}

TEST_F(MainPage, AGroupMessageCountsWhoHasItAndAChangedOneIsShownChanged) {
  auto page = make();
  page.chat("#team"_peer);
  auto m = message("#team", "alice", "hello all", 7);
  m.id = "ab";
  page.hear(tui::MessageAdded{m});
  client::ReceiptEvent e;
  e.ref = 7;
  e.state = client::MessageState::kQueued;
  e.members = 5;
  e.delivered = 3;
  page.hear(e);
  EXPECT_THAT(screen(page), HasSubstr(" 3/5"));
  e.read = 2;
  page.hear(e);
  EXPECT_THAT(screen(page), HasSubstr("read 2/5"));
  m.text = "hello everybody";
  m.edited = true;
  page.hear(tui::MessageChanged{m});
  EXPECT_THAT(screen(page), HasSubstr("hello everybody  (edited)"));
}

TEST_F(MainPage, FilesAreSentFetchedShownAndDrawn) {
  auto with_file = message("bob", "bob", "");
  with_file.kind = client::MessageKind::kFile;
  with_file.id = "ab";
  with_file.file = client::FileView{"cat.png", "image/png", 1'200'000, client::FileView::State::kNone, ""};
  fake.history = {with_file};
  auto page = make();
  page.chat("bob"_peer);
  EXPECT_THAT(screen(page), HasSubstr("[cat.png, 1.2 MB] not here"));
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "show ab");
  enter(page, "/save ~/x");
  EXPECT_EQ(fake.asked.back(), "save ab " + tui::from_home("~/x"));
  client::TransferInfo t;
  t.id = "ab";
  t.peer = "bob"_peer;
  t.name = "cat.png";
  t.done = 600'000;
  t.size = 1'200'000;
  t.state = client::TransferInfo::State::kRunning;
  t.per_second = 300'000;
  t.seconds_left = 2;
  page.hear(t);
  EXPECT_THAT(screen(page), HasSubstr("fetching cat.png 50%, 300 kB/s, 2 s"));
  enter(page, "/cancel");
  EXPECT_EQ(fake.asked.back(), "cancel ab");
  t.state = client::TransferInfo::State::kDone;
  t.path = "/downloads/cat.png";
  page.hear(t);
  EXPECT_THAT(screen(page), Not(HasSubstr("50%")));
  EXPECT_EQ(fake.asked.back(), "draw /downloads/cat.png 52x12");
  const size_t asked = fake.asked.size();
  screen(page);
  EXPECT_EQ(fake.asked.size(), asked) << "once";
  page.hear(tui::PictureDrawn{"/downloads/cat.png", tui::Picture(tui::CellGrid{2, 1, {{U'▀', 1, 2}, {U'▄', 3, 4}}})});
  EXPECT_THAT(screen(page), HasSubstr("▀▄"));
  enter(page, "/send ~/dog.png");
  EXPECT_EQ(fake.asked.back(), "file bob " + tui::from_home("~/dog.png"));
  enter(page, "/send-reply ~/dog.png");
  EXPECT_EQ(fake.asked.back(), "file bob " + tui::from_home("~/dog.png") + " answers ab");
}

TEST_F(MainPage, AFetchedFileIsShownUnlessSomethingCoversThePage) {
  auto page = make();
  page.chat("bob"_peer);
  fake.asked.clear();
  page.hear(tui::CoverChanged{false});
  page.hear(tui::FileFetched{"/downloads/cat.png"});
  EXPECT_TRUE(fake.asked.empty());
  page.hear(tui::CoverChanged{true});
  page.hear(tui::FileFetched{"/downloads/cat.png"});
  EXPECT_EQ(fake.asked.back(), "open " + std::to_string(static_cast<int>(tui::PageName::kView)) + "/downloads/cat.png");
}

TEST_F(MainPage, NothingBreaksTheLayout) {
  fake.people = {{"a-very-long-name-of-thirty-two-ch"_peer, 9, 0, 12345}, {"bob"_peer, 1, 0, 0}};
  fake.history = {
      message("bob", "bob", std::string(64 * 1024, 'w')),
      message("bob", "bob", "漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文"),
      message("bob", "alice", "e\u0301\u0301 ok \U0001F468\U0001F469 \u0627\u0644\u0633\u0644\u0627\u0645", 3),
      message("bob", "a-very-long-name-of-thirty-two-ch", "x"),
      message("bob", "bob", ""),
      message("bob", "bob", "\n\n\n"),
      message("bob", "bob", "\u0301 begins with a combining mark")};
  auto page = make();
  for (const auto& [width, height] : {std::pair{44, 12}, {59, 13}, {60, 14}, {80, 24}, {200, 50}, {300, 100}}) {
    expect_fits(page, width, height);
  }
  page.chat("bob"_peer);
  type(page, std::string(500, 'q'));
  for (const auto& [width, height] :
       {std::pair{44, 12}, {59, 13}, {60, 14}, {80, 24}, {200, 50}, {300, 100}, {44, 12}}) {
    expect_fits(page, width, height);
    page.press({KeyKind::kPageUp});
    expect_fits(page, width, height);
  }
  page.press(tui::alt_key('k'));
  expect_fits(page, 44, 12);
}

}  // namespace
}  // namespace fastchat::test
