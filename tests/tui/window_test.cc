// Tests a window against a real holder: a session, its service and the servers on a thread of their own, the window's
// end on the test's. Tests a window against holders that answer nonsense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/cli/service.h"
#include "client/e2e/password_for_tests.h"
#include "client/rpc/socket_file.h"
#include "client/runtime/loop_machine.h"
#include "client/session/serving.h"
#include "client/tui/window/run_call.h"
#include "client/tui/window/window_link.h"
#include "client/tui/window/window_ports.h"
#include "client/tui/window/window_server.h"
#include "common/check.h"
#include "common/clock.h"
#include "tests/support/realm.h"

namespace fastchat::tui {
namespace {

using client::PeerName;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kPatience = 120'000'000;  // us, never waited for

// Alice's profile, held and served; bob, to whom she writes. Turns on a thread while it is not paused.
class Holder {
 public:
  Holder() : realm_(1), alice_(std::make_unique<Open>()), bob_(std::make_unique<Open>()) {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-window-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    open(*alice_, "alice");
    open(*bob_, "bob");
    sign_up(*alice_, "alice");
    sign_up(*bob_, "bob");
    serve();
    go();
  }
  ~Holder() {
    pause();
    alice_.reset();
    bob_.reset();
    std::filesystem::remove_all(root_);
  }
  std::string folder() const { return (root_ / "alice").string(); }

  // Does something on the holder's side, between its turns.
  void paused(const std::function<void(client::Session& alice, client::Session& bob)>& work) {
    pause();
    work(*alice_->profile.session, *bob_->profile.session);
    go();
  }
  // The holder is gone, and another one opens the profile.
  void replaced() {
    killed_after(0, [] {});
  }
  // Does something between the holder's turns; the holder has some turns more, and is then replaced.
  void killed_after(int turns, const std::function<void()>& work) {
    pause();
    work();
    for (int i = 0; i < turns; ++i) turn();
    alice_.reset();
    alice_ = std::make_unique<Open>();
    open(*alice_, "alice");
    alice_->profile.session->start();
    serve();
    go();
  }
  void logs_out() {
    paused([](client::Session& alice, client::Session&) { FC_CHECK(alice.log_out().ok()); });
  }
  // As bob sees the conversation.
  std::vector<std::string> bob_sees() {
    std::vector<std::string> out;
    paused([&](client::Session&, client::Session& bob) {
      const auto history = bob.history(PeerName("alice"), 500);
      FC_CHECK(history.ok());
      for (const auto& m : *history) out.push_back(m.text);
    });
    return out;
  }
  bool bob_comes_to_see(const std::vector<std::string>& wanted) {
    const int64_t end = Clock::monotonic_us() + kPatience;
    while (bob_sees() != wanted) {
      if (Clock::monotonic_us() > end) return false;
    }
    return true;
  }

 private:
  // A session lives as long as its loop.
  struct Open {
    Loop loop;
    client::OpenProfile profile;
  };
  void open(Open& at, const std::string& user) {
    client::SessionOptions options;
    options.data_dir = (root_ / user).string();
    options.invite = realm_.invite();
    options.derive = [](std::string_view password, ByteView realm, std::string_view name) {
      return e2e::derive_password_with_memory_for_tests(password, realm, name, 8192);
    };
    auto session =
        client::Session::open(std::make_unique<client::LoopMachine>(at.loop), std::move(options), at.profile.listeners);
    FC_CHECK(session.ok());
    at.profile.session = std::move(*session);
  }
  void sign_up(Open& at, const std::string& user) {
    client::OpenProfile& profile = at.profile;
    client::AccountArgs args;
    args.user = user;
    args.password = e2e::Secret::copy_of("tulip harbour kestrel 4921");
    bool done = false;
    profile.session->sign_up(std::move(args), [&](const Result<>& r) { done = r.ok(); });
    const int64_t end = Clock::monotonic_us() + kPatience;
    while ((!done || profile.session->connection().state != core::LinkState::kLive) && Clock::monotonic_us() < end) {
      turn();
    }
    FC_CHECK(done);
  }
  void serve() {
    options_.data_dir = folder();
    alice_->profile.serving = cli::start_serving(
        alice_->loop, alice_->profile, options_,
        [](client::OpenProfile& profile, std::function<void()> end) {
          return std::make_unique<WindowServer>(profile, std::nullopt, false, std::move(end));
        },
        [] {});
    FC_CHECK(alice_->profile.serving != nullptr);
  }
  void turn() {
    realm_.turn();
    for (const auto* open : {&alice_, &bob_}) (*open)->loop.run_once(1'000);
  }
  void go() {
    stop_ = false;
    thread_ = std::thread([this] {
      while (!stop_) turn();
    });
  }
  void pause() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  test::Realm realm_;
  std::filesystem::path root_;
  cli::Options options_;
  std::unique_ptr<Open> alice_, bob_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// The window's end: the link, the ports over it, and what it heard.
class Opened {
 public:
  explicit Opened(rpc::Descriptor fd)
      : link(loop, std::move(fd),
             {[this](const rpc::Answer& told) { hear(told); }, [this](const std::string& why) { refused = why; },
              [this](const Error& why) { lost = why; }}) {}

  Result<WindowOpened> open(OpenWindow ask = {}) {
    if (ask.version.empty()) ask.version = FASTCHAT_VERSION;
    return link.ask(ask);
  }
  bool until(const std::function<bool()>& done) {
    const int64_t end = Clock::monotonic_us() + kPatience;
    while (!done()) {
      if (Clock::monotonic_us() > end) return false;
      loop.run_once(1'000);
    }
    return true;
  }
  bool is_told(const std::string& what) {
    return until([&] { return std::find(heard.begin(), heard.end(), what) != heard.end(); });
  }

  struct Toasts : Screen {
    void open(PageName, std::string) override {}
    void back() override {}
    void home() override {}
    void chat(const PeerName&, int64_t) override {}
    void quit() override {}
    void repaint() override {}
    void toast(std::string text, Style) override { lines.push_back(std::move(text)); }
    std::vector<std::string> lines;
  };

  Loop loop;
  std::vector<std::string> heard;  // "message hello", "typing", "window.front"
  std::vector<Event> events;
  std::optional<Error> lost;
  std::string refused;
  WindowLink link;
  Toasts screen;
  WindowAsker holder{link, screen};
  WindowConversations conversations{holder};
  WindowMessages messages{holder};
  WindowSettings settings{holder};
  WindowSearch search{holder};
  WindowGroups groups{holder};
  WindowFiles files{holder, ""};

 private:
  void hear(const rpc::Answer& told) {
    if (told.method != kWindowEvent) return heard.push_back(told.method);
    const Result<Event> event = read_event(told.params);
    ASSERT_TRUE(event.ok()) << event.error().text;
    events.push_back(*event);
    const auto* message = std::get_if<MessageAdded>(&*event);
    heard.push_back(told.params.find("event")->text + (message == nullptr ? "" : " " + message->message.text));
    if (const auto* found = std::get_if<SearchFound>(&*event); found != nullptr && found->part.last) {
      heard.push_back("found all");
    }
  }
};

class Windows : public testing::Test {
 protected:
  std::unique_ptr<Opened> connected() {
    auto fd = rpc::connect_in(holder.folder());
    FC_CHECK(fd.ok());
    return std::make_unique<Opened>(std::move(*fd));
  }
  std::unique_ptr<Opened> window() {
    auto out = connected();
    const auto opened = out->open();
    EXPECT_TRUE(opened.ok()) << opened.error().text;
    return out;
  }
  Holder holder;
};

TEST_F(Windows, AWindowReadsAndWritesThroughItsHolder) {
  auto one = connected();
  const auto opened = one->open();
  ASSERT_TRUE(opened.ok()) << opened.error().text;
  EXPECT_EQ(opened->user, "alice");
  auto two = window();
  std::vector<std::string> texts;
  for (int n = 0; n < 100; ++n) texts.push_back("text " + std::to_string(n));
  for (const std::string& text : texts) one->messages.send(PeerName("bob"), text);
  ASSERT_TRUE(one->is_told("message text 99"));
  ASSERT_TRUE(two->is_told("message text 99")) << "every window hears of it";
  ASSERT_TRUE(holder.bob_comes_to_see(texts));
  ASSERT_TRUE(one->until([&] { return one->link.settled(); }));

  // Longer than one call answers, as a session has it.
  std::vector<client::ChatMessage> wanted;
  for (const size_t limit :
       {size_t{1}, size_t{31}, size_t{32}, size_t{33}, size_t{64}, size_t{90}, size_t{100}, size_t{200}}) {
    holder.paused([&](client::Session& alice, client::Session&) { wanted = *alice.history(PeerName("bob"), limit); });
    const auto got = two->conversations.history(PeerName("bob"), limit, 0);
    ASSERT_EQ(got.size(), wanted.size()) << limit;
    for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].text, wanted[i].text);
    const auto after = two->conversations.history_after(PeerName("bob"), limit, wanted.front().position - 1);
    ASSERT_EQ(after.size(), wanted.size());
    EXPECT_EQ(after.back().text, wanted.back().text);
  }
  EXPECT_TRUE(two->conversations.history(PeerName("nobody"), 10, 0).empty());
  const auto list = two->conversations.list();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].peer, PeerName("bob"));
  const auto info = two->conversations.info(wanted[0].id);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->message.text, "text 0");
  EXPECT_FALSE(two->conversations.info("0123").has_value());
  EXPECT_TRUE(two->until([&] { return !two->screen.lines.empty() || two->heard.back() == "window.line"; }));

  one->settings.set("dnd", "1");
  EXPECT_EQ(one->settings.get("dnd"), "1") << "after the change before it";
  EXPECT_EQ(two->settings.get("dnd"), "1");
  EXPECT_EQ(two->settings.get("nothing"), "");
  // Two searches at a time, each with all of its results.
  one->search.start({"text"}, 200);
  two->search.start({"text"}, 200);
  for (Opened* w : {one.get(), two.get()}) {
    ASSERT_TRUE(w->is_told("found all"));
    size_t found = 0, first = 0;
    for (const Event& event : w->events) {
      const auto* part = std::get_if<SearchFound>(&event);
      if (part == nullptr) continue;
      found += part->part.found.size();
      first += part->first ? 1 : 0;
    }
    EXPECT_EQ(found, 100u);
    EXPECT_EQ(first, 1u);
  }
}

TEST_F(Windows, AMessageOfBobIsHeardReadAndCountedOnce) {
  auto one = window(), two = window();
  holder.paused([](client::Session&, client::Session& bob) {
    bob.send(PeerName("alice"), "hello", {}, [](const Result<client::SentMessage>&) {});
  });
  ASSERT_TRUE(one->is_told("message hello"));
  ASSERT_TRUE(two->is_told("message hello"));
  EXPECT_EQ(one->conversations.list().at(0).unseen, 1u);
  one->conversations.mark_read(PeerName("bob"));
  ASSERT_TRUE(two->is_told("marked_read"));
  EXPECT_EQ(two->conversations.list().at(0).unseen, 0u);
  EXPECT_THAT(one->heard, Contains("window.front")) << "the window that opened later is in front";
}

TEST_F(Windows, AHolderThatEndsLeavesTheWindowItsChangesAndEachIsMadeOnce) {
  auto one = window();
  one->messages.send(PeerName("bob"), "first");
  ASSERT_TRUE(one->is_told("message first"));
  ASSERT_TRUE(one->until([&] { return one->link.settled(); }));
  // The holder does not turn while these are written, and ends before it reads them.
  std::vector<OwedCall> owed;
  holder.paused([&](client::Session&, client::Session&) {
    one->messages.send(PeerName("bob"), "second");
    one->settings.set("draft:bob", "third");
    one->messages.typing(PeerName("bob"));
  });
  holder.replaced();
  ASSERT_TRUE(one->until([&] { return one->lost.has_value(); }));
  EXPECT_EQ(one->lost->code, Code::kLocalUnreachable);
  EXPECT_TRUE(one->conversations.list().empty()) << "an answer of nobody is empty";
  owed = one->link.take_owed();
  EXPECT_LE(owed.size(), 2u) << "typing is of the moment";
  auto two = window();
  for (int i = 0; i < 2; ++i) {
    for (const OwedCall& call : owed) two->link.tell(call);
  }
  ASSERT_TRUE(holder.bob_comes_to_see({"first", "second"}));
  ASSERT_TRUE(two->until([&] { return two->link.settled(); }));
  EXPECT_EQ(two->settings.get("draft:bob"), "third");
  EXPECT_EQ(holder.bob_sees(), (std::vector<std::string>{"first", "second"}));
}

// The holder looks at the file before it writes the upload's row, and answers after that. A kill at any of these
// moments neither loses the file nor doubles it, also when the answer was lost and the call is made twice.
TEST_F(Windows, AFileIsSentOnceWhereverTheHolderIsKilled) {
  size_t sent = 0, unanswered = 0;
  for (int turns = 0; turns < 8; ++turns) {
    const std::string path = holder.folder() + "/plan-" + std::to_string(turns) + ".txt";
    std::ofstream(path) << "the plan";
    auto one = window();
    holder.killed_after(turns, [&] { one->files.send(PeerName("bob"), path, ""); });
    ASSERT_TRUE(one->until([&] { return one->lost.has_value(); }));
    const std::vector<OwedCall> owed = one->link.take_owed();
    unanswered += owed.size();
    ++sent;
    auto two = window();
    for (int i = 0; i < 2; ++i) {
      for (const OwedCall& call : owed) two->link.tell(call);
    }
    ASSERT_TRUE(two->until([&] { return two->link.settled(); }));
    EXPECT_EQ(two->files.transfers().size(), sent) << "killed after " << turns << " turns";
  }
  EXPECT_GT(unanswered, 0u) << "no kill came before the answer";
}

TEST_F(Windows, AFileThatIsNotThereIsAnsweredToo) {
  auto one = window();
  one->files.send(PeerName("bob"), "/nowhere/plan.txt", "");
  ASSERT_TRUE(one->until([&] { return one->link.settled(); }));
  ASSERT_TRUE(one->is_told("window.line"));
}

TEST_F(Windows, ATextThatCannotBeSentComesBackOrBecomesADraft) {
  auto one = window(), two = window();
  one->messages.send(PeerName("nobody"), "hello?");
  ASSERT_TRUE(one->is_told("send_failed"));
  two->messages.send(PeerName("nobody"), "and who hears this?");
  ASSERT_TRUE(two->until([&] { return two->link.settled(); }));
  two.reset();
  EXPECT_TRUE(one->until([&] { return one->settings.get("draft:nobody") == "and who hears this?"; }));
  one->link.tell(TookBack{PeerName("nobody"), "hello?"});
  one.reset();
  auto three = window();
  EXPECT_EQ(three->settings.get("draft:nobody"), "and who hears this?") << "the other text is in a draft of its window";
}

TEST_F(Windows, WhoMayNotBecomeAWindowHearsWhy) {
  auto stranger = connected();
  EXPECT_TRUE(stranger->conversations.list().empty());
  EXPECT_THAT(stranger->screen.lines.at(0), HasSubstr("no window"));
  OpenWindow other;
  other.version = "9.9.9";
  auto refused = stranger->open(other);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().text, HasSubstr("this window is FastChat 9.9.9"));
  other.version = FASTCHAT_VERSION;
  other.format = kWindowFormat + 1;
  EXPECT_FALSE(stranger->open(other).ok());
  std::vector<std::unique_ptr<Opened>> all;
  for (size_t i = 0; i < kMaxWindows; ++i) all.push_back(window());
  EXPECT_FALSE(all[0]->open().ok()) << "a window already";
  const auto full = stranger->open();
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().text, HasSubstr("close one"));
  all.pop_back();
  EXPECT_TRUE(stranger->until([&] { return stranger->open().ok(); })) << "another one may open then";
  all[0]->link.tell(OwedCall{"window.set_setting", R"({"name":7})"});
  EXPECT_TRUE(all[0]->until([&] { return !all[0]->refused.empty(); }));
  EXPECT_THAT(all[0]->refused, HasSubstr("is wrong"));
}

TEST_F(Windows, AProfileThatIsLoggedOutEndsItsWindowsAndTakesNoOther) {
  auto one = window();
  holder.logs_out();
  ASSERT_TRUE(one->is_told("window.end"));
  const auto refused = connected()->open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), Code::kLocalProfileInUse);
}

// ---- holders that are broken

TEST(BrokenHolder, NonsenseIsOneClearErrorAndNeverMore) {
  const std::string ok = R"({"jsonrpc":"2.0","id":1,"result":)";
  for (const std::string& answer : {
           std::string("no json\n"),
           std::string("{}\n"),
           std::string("\0\0\n", 3),
           ok + "7}\n",
           ok + "null}\n",
           ok + R"({"user":["x"]}})" + "\n",
           ok + R"({"connection":{"state":99}}})" + "\n",
           R"({"jsonrpc":"2.0","method":"window.event","params":[]})" + std::string("\n"),
           std::string(),
       }) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    Opened window{rpc::Descriptor(ends[0])};
    ASSERT_EQ(write(ends[1], answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    ASSERT_EQ(shutdown(ends[1], SHUT_WR), 0);
    const auto opened = window.open();
    EXPECT_FALSE(opened.ok()) << answer;
    ASSERT_TRUE(window.until([&] { return window.lost.has_value(); })) << answer;
    EXPECT_EQ(window.lost->text.find('\n'), std::string::npos);
    close(ends[1]);
  }
}

TEST(BrokenHolder, AnErrorOfTheConnectionAndAnOldHolderAreTold) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Opened window{rpc::Descriptor(ends[0])};
  const std::string old = rpc::error_line("1", rpc::kUnknownMethod, "no such method") + "\n";
  ASSERT_EQ(write(ends[1], old.data(), old.size()), static_cast<ssize_t>(old.size()));
  EXPECT_EQ(window.open().code(), Code::kUnsupportedVersion);
  const std::string slow = rpc::error_line("null", rpc::kSlowReader, "more than 16 MiB waited") + "\n";
  ASSERT_EQ(write(ends[1], slow.data(), slow.size()), static_cast<ssize_t>(slow.size()));
  close(ends[1]);
  ASSERT_TRUE(window.until([&] { return window.lost.has_value(); }));
  EXPECT_EQ(window.lost->code, Code::kThrottled) << "not that the holder has ended";
}

}  // namespace
}  // namespace fastchat::tui
