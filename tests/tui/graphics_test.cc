// Graphics: where the pages place pictures.
#include <gmock/gmock.h>

#include "client/tui/message_pane.h"
#include "client/tui/view_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

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
  EXPECT_THAT(pane.pictures_in_sight(), ElementsAre("/a"));
  pane.set_picture("/a", kitty(7, 12, 6));
  EXPECT_THAT(pane.pictures_in_sight(), IsEmpty());
  const auto seen = [&] { return tui::graphics_of(pane.draw(40, 6)); };
  ASSERT_THAT(seen(), SizeIs(1));
  const tui::Graphic& graphic = *seen()[0].graphic;
  EXPECT_EQ(graphic.id, 7u);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 0, 2, 4))) << "the last two rows are messages";
  pane.scroll(3);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 1, 0, 5))) << "below the line that names it";
  pane.scroll(-1);
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 0, 0, 6)));
  pane.scroll(1);
  pane.add(message("bob", "bob", "three"));
  EXPECT_THAT(seen(), ElementsAre(at(graphic, 6, 1, 0, 4))) << "what is new below is said over its last row";
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
  large.data.assign(tui::MessagePane::kMostPictures / 3, 'A');
  for (const char* path : {"/a", "/b", "/c", "/d"}) pane.set_picture(path, large);
  EXPECT_THAT(tui::graphics_of(pane.draw(40, 10)), SizeIs(1)) << "what is in sight stays";
  pane.to_oldest();
  pane.draw(40, 10);
  EXPECT_THAT(pane.pictures_in_sight(), Not(IsEmpty())) << "the others are asked for again";
}

TEST_F(PlacedByPages, TheWholeScreenScrollsAPictureThatIsHigher) {
  tui::ViewPage page(desk, "/a.png");
  page.on_file("/a.png", tui::LocalFile{true, ""});
  const auto seen = [&](int width, int height) {
    tui::Frame frame{width, height};
    page.draw(frame);
    return tui::graphics_of(frame);
  };
  EXPECT_THAT(seen(80, 24), IsEmpty());
  page.on_picture("/a.png", tui::Picture(kitty(3, 20, 21)));
  ASSERT_THAT(seen(80, 24), SizeIs(1));
  const tui::Graphic& graphic = *seen(80, 24)[0].graphic;
  EXPECT_THAT(seen(80, 24), ElementsAre(at(graphic, 1, 1, 0, 21)));
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 0, 10)));
  page.press({tui::KeyKind::kDown});
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 1, 10)));
  page.press({tui::KeyKind::kEnd});
  EXPECT_THAT(seen(80, 13), ElementsAre(at(graphic, 1, 1, 11, 10)));
  EXPECT_THAT(seen(10, 24), ElementsAre(tui::Placed{&graphic, 1, 1, 0, 21, 9})) << "until it is drawn narrower";
}

}  // namespace
}  // namespace fastchat::test
