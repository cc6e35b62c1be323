// Graphics: the answers of a terminal, the places of pictures on pages, and the bytes written for them.
#include <gmock/gmock.h>

#include "client/tui/chat/message_pane.h"
#include "client/tui/pages/view_page.h"
#include "client/tui/terminal/graphics.h"
#include "client/tui/terminal/graphics_reply.h"
#include "client/tui/terminal/sixel.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using tui::PictureMode;

// ---- answers

// Feeds the text as the terminal's key reader does; returns the text that is left for the keys.
std::string feed(tui::GraphicsReply& reply, const std::string& text) {
  std::string keys;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    if (reply.collecting() && reply.take(c)) continue;
    const bool two = c == 27 && i + 2 < text.size();
    if (two && reply.begin(static_cast<char32_t>(text[i + 1]), static_cast<char32_t>(text[i + 2]))) {
      i += 2;
    } else {
      keys += text[i];
    }
  }
  return keys;
}

TEST(GraphicsReply, ReadsWhatKittyAndSixelTerminalsAnswer) {
  tui::GraphicsReply reply;
  EXPECT_EQ(feed(reply, "\033_Gi=31;OK\033\\\033[6;21;9t\033[?62;4;22c"), "");
  EXPECT_TRUE(reply.says().kitty);
  EXPECT_TRUE(reply.says().sixel);
  EXPECT_EQ(reply.says().cell_width, 9);
  EXPECT_EQ(reply.says().cell_height, 21);
  EXPECT_EQ(feed(reply, "\033[?1;0;16S\033[?2;0;1000;800S"), "");
  EXPECT_EQ(reply.says().colours, 16);
  EXPECT_EQ(reply.says().max_width, 1000);
  EXPECT_EQ(reply.says().max_height, 800);
}

TEST(GraphicsReply, ReadsTheBackgroundWhenItWasAskedFor) {
  const auto background = [](const std::string& answer) {
    tui::GraphicsReply reply;
    reply.expect_background();
    EXPECT_EQ(feed(reply, answer + "b"), "b") << answer;
    return reply.says().background;
  };
  EXPECT_EQ(background("\033]11;rgb:ffff/8080/0000\033\\"), (tui::Rgb{255, 128, 0}));
  EXPECT_EQ(background("\033]11;rgb:1e/1e/1e\a"), (tui::Rgb{30, 30, 30}));
  EXPECT_EQ(background("\033]11;rgba:ffff/ffff/ffff/0000\a"), (tui::Rgb{255, 255, 255}));
  for (const char* none : {"\033]11;?\a", "\033]11;rgb:\a", "\033]11;rgb:ff/ff\a", "\033]11;rgb:-1/00/00\a",
                           "\033]11;rgb:fffff/00/00\a", "\033]12;rgb:ff/ff/ff\a", "\033]1\a", "\033]11;rgb\a"}) {
    EXPECT_EQ(background(none), std::nullopt) << none;
  }
  tui::GraphicsReply reply;
  EXPECT_EQ(feed(reply, "\033]11;x"), "\033]11;x") << "nobody asked";
  reply.expect_background();
  EXPECT_EQ(feed(reply, "\033]11;rgb:ff\rtext"), "\rtext");
  EXPECT_EQ(feed(reply, "\033]11"), "\033]11") << "one question has one answer";
}

TEST(GraphicsReply, TheBackgroundIsAskedForOnlyWhereItDecides) {
  tui::ThemeHints hints;
  EXPECT_EQ(tui::background_question(hints, "xterm"), "\033]11;?\033\\");
  EXPECT_EQ(tui::background_question(hints, "linux"), "");
  EXPECT_EQ(tui::background_question(hints, "dumb"), "");
  hints.wanted = "dark";
  EXPECT_EQ(tui::background_question(hints, "xterm"), "");
  hints.wanted = "auto";
  hints.no_color = true;
  EXPECT_EQ(tui::background_question(hints, "xterm"), "");
}

TEST(GraphicsReply, ComesInPiecesBetweenKeys) {
  tui::GraphicsReply reply;
  const std::string whole = "\033_Gi=31;OK\033\\\033[?64;1;4c";
  for (size_t cut = 3; cut < 12; ++cut) {
    reply = {};
    EXPECT_EQ(feed(reply, "a" + whole.substr(0, cut)), "a");
    EXPECT_TRUE(reply.collecting());
    EXPECT_EQ(feed(reply, whole.substr(cut) + "b"), "b") << cut;
    EXPECT_TRUE(reply.says().kitty && reply.says().sixel) << cut;
  }
}

TEST(GraphicsReply, APersonsKeysAreNoAnswer) {
  tui::GraphicsReply reply;
  for (const char* keys : {"[A", "[x", "[ ", "__", "_x", "P1", "O?", "]1"}) {
    EXPECT_FALSE(reply.begin(static_cast<char32_t>(keys[0]), static_cast<char32_t>(keys[1]))) << keys;
    EXPECT_FALSE(reply.collecting());
  }
  EXPECT_EQ(feed(reply, "\033x\033_x\033["), "\033x\033_x\033[");
}

TEST(GraphicsReply, GarbageSaysNothingAndNeverHoldsTheKeysForLong) {
  tui::GraphicsReply reply;
  EXPECT_EQ(feed(reply, "\033_Gi=32;OK\033\\\033_Gi=31;EBADF\033\\\033_G\033\\\033[?c\033[?4c\033[?62;:4c\033[6;0;0t"),
            "");
  EXPECT_EQ(feed(reply, "\033[6;99999999999;9t\033[6;9t\033[?1;3;16S\033[?2;0;99999999;1S\033[9;1;4c\033[200;4;4t"),
            "");
  EXPECT_FALSE(reply.says().kitty);
  EXPECT_FALSE(reply.says().sixel);
  EXPECT_EQ(reply.says().cell_height, 0);
  EXPECT_EQ(reply.says().colours, 0);
  EXPECT_EQ(reply.says().max_width, 0);
  // Answers without an end: a key with a control character is a key again, and so are the keys after too many
  // characters.
  EXPECT_EQ(feed(reply, "\033_Gi=31;OK\rtext"), "\rtext");
  EXPECT_EQ(feed(reply, "\033[?62;\033_Gi=31;OK\033\\x"), "x") << "an answer that stops, and a whole one";
  EXPECT_TRUE(reply.says().kitty);
  EXPECT_THAT(feed(reply, "\033_G" + std::string(100'000, 'x')), SizeIs(100'000 - tui::GraphicsReply::kMax + 1));
  EXPECT_FALSE(reply.collecting());
}

TEST(GraphicsReply, IsAskedForOnlyWhereItHelps) {
  EXPECT_EQ(tui::graphics_questions({"auto", "xterm-kitty"}, true), "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c");
  EXPECT_THAT(tui::graphics_questions({"auto", "xterm"}, false), testing::EndsWith("\033[16t\033[c"))
      << "what every terminal answers comes last";
  EXPECT_EQ(tui::graphics_questions({"auto", "tmux-256color", true}, true), "\033[c");
  EXPECT_EQ(tui::graphics_questions({"auto", "screen"}, true), "\033[c");
  for (const char* term : {"linux", "dumb"}) EXPECT_EQ(tui::graphics_questions({"auto", term}, false), "");
  EXPECT_EQ(tui::graphics_questions({"auto", "xterm", false, false}, false), "");
  EXPECT_EQ(tui::graphics_questions({"blocks", "xterm"}, false), "");
  EXPECT_EQ(tui::graphics_questions({"kitty", "xterm"}, true), "");
  EXPECT_EQ(tui::graphics_questions({"sixel", "xterm"}, true), "\033[?1;1;0S\033[?2;1;0S");
  EXPECT_EQ(tui::graphics_questions(PictureMode::kSixel, false), "\033[16t\033[?1;1;0S\033[?2;1;0S");
  EXPECT_EQ(tui::graphics_questions(PictureMode::kKitty, true), "");
  EXPECT_EQ(tui::graphics_questions(PictureMode::kBlocks, false), "");
}

TEST(PictureForm, IsTheBestThatTheTerminalHas) {
  tui::TerminalSays says;
  EXPECT_EQ(tui::picture_form({}, says, 256).mode, PictureMode::kBlocks);
  EXPECT_EQ(tui::picture_form({"kitty", "xterm"}, says, 256).mode, PictureMode::kKitty) << "without asking";
  EXPECT_EQ(tui::picture_form({"sixel", "xterm"}, says, 256).cell_height, 20) << "a VT340's";
  says.sixel = true;
  EXPECT_EQ(tui::picture_form({}, says, 256).mode, PictureMode::kBlocks) << "the size of a cell is not known";
  says.cell_width = 8;
  says.cell_height = 16;
  says.colours = 16;
  says.max_width = says.max_height = 1000;
  const auto sixel = tui::picture_form({}, says, 256);
  EXPECT_EQ(sixel, (tui::PictureForm{PictureMode::kSixel, 16, 8, 16, 125, 62}));
  says.kitty = true;
  EXPECT_EQ(tui::picture_form({}, says, 256).mode, PictureMode::kKitty);
  EXPECT_EQ(tui::picture_form({"blocks", "xterm"}, says, 88), (tui::PictureForm{PictureMode::kBlocks, 88}));
  EXPECT_EQ(tui::picture_form({"kitty", "linux"}, says, 8).mode, PictureMode::kBlocks);
  EXPECT_EQ(tui::picture_form({"kitty", "xterm", false, false}, says, 0).mode, PictureMode::kBlocks);
}

// ---- places

tui::Graphic kitty(uint32_t id, int columns, int rows) {
  tui::Graphic out;
  out.id = id;
  out.columns = columns;
  out.rows = rows;
  out.width = columns * 10;
  out.height = rows * 20;
  out.depth = 3;
  out.data = "AAAA";
  return out;
}

// Returns a graphic whose upper half is the first colour and whose lower half is the second.
tui::Graphic sixel(uint32_t id, int columns, int rows) {
  tui::Graphic out = kitty(id, columns, rows);
  out.mode = PictureMode::kSixel;
  out.cell_height = 20;
  out.height = out.height / 6 * 6;
  out.palette = {{255, 0, 0}, {0, 0, 255}};
  const auto half = static_cast<size_t>(out.width * (out.height / 2));
  out.data = std::string(half, '\0') + std::string(static_cast<size_t>(out.width * out.height) - half, '\1');
  return out;
}

tui::Placed at(const tui::Graphic& graphic, int x, int y, int first, int rows) {
  return {&graphic, x, y, first, rows, graphic.columns};
}

tui::Frame with(const tui::Picture& picture, int x, int y, int width = 40, int height = 12) {
  tui::Frame part{width, height}, out{width, height};
  int row = 0;
  for (const tui::Row& blanks : tui::rows_of(picture)) part.put(row++, blanks);
  part.height = row;
  out.paste(part, x, y);
  return out;
}

TEST(Placed, AGraphicIsSeenAsFarAsTheFrameGoes) {
  const tui::Picture picture = kitty(1, 10, 5);
  const auto& graphic = std::get<tui::Graphic>(picture);
  EXPECT_THAT(tui::graphics_of(with(picture, 3, 2)), ElementsAre(at(graphic, 3, 2, 0, 5)));
  EXPECT_THAT(tui::graphics_of(with(picture, 0, -2)), ElementsAre(at(graphic, 0, 0, 2, 3)));
  EXPECT_THAT(tui::graphics_of(with(picture, 0, 9)), ElementsAre(at(graphic, 0, 9, 0, 3)));
  EXPECT_THAT(tui::graphics_of(with(picture, 36, 0)), ElementsAre(tui::Placed{&graphic, 36, 0, 0, 5, 4}));
  tui::Frame frame = with(picture, 3, 2);
  frame.row(4).clear();
  frame.put(4, "text");
  EXPECT_THAT(tui::graphics_of(frame), ElementsAre(at(graphic, 3, 2, 0, 2), at(graphic, 3, 5, 3, 2)));
}

class PlacedByPages : public PagesTest {
 protected:
  client::ChatMessage file(const std::string& path) {
    auto m = message("bob", "bob", "");
    m.kind = client::MessageKind::kFile;
    m.file = client::FileView{"a.png", "image/png", 100, client::FileView::State::kHere, path};
    return m;
  }
};

TEST_F(PlacedByPages, AConversationCropsAtBothEdges) {
  tui::MessagePane pane;
  pane.show({file("/a"), message("bob", "bob", "one"), message("bob", "bob", "two")}, false, -1);
  pane.draw(40, 6);
  EXPECT_THAT(pane.drawings().missing(pane.pictures_in_sight()), ElementsAre("/a"));
  pane.drawings().set("/a", kitty(7, 12, 6), pane.pictures_in_sight());
  EXPECT_THAT(pane.drawings().missing(pane.pictures_in_sight()), IsEmpty());
  const auto seen = [&] { return tui::graphics_of(pane.draw(40, 6)); };
  ASSERT_THAT(seen(), SizeIs(1));
  const tui::Graphic& graphic = *seen()[0].graphic;
  EXPECT_EQ(graphic.id, 7u);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 0, 2, 4))) << "the last two rows are messages";
  pane.scroll(3);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 1, 0, 4)))
      << "below the line that names it; the last row counts messages";
  pane.scroll(-1);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 0, 0, 5)));
  pane.scroll(1);
  pane.add(message("bob", "bob", "three"));
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 1, 0, 4))) << "the last row counts what is new";
  pane.drawings().clear();
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_THAT(pane.drawings().missing(pane.pictures_in_sight()), ElementsAre("/a"));
}

TEST_F(PlacedByPages, AConversationForgetsLargePicturesOutOfSight) {
  tui::MessagePane pane;
  std::vector<client::ChatMessage> messages;
  for (const char* path : {"/a", "/b", "/c"}) messages.push_back(file(path));
  for (int i = 0; i < 20; ++i) messages.push_back(message("bob", "bob", "text"));
  messages.push_back(file("/d"));
  pane.show(messages, true, -1);
  pane.draw(40, 10);
  tui::Graphic large = kitty(1, 12, 6);
  large.data.assign(tui::DrawnPictures::kMaxBytes / 3, 'A');
  for (const char* path : {"/a", "/b", "/c", "/d"}) pane.drawings().set(path, large, pane.pictures_in_sight());
  EXPECT_THAT(tui::graphics_of(pane.draw(40, 10)), SizeIs(1)) << "what is in sight stays";
  pane.to_oldest();
  pane.draw(40, 10);
  EXPECT_THAT(pane.drawings().missing(pane.pictures_in_sight()), Not(IsEmpty())) << "the others are asked for again";
}

TEST_F(PlacedByPages, TheWholeScreenScrollsAPictureThatIsHigher) {
  tui::ViewPage page(fake.screen, fake.local_files, "/a.png");
  page.hear(tui::FileRead{"/a.png", tui::LocalFile{tui::LocalFile::Kind::kPicture, "", false}});
  const auto seen = [&](int width, int height) {
    tui::Frame frame{width, height};
    page.draw(frame);
    return tui::graphics_of(frame);
  };
  EXPECT_THAT(seen(80, 24), IsEmpty());
  page.hear(tui::PictureDrawn{"/a.png", tui::Picture(kitty(3, 20, 21))});
  ASSERT_THAT(seen(80, 24), SizeIs(1));
  const tui::Graphic& graphic = *seen(80, 24)[0].graphic;
  EXPECT_THAT(seen(80, 24), ElementsAre(at(graphic, 1, 1, 0, 21)));
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 0, 10)));
  page.press({tui::KeyKind::kDown});
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 1, 10)));
  page.press({tui::KeyKind::kEnd});
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 11, 10)));
  EXPECT_THAT(seen(10, 24), ElementsAre(tui::Placed{&graphic, 1, 1, 0, 21, 9})) << "until it is drawn narrower";
  fake.asked.clear();
  page.hear(tui::PictureFormChanged{});
  seen(80, 24);
  EXPECT_THAT(fake.asked, ElementsAre("draw /a.png 78x21"));
}

// ---- bytes written

TEST(Sixel, HoldsThePartThatIsSeenAndNoMore) {
  const tui::Graphic graphic = sixel(1, 2, 3);  // 20x60 pixels: 5 bands of each colour
  const std::string whole = tui::sixel_of(at(graphic, 0, 0, 0, 3));
  const std::string red = "#0!20~", blue = "#1!20~";
  EXPECT_EQ(whole, "\033P0;1q\"1;1;20;60#0;2;100;0;0#1;2;0;0;100" + red + "-" + red + "-" + red + "-" + red + "-" +
                       red + "-" + blue + "-" + blue + "-" + blue + "-" + blue + "-" + blue + "\033\\");
  const std::string top = tui::sixel_of(at(graphic, 0, 0, 0, 1));
  EXPECT_EQ(top, "\033P0;1q\"1;1;20;18#0;2;100;0;0" + red + "-" + red + "-" + red + "\033\\")
      << "not 20 rows of pixels";
  EXPECT_THAT(tui::sixel_of(at(graphic, 0, 0, 2, 1)), Not(HasSubstr("#0")));
  EXPECT_THAT(tui::sixel_of({&graphic, 0, 0, 0, 3, 1}), HasSubstr("\"1;1;10;60"));
  // Row 1 ends in the second colour.
  EXPECT_THAT(tui::sixel_of(at(graphic, 0, 0, 1, 1)), HasSubstr("#0!20N$#1!20o-"));
}

TEST(Sixel, WhatHasNoColourIsLeftOut) {
  tui::Graphic graphic = sixel(1, 1, 1);
  graphic.data.assign(graphic.data.size(), static_cast<char>(tui::kNoColour));
  graphic.data[3] = 0;
  EXPECT_EQ(tui::sixel_of(at(graphic, 0, 0, 0, 1)), "\033P0;1q\"1;1;10;18#0;2;100;0;0#0???@--\033\\");
}

TEST(Graphics, KittysAreSentOnceAndPlacedAnewWhenTheyMove) {
  tui::Graphics graphics;
  tui::Picture picture = kitty(5, 10, 4);
  std::get<tui::Graphic>(picture).data.assign(5000, 'A');
  auto step = graphics.show(with(picture, 3, 2));
  EXPECT_THAT(step.redraw, IsEmpty());
  EXPECT_EQ(step.bytes, "\0337\033_Ga=t,i=5,f=24,s=100,v=80,o=z,m=1,q=2;" + std::string(4096, 'A') +
                            "\033\\\033_Gm=0,q=2;" + std::string(904, 'A') +
                            "\033\\\033[3;4H\033_Ga=p,i=5,p=1,x=0,y=0,w=100,h=80,c=10,r=4,C=1,q=2\033\\\0338");
  EXPECT_EQ(graphics.show(with(picture, 3, 2)).bytes, "") << "nothing changed";
  step = graphics.show(with(picture, 3, -1));
  EXPECT_EQ(
      step.bytes,
      "\033_Ga=d,d=i,i=5,p=1,q=2\033\\\0337\033[1;4H\033_Ga=p,i=5,p=2,x=0,y=20,w=100,h=60,c=10,r=3,C=1,q=2\033\\\0338");
  EXPECT_EQ(graphics.show(tui::Frame{40, 12}).bytes, "\033_Ga=d,d=i,i=5,p=2,q=2\033\\");
  EXPECT_EQ(graphics.show(tui::Frame{40, 12}).bytes, "");
  EXPECT_THAT(graphics.show(with(picture, 3, 2)).bytes, Not(HasSubstr("a=t"))) << "the terminal has kept it";
  graphics.forget();
  EXPECT_THAT(graphics.show(with(picture, 3, 2)).bytes, StartsWith("\033_Ga=d,d=I,i=5,q=2\033\\\0337\033_Ga=t,i=5"));
  EXPECT_EQ(graphics.end(), "\033_Ga=d,d=I,i=5,q=2\033\\");
  EXPECT_EQ(graphics.end(), "");
}

TEST(Graphics, TheTerminalKeepsABoundedNumberOfThem) {
  tui::Graphics graphics;
  size_t sent = 0, freed = 0;
  for (uint32_t id = 1; id <= 200; ++id) {
    const std::string bytes = graphics.show(with(tui::Picture(kitty(id, 4, 2)), 0, 0)).bytes;
    if (bytes.find("a=t") != std::string::npos) ++sent;
    if (bytes.find("d=I") != std::string::npos) ++freed;
    EXPECT_THAT(bytes, Not(HasSubstr("d=I,i=" + std::to_string(id) + ","))) << "not what is shown";
  }
  EXPECT_EQ(sent, 200u);
  EXPECT_EQ(freed, 200 - tui::Graphics::kMaxKept);
  tui::Picture huge = kitty(1000, 4, 2);
  std::get<tui::Graphic>(huge).data.assign(tui::Graphics::kMaxKeptBytes, 'A');
  graphics.show(with(huge, 0, 0));
  EXPECT_EQ(graphics.end(), "\033_Ga=d,d=I,i=1000,q=2\033\\");
}

TEST(Graphics, SixelsAreDrawnAgainWhenTextTouchesTheirRows) {
  tui::Graphics graphics;
  const tui::Picture picture = sixel(5, 4, 3);
  const std::string drawn = tui::sixel_of(at(std::get<tui::Graphic>(picture), 0, 0, 0, 3));
  tui::Frame frame = with(picture, 3, 2);
  EXPECT_EQ(graphics.show(frame).bytes, "\0337\033[3;4H" + drawn + "\0338");
  EXPECT_EQ(graphics.show(frame).bytes, "");
  frame.put(8, "somewhere else");
  EXPECT_EQ(graphics.show(frame).bytes, "");
  frame.put(3, " beside it");
  auto step = graphics.show(frame);
  EXPECT_EQ(step.bytes, "\0337\033[3;4H" + drawn + "\0338");
  EXPECT_THAT(step.redraw, IsEmpty()) << "ncurses writes what changed by itself";
  step = graphics.show(tui::Frame{40, 12});
  EXPECT_THAT(step.redraw, testing::IsSupersetOf({2, 3, 4})) << "blanks wipe it out";
  EXPECT_EQ(step.bytes, "");
  frame.cursor_row = 11;
  EXPECT_EQ(graphics.show(frame).bytes, "\033[?25l\0337\033[3;4H" + drawn + "\0338\033[?25h");
}

TEST(Graphics, WhatNcursesCouldScrollIsWrittenAnewInstead) {
  tui::Graphics graphics;
  const tui::Picture picture = kitty(5, 4, 3);
  tui::Frame frame = with(picture, 3, 8);
  for (int y = 0; y < 6; ++y) frame.put(y, "line " + std::to_string(y));
  EXPECT_THAT(graphics.show(frame).redraw, IsEmpty()) << "no picture was there before";
  for (int y = 0; y < 6; ++y) frame.row(y) = {{"line " + std::to_string(y + 1)}};
  EXPECT_THAT(graphics.show(frame).redraw, ElementsAre(0, 1, 2, 3, 4, 5));
  frame.row(2) = {{"another"}};
  EXPECT_THAT(graphics.show(frame).redraw, IsEmpty());
}

TEST(Graphics, SixelsStayOffTheLastRow) {
  tui::Graphics graphics;
  const tui::Picture picture = sixel(5, 4, 3);
  const std::string part = tui::sixel_of(at(std::get<tui::Graphic>(picture), 0, 0, 0, 1));
  EXPECT_EQ(graphics.show(with(picture, 0, 10)).bytes, "\0337\033[11;1H" + part + "\0338") << "it would scroll";
  EXPECT_THAT(graphics.show(with(picture, 0, 11)).bytes, "");
}

}  // namespace
}  // namespace fastchat::test
