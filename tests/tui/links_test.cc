// Addresses in texts, and the text for the terminal's clipboard.
#include "client/tui/pages/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/hyperlinks.h"
#include "client/tui/terminal_desktop.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> urls(const std::string& text) {
  std::vector<std::string> out;
  for (const tui::Link& link : tui::links_in(text)) {
    EXPECT_EQ(text.substr(link.begin, link.end - link.begin), link.url);
    out.push_back(link.url);
  }
  return out;
}

TEST(Links, EndWhereTheSentenceGoesOn) {
  EXPECT_THAT(urls("see https://example.org/a?b=c#d."), ElementsAre("https://example.org/a?b=c#d"));
  EXPECT_THAT(urls("(http://example.org/x)"), ElementsAre("http://example.org/x"));
  EXPECT_THAT(urls("https://example.org/a_(b), and"), ElementsAre("https://example.org/a_(b)"));
  EXPECT_THAT(urls("<https://example.org> \"ftp://f.example/\""),
              ElementsAre("https://example.org", "ftp://f.example/"));
  EXPECT_THAT(urls("*https://example.org*!?"), ElementsAre("https://example.org"));
  EXPECT_EQ(tui::links_in("mailto:bob@example.org?attach=/etc/passwd")[0].url, "mailto:bob@example.org");
  EXPECT_THAT(urls("HTTPS://EXAMPLE.ORG/ mailto:bob@example.org"),
              ElementsAre("HTTPS://EXAMPLE.ORG/", "mailto:bob@example.org"));
  EXPECT_THAT(urls("https://пример.example/путь\nhttp://b.example"),
              ElementsAre("https://пример.example/путь", "http://b.example"));
}

TEST(Links, AreNoPartOfAWordAndHaveABound) {
  EXPECT_THAT(urls("xhttp://example.org"), IsEmpty());
  EXPECT_THAT(urls("http:// https://... mailto:"), IsEmpty());
  EXPECT_THAT(urls("file:///etc/passwd javascript:alert(1) --help"), IsEmpty()) << "only schemes that are safe to open";
  EXPECT_THAT(urls("https://example.org/" + std::string(3000, 'a')), IsEmpty());
  EXPECT_THAT(urls("http://a" + std::string(1900, ')')), ElementsAre("http://a"));
  EXPECT_THAT(urls("http://" + std::string(16000, ')')), IsEmpty());
  EXPECT_THAT(urls("https://a.example/(b)[c]{d})]}"), ElementsAre("https://a.example/(b)[c]{d}"));
  std::string many;
  for (int i = 0; i < 500; ++i) many += "https://e.example/" + std::to_string(i) + " ";
  EXPECT_EQ(urls(many).size(), 100u);
}

// Returns the pieces of rows that are links, each as "address > text".
std::vector<std::string> linked(const std::vector<tui::Row>& rows) {
  std::vector<std::string> out;
  for (const tui::Row& row : rows) {
    for (const tui::Span& span : row) {
      if (!span.link.empty()) out.push_back(span.link + " > " + span.text);
    }
  }
  return out;
}

TEST(Links, AreWholeOverTheLinesOfAMessage) {
  client::ChatMessage m;
  m.from = "bob";
  m.text = "see https://example.org/a-long-path-to-the-menu-of-today or ask";
  const std::string url = "https://example.org/a-long-path-to-the-menu-of-today";
  EXPECT_THAT(linked(tui::message_rows(m, 120)), ElementsAre(url + " > " + url));
  const auto narrow = linked(tui::message_rows(m, 40));
  ASSERT_GT(narrow.size(), 1u);
  std::string together;
  for (const std::string& piece : narrow) {
    ASSERT_TRUE(piece.starts_with(url + " > "));
    together += piece.substr(url.size() + 3);
  }
  EXPECT_EQ(together, url);
  m.text = "aa aa https://b.example/ aa https://b.example/x aa";
  for (int width = 30; width < 90; ++width) {
    std::string all;
    for (const auto& row : tui::message_rows(m, width)) {
      for (const auto& span : row) all += span.text;
    }
    std::erase(all, ' ');
    EXPECT_THAT(all, testing::HasSubstr("aaaahttps://b.example/aahttps://b.example/xaa")) << width;
  }
}

std::string no_look(const tui::Span&) {
  return "";
}

TEST(Hyperlinks, AreWrittenOnceAndTakenAway) {
  tui::Hyperlinks links;
  tui::Frame frame{80, 3};
  frame.rows = {{{"see "}, {.text = "here", .link = "https://a.example/ü"}}, {{"nothing"}}};
  const auto first = links.show(frame, 80, no_look);
  EXPECT_EQ(first.bytes, "\0337\033[1;5H\033]8;;https://a.example/%C3%BC\033\\here\033]8;;\033\\\0338");
  EXPECT_THAT(first.redraw, IsEmpty());
  EXPECT_EQ(links.show(frame, 80, no_look).bytes, "") << "it is there already";
  links.forget({0});
  EXPECT_EQ(links.show(frame, 80, no_look).bytes, first.bytes);
  frame.rows.insert(frame.rows.begin(), tui::Row{{"above"}});
  const auto moved = links.show(frame, 80, no_look);
  EXPECT_THAT(moved.redraw, ElementsAre(0)) << "the same letters there would stay a link";
  EXPECT_THAT(moved.bytes, testing::HasSubstr("\033[2;5H"));
  frame.rows.clear();
  EXPECT_THAT(links.show(frame, 80, no_look).redraw, ElementsAre(1));
  EXPECT_EQ(links.show(frame, 80, no_look).bytes, "");
}

TEST(Hyperlinks, EndAtTheEdgeOfTheScreen) {
  tui::Hyperlinks links;
  tui::Frame frame{10, 2};
  frame.rows = {{{"12345678"},
                 {.text = "linked text", .link = "https://a.example/"},
                 {.text = "x", .link = "https://b.example/"}}};
  EXPECT_THAT(links.show(frame, 10, no_look).bytes,
              testing::AllOf(testing::HasSubstr("\033[1;9H"), testing::Not(testing::HasSubstr("b.example"))));
}

TEST(Clipboard, GetsBase64AndTmuxPassesItOn) {
  EXPECT_EQ(tui::copy_bytes("hi", false), "\033]52;c;aGk=\a");
  EXPECT_EQ(tui::copy_bytes("~~~\xff\xff", false), "\033]52;c;fn5+//8=\a");
  EXPECT_EQ(tui::copy_bytes("hi", true), "\033]52;c;aGk=\a\033Ptmux;\033\033]52;c;aGk=\a\033\\");
}

}  // namespace
}  // namespace fastchat::test
