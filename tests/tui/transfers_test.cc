// The page of transfers.
#include "client/tui/pages/transfers_page.h"

#include "client/tui/pages/file_text.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using client::TransferInfo;
using testing::HasSubstr;
using testing::Not;

TransferInfo transfer(const std::string& id, bool upload, uint64_t done) {
  TransferInfo t;
  t.id = id;
  t.upload = upload;
  t.peer = upload ? "bob"_peer : "#team"_peer;
  t.name = id + ".png";
  t.done = done;
  t.size = 2'000'000;
  t.state = TransferInfo::State::kRunning;
  return t;
}

class Transfers : public PagesTest {};

TEST_F(Transfers, SaysWhatIsOnItsWayAndHowFarItIs) {
  fake.under_way = {transfer("a", true, 900'000), transfer("b", false, 0)};
  fake.under_way[0].per_second = 300'000;
  fake.under_way[0].seconds_left = 4;
  fake.under_way[1].state = TransferInfo::State::kWaiting;
  tui::TransfersPage page(fake.screen, fake.files);
  EXPECT_THAT(screen(page), HasSubstr("up    to bob  a.png"));
  EXPECT_THAT(screen(page), HasSubstr("[####......] 45%  900 kB of 2.0 MB  300 kB/s  4 s left"));
  EXPECT_THAT(screen(page), HasSubstr("down  from #team  b.png"));
  EXPECT_THAT(screen(page), HasSubstr("[..........] 0%  0 B of 2.0 MB  waiting"));
  expect_fits(page, 44, 12);
}

TEST_F(Transfers, FollowsWhatHappensAndKeepsHowItEnded) {
  tui::TransfersPage page(fake.screen, fake.files);
  EXPECT_THAT(screen(page), HasSubstr("No transfer is under way"));
  auto t = transfer("a", false, 500'000);
  page.hear(t);
  EXPECT_THAT(screen(page), HasSubstr(" 25%"));
  t.done = 1'000'000;
  page.hear(t);
  EXPECT_THAT(screen(page), HasSubstr(" 50%"));
  EXPECT_THAT(screen(page), Not(HasSubstr(" 25%")));
  t.state = TransferInfo::State::kDone;
  t.path = "/downloads/a.png";
  page.hear(t);
  EXPECT_THAT(screen(page), HasSubstr("done: /downloads/a.png"));
  auto failed = transfer("b", true, 0);
  failed.state = TransferInfo::State::kFailed;
  failed.text = "the disk is full";
  page.hear(failed);
  EXPECT_THAT(screen(page), HasSubstr("the disk is full"));
}

TEST_F(Transfers, CancelsTheChosenOneAfterAsking) {
  fake.under_way = {transfer("a", true, 0), transfer("b", false, 0)};
  tui::TransfersPage page(fake.screen, fake.files);
  page.press({tui::KeyKind::kDown});
  type(page, "c");
  EXPECT_THAT(screen(page), HasSubstr("Cancel this transfer?"));
  type(page, "n");
  EXPECT_TRUE(fake.asked.empty());
  type(page, "c");
  auto other = transfer("a", true, 10);
  page.hear(other);
  type(page, "y");
  EXPECT_THAT(fake.asked, testing::ElementsAre("cancel b"));
  auto ended = transfer("b", false, 0);
  ended.state = TransferInfo::State::kFailed;
  page.hear(ended);
  type(page, "c");
  EXPECT_THAT(screen(page), Not(HasSubstr("Cancel this transfer?"))) << "it has ended";
  page.press({tui::KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "chat #team");
}

}  // namespace
}  // namespace fastchat::test
