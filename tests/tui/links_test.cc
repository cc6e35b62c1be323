// Addresses in texts, the parts of a frame that ncurses cannot draw, and the text for the terminal's clipboard.
#include "client/tui/pages/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/overlay.h"
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

TEST(Overlay, LinksAreWrittenOnceAndTakenAway) {
  tui::Overlay links;
  tui::Frame frame{80, 3};
  frame.rows = {{{"see "}, {.text = "here", .link = "https://a.example/ü"}}, {{"nothing"}}};
  const auto first = links.show(frame, 80, {}, no_look);
  EXPECT_EQ(first.bytes, "\0337\033[1;5H\033]8;;https://a.example/%C3%BC\033\\here\033]8;;\033\\\0338");
  EXPECT_THAT(first.redraw, IsEmpty());
  EXPECT_EQ(links.show(frame, 80, {}, no_look).bytes, "") << "it is there already";
  links.forget({0});
  EXPECT_EQ(links.show(frame, 80, {}, no_look).bytes, first.bytes);
  frame.rows.insert(frame.rows.begin(), tui::Row{{"above"}});
  const auto moved = links.show(frame, 80, {}, no_look);
  EXPECT_THAT(moved.redraw, ElementsAre(0)) << "the same letters there would stay a link";
  EXPECT_THAT(moved.bytes, testing::HasSubstr("\033[2;5H"));
  frame.rows.clear();
  EXPECT_THAT(links.show(frame, 80, {}, no_look).redraw, ElementsAre(1));
  EXPECT_EQ(links.show(frame, 80, {}, no_look).bytes, "");
}

TEST(Overlay, LinksEndAtTheEdgeOfTheScreen) {
  tui::Overlay links;
  tui::Frame frame{10, 2};
  frame.rows = {{{"12345678"},
                 {.text = "linked text", .link = "https://a.example/"},
                 {.text = "x", .link = "https://b.example/"}}};
  EXPECT_THAT(links.show(frame, 10, {}, no_look).bytes,
              testing::AllOf(testing::HasSubstr("\033[1;9H"), testing::Not(testing::HasSubstr("b.example"))));
}

std::string paint_look(const tui::Span& span) {
  return "<" + std::to_string(span.paint.front - tui::kExactColours) + ">";
}

// A row with text, and cells of these colours behind it.
tui::Row coloured(const std::string& text, const std::vector<uint32_t>& colours) {
  tui::Row out = {{text}};
  for (const uint32_t colour : colours) out.push_back({"#", tui::Style::kPlain, true, {tui::exact_colour(colour), -1}});
  return out;
}

TEST(Overlay, ExactColoursAreWrittenAgainWhenTheirRowIs) {
  tui::Overlay overlay;
  tui::Frame frame{80, 4};
  frame.rows = {coloured("ab", {1, 2}), {{"text"}, {"q", tui::Style::kPlain, true, {231, 16}}}};
  const auto first = overlay.show(frame, 80, {}, paint_look);
  EXPECT_EQ(first.bytes, "\0337\033[1;3H<1>#<2>#\0338") << "one movement for neighbours; the palette is ncurses' own";
  EXPECT_EQ(overlay.show(frame, 80, {}, paint_look).bytes, "");
  frame.rows[0][0].text = "ax";
  const auto beside = overlay.show(frame, 80, {}, paint_look);
  EXPECT_EQ(beside.bytes, first.bytes) << "ncurses may have written the row";
  EXPECT_THAT(beside.redraw, IsEmpty());
  frame.rows[0] = coloured("ax", {1, 3});
  EXPECT_THAT(overlay.show(frame, 80, {}, paint_look).redraw, ElementsAre(0));
  frame.rows[0] = {{"text"}};
  const auto gone = overlay.show(frame, 80, {}, paint_look);
  EXPECT_THAT(gone.redraw, ElementsAre(0)) << "a cell with the nearest colour would keep the exact one";
  EXPECT_EQ(gone.bytes, "");
}

TEST(Overlay, NcursesScrollsNoRowsWithExactColours) {
  tui::Overlay overlay;
  tui::Frame frame{80, 5};
  frame.rows = {coloured("", {1}), coloured("", {2}), coloured("", {3}), {{"a"}}, {{"b"}}};
  (void)overlay.show(frame, 80, {}, paint_look);
  frame.rows = {coloured("", {2}), coloured("", {3}), {{"a"}}, {{"b"}}, {{"c"}}};
  EXPECT_THAT(overlay.show(frame, 80, {}, paint_look).redraw, ElementsAre(0, 1, 2, 3, 4));
  frame.rows = {{{"1"}}, {{"2"}}, {{"3"}}, {{"4"}}, {{"5"}}};
  EXPECT_THAT(overlay.show(frame, 80, {}, paint_look).redraw, ElementsAre(0, 1, 2, 3, 4));
  frame.rows = {{{"2"}}, {{"3"}}, {{"4"}}, {{"5"}}, {{"6"}}};
  EXPECT_THAT(overlay.show(frame, 80, {}, paint_look).redraw, IsEmpty()) << "texts alone may scroll";
}

TEST(Overlay, APictureHasABoundInBytes) {
  tui::Overlay overlay;
  tui::Frame frame{300, 200};
  for (int y = 0; y < 200; ++y) {
    for (uint32_t x = 0; x < 300; ++x) {
      const auto colour = tui::exact_colour(0xF0F0F0 + (x & 15));
      frame.row(y).push_back({"▀", tui::Style::kPlain, true, {colour, colour - 1}});
    }
  }
  const auto longest = [](const tui::Span&) { return std::string("\033[0;38;2;255;255;255;48;2;255;255;255m"); };
  const size_t bytes = overlay.show(frame, 300, {}, longest).bytes.size();
  EXPECT_GT(bytes, 0u);
  EXPECT_LE(bytes, 300 * 200 * tui::Overlay::kMaxCellBytes);
  EXPECT_EQ(tui::Overlay().show(frame, 300, {.exact_colours = false}, longest).bytes, "");
}

TEST(Clipboard, GetsBase64AndTmuxPassesItOn) {
  EXPECT_EQ(tui::copy_bytes("hi", false), "\033]52;c;aGk=\a");
  EXPECT_EQ(tui::copy_bytes("~~~\xff\xff", false), "\033]52;c;fn5+//8=\a");
  EXPECT_EQ(tui::copy_bytes("hi", true), "\033]52;c;aGk=\a\033Ptmux;\033\033]52;c;aGk=\a\033\\");
}

}  // namespace
}  // namespace fastchat::test
