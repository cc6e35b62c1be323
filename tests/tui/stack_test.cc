// The parts that join the pages: the stack of them, the page of each name, a session's calls as events.
#include "client/tui/adapters/session_events.h"
#include "client/tui/make_page.h"
#include "client/tui/page_stack.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;

// Records its events and its end.
class HearingPage : public tui::Page {
 public:
  HearingPage(std::vector<std::string>& heard, std::string name) : heard_(heard), name_(std::move(name)) {}
  ~HearingPage() override { heard_.push_back(name_ + " ends"); }
  void draw(tui::Frame&) override {}
  void press(const tui::Key&) override {}
  void hear(const tui::Event& event) override {
    if (const auto* cover = std::get_if<tui::CoverChanged>(&event)) {
      heard_.push_back(name_ + (cover->on_top ? " on top" : " covered"));
    } else {
      heard_.push_back(name_ + " hears " + std::to_string(event.index()));
    }
  }

 private:
  std::vector<std::string>& heard_;
  std::string name_;
};

class Stack : public PagesTest {
 protected:
  void push(const std::string& name) { stack.push(std::make_unique<HearingPage>(heard, name)); }
  std::vector<std::string> take() { return std::exchange(heard, {}); }
  static std::string hears(const std::string& name, const tui::Event& event) {
    return name + " hears " + std::to_string(event.index());
  }
  std::vector<std::string> heard;
  tui::PageStack stack;
};

TEST_F(Stack, APageHearsThatItIsCoveredAndOnTopAgain) {
  push("a");
  push("b");
  EXPECT_THAT(take(), ElementsAre("a covered"));
  stack.pop();
  EXPECT_THAT(take(), ElementsAre("a on top")) << "the closed page lives until its call has returned";
  stack.free_closed();
  EXPECT_THAT(take(), ElementsAre("b ends"));
  stack.pop();
  EXPECT_THAT(take(), ElementsAre()) << "the first page stays";
}

TEST_F(Stack, AllHearWhatHappensAndOnlyTheTopHearsOfItsFailure) {
  push("a");
  push("b");
  take();
  stack.hear(tui::GroupChanged{"team"});
  EXPECT_THAT(take(), ElementsAre(hears("a", tui::GroupChanged{}), hears("b", tui::GroupChanged{})));
  const tui::RequestFailed failed{err(Code::kBusy, "not now")};
  stack.hear(failed);
  EXPECT_THAT(take(), ElementsAre(hears("b", failed)));
}

TEST_F(Stack, HasAMainPageOnlyAtTheBottom) {
  EXPECT_EQ(stack.main(), nullptr);
  const tui::KeyTable keys;
  stack.push(tui::make_page(tui::PageName::kMain, "", fake.ports(), keys));
  ASSERT_NE(stack.main(), nullptr);
  push("a");
  EXPECT_NE(stack.main(), nullptr);
  stack.clear();
  EXPECT_EQ(stack.main(), nullptr);
}

TEST_F(Stack, EveryNameHasAPage) {
  const tui::KeyTable keys;
  for (int name = 0; name <= static_cast<int>(tui::PageName::kGroupSettings); ++name) {
    const auto page = tui::make_page(static_cast<tui::PageName>(name), "x", fake.ports(), keys);
    ASSERT_NE(page, nullptr) << name;
    expect_fits(*page, 80, 24);
  }
}

TEST(SessionEvents, AreTheCallsOfASession) {
  std::vector<tui::Event> heard;
  tui::SessionEvents events([&](const tui::Event& event) { heard.push_back(event); });
  client::ChatMessage message;
  message.text = "hello";
  events.on_message(message);
  events.on_changed(message);
  events.on_group("team");
  events.on_typing(client::PeerName("bob"), {"bob"});
  events.on_latency({});
  ASSERT_EQ(heard.size(), 5u);
  EXPECT_EQ(std::get<tui::MessageAdded>(heard[0]).message.text, "hello");
  EXPECT_EQ(std::get<tui::MessageChanged>(heard[1]).message.text, "hello");
  EXPECT_EQ(std::get<tui::GroupChanged>(heard[2]).name, "team");
  EXPECT_THAT(std::get<tui::TypingChanged>(heard[3]).users, ElementsAre("bob"));
  EXPECT_TRUE(std::holds_alternative<client::ConnectionEvent>(heard[4]));
}

}  // namespace
}  // namespace fastchat::test
