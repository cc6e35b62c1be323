// A grapheme cluster, which people take for one character, is never cut, also an emoji of several code points: moving,
// erasing, swapping, clipping, wrapping, masking and counting go from cluster to cluster. (Texts that reach the screen
// hold no joiners and no selectors, docs/e2e.md section 10; the grid and the editor do not rely on that.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <string>
#include <vector>

#include "client/tui/chat/composer.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::test {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using tui::KeyKind;

const std::vector<std::string> kClusters = {
    "\U0001F1E9\U0001F1EA",                                // a flag
    "\U0001F44D\U0001F3FD",                                // a skin tone
    "\U0001F468\u200D\U0001F469\u200D\U0001F467",          // a family
    "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E007F",  // a flag of tags
    "\u2764\uFE0F",                                        // a variation selector
    "1\uFE0F\u20E3",                                       // a keycap
    "e\u0301\u0323",                                       // combining marks
    "\u1112\u1161\u11AB",                                  // Hangul jamo
    "\u0928\u093F",                                        // a spacing vowel sign
};

class Clusters : public testing::TestWithParam<std::string> {
 protected:
  Clusters() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  const std::string& one() const { return GetParam(); }
  std::string two() const { return one() + one(); }
};

TEST_P(Clusters, AreSteppedOverWhole) {
  const std::string text = "a" + two() + "b";
  EXPECT_EQ(tui::next_character(text, 1), 1 + one().size());
  EXPECT_EQ(tui::next_character(text, 1 + one().size()), 1 + two().size());
  EXPECT_EQ(tui::previous_character(text, 1 + two().size()), 1 + one().size());
}

TEST_P(Clusters, AreErasedAndSwappedWhole) {
  tui::LineEditor e;
  e.set("a" + two());
  e.press({KeyKind::kBackspace});
  EXPECT_EQ(e.text(), "a" + one());
  e.press(tui::control_key('t'));
  EXPECT_EQ(e.text(), one() + "a");
  e.press({KeyKind::kHome});
  e.press({KeyKind::kDelete});
  EXPECT_EQ(e.text(), "a");
}

TEST_P(Clusters, AreClippedAndWrappedWhole) {
  const int width = tui::width_of(one());
  for (int columns = 1; columns < 3 * width; ++columns) {
    std::string cut = tui::clip(two() + two(), columns);
    if (cut.ends_with("…")) cut.resize(cut.size() - std::string("…").size());
    EXPECT_TRUE(cut.empty() || cut == one() || cut == two()) << columns;
  }
  for (int columns = width; columns < 2 * width; ++columns) {
    EXPECT_THAT(tui::wrap(two() + two(), columns), Each(one())) << columns;
    tui::LineEditor e;
    e.set(two());
    EXPECT_THAT(e.block(std::max(2, columns)).lines[0], testing::AnyOf(one(), two())) << columns;
  }
}

TEST_P(Clusters, AreOneStarOfAPassword) {
  tui::LineEditor e;
  e.set(two());
  EXPECT_EQ(e.show(10, true).text, "**");
}

TEST_P(Clusters, AreOneCharacterOfAPaste) {
  tui::Composer composer;
  composer.open(client::PeerName("bob"));
  std::string text;
  for (int i = 0; i < 2500; ++i) text += one();
  composer.press(tui::Key{KeyKind::kPaste, 0, false, 0, 0, text});
  EXPECT_THAT(tui::plain_text(composer.draw(80, 5)), HasSubstr(" 2500 characters"));
}

TEST_P(Clusters, FillASummaryAndAQuoteWhole) {
  client::ChatMessage m;
  m.from = "bob";
  m.peer = client::PeerName(m.from);
  for (size_t before = 0; before < 2 * one().size(); ++before) {
    m.text = std::string(before, 'a');
    while (m.text.size() < 500) m.text += one();
    for (std::string shown : {tui::summary(m), tui::plain_text(tui::Frame{80, 1, {tui::quote_row(&m, 2000)}})}) {
      shown.erase(0, shown.find('a') == std::string::npos ? 0 : shown.find('a'));
      EXPECT_THAT(shown, Not(HasSubstr("\uFFFD"))) << before;
    }
  }
}

TEST_P(Clusters, GoToTheNextLineOnlyWhereTheyFit) {
  tui::LineEditor e;
  e.set("a" + one() + "\U0001F3FD\U0001F3FD\U0001F3FD\U0001F3FD");  // one cluster of more than eight columns
  for (int columns = 2; columns < 12; ++columns) {
    for (const std::string& line : e.block(columns).lines) EXPECT_LE(tui::width_of(line), columns);
    for (const std::string& line : tui::wrap(e.text(), columns)) EXPECT_LE(tui::width_of(line), columns);
    EXPECT_LE(tui::width_of(e.show(columns).text), columns);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Clusters, testing::ValuesIn(kClusters));

}  // namespace
}  // namespace fastchat::test
