// Devices of users with whole client sessions, against the real engines of a broker and two workers in one process,
// without a terminal and without PostgreSQL. No test waits for a fixed time; each waits for its condition.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/password_for_tests.h"
#include "client/runtime/loop_machine.h"
#include "client/session/people.h"
#include "client/session/session.h"
#include "common/check.h"
#include "common/clock.h"
#include "tests/support/realm.h"

namespace fastchat::client {

inline constexpr char kPassword[] = "tulip harbour kestrel 4921";
inline constexpr int64_t kPatienceUs = 120'000'000;  // the limit of one wait, for a machine that stalls

// One device of a user: a loop, a session, and the events that it received.
class Device : public Listener {
 public:
  Device(std::string user, std::string folder, const InviteLine& invite)
      : user_(std::move(user)), folder_(std::move(folder)), invite_(invite) {
    start();
  }

  // Starts a session as a new process does on this folder.
  void start() {
    SessionOptions options;
    options.data_dir = folder_;
    options.invite = invite_;
    options.derive = [](std::string_view password, ByteView realm, std::string_view user) {
      return e2e::derive_password_with_memory_for_tests(password, realm, user, 8192);
    };
    loop_ = std::make_unique<Loop>();
    auto session = Session::open(std::make_unique<LoopMachine>(*loop_), std::move(options), *this);
    FC_CHECK(session.ok());
    session_ = std::move(*session);
  }
  // Ends the session as a killed process does: nothing is settled, nobody is told.
  void kill() {
    session_.reset();
    loop_.reset();
    state_ = core::LinkState::kOffline;
  }
  bool running() const { return session_ != nullptr; }
  void turn() { loop_->run_once(1'000); }

  Session& session() { return *session_; }
  const std::string& user() const { return user_; }
  AccountArgs account() const {
    AccountArgs args;
    args.user = user_;
    args.password = e2e::Secret::copy_of(kPassword);
    return args;
  }
  bool live() const { return running() && state_ == core::LinkState::kLive; }

  // Returns the conversation as the user sees it now, as "alice: hello".
  std::vector<std::string> sees(const std::string& peer) {
    std::vector<std::string> out;
    const auto rows = session_->history(PeerName(peer), 100);
    if (!rows.ok()) return out;  // a group that is not known yet
    for (const ChatMessage& m : *rows) {
      if (m.kind == MessageKind::kText) out.push_back(m.from + ": " + (m.deleted ? "(deleted)" : m.text));
    }
    return out;
  }
  std::optional<ChatMessage> message(const std::string& peer, const std::string& text) {
    const auto rows = session_->history(PeerName(peer), 100);
    FC_CHECK(rows.ok());
    for (const ChatMessage& m : *rows) {
      if (m.kind == MessageKind::kText && m.text == text) return m;
    }
    return std::nullopt;
  }
  MessageState state_of(const std::string& peer, const std::string& text) {
    const auto m = message(peer, text);
    return m ? m->state : MessageState::kFailed;
  }
  std::optional<GroupInfo> group(const std::string& name) {
    const auto groups = session_->groups();
    FC_CHECK(groups.ok());
    for (const GroupInfo& g : *groups) {
      if (g.name == name) return g;
    }
    return std::nullopt;
  }

  void on_connection(const ConnectionEvent& event) override { state_ = event.state; }
  void on_message(const ChatMessage& message) override { ++told_[message.id]; }
  void on_notice(const Notice& notice) override { notices_.push_back(notice.kind); }
  bool noticed(Notice::Kind kind) const { return std::find(notices_.begin(), notices_.end(), kind) != notices_.end(); }
  // Returns the largest number of reports of one message.
  int max_told() const {
    int most = 0;
    for (const auto& [id, count] : told_) {
      if (!id.empty()) most = std::max(most, count);
    }
    return most;
  }

 private:
  const std::string user_, folder_;
  const InviteLine invite_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Session> session_;
  core::LinkState state_ = core::LinkState::kOffline;
  std::map<std::string, int> told_;
  std::vector<Notice::Kind> notices_;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() : realm_(2) {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-session-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
  }
  ~SessionTest() override {
    devices_.clear();
    std::filesystem::remove_all(root_);
  }

  // Runs turns of everything until `done`, which is checked after each. Returns false after kPatienceUs.
  [[nodiscard]] bool until(const std::function<bool()>& done) {
    const int64_t end = Clock::monotonic_us() + kPatienceUs;
    while (!done()) {
      if (Clock::monotonic_us() > end) return false;
      realm_.turn();
      for (const auto& device : devices_) {
        if (device->running()) device->turn();
      }
    }
    return true;
  }
  // Calls `begin` with a callback and waits until it was called.
  Result<> result_of(const std::function<void(Session::Done)>& begin) {
    std::optional<Result<>> result;
    begin([&result](const Result<>& r) { result = r; });
    if (!until([&] { return result.has_value(); })) return err(Code::kInternal, "no answer");
    return *result;
  }

  Device& device(const std::string& user) {
    const std::string folder = (root_ / ("device" + std::to_string(devices_.size()))).string();
    devices_.push_back(std::make_unique<Device>(user, folder, realm_.invite()));
    return *devices_.back();
  }
  Device& signed_up(const std::string& user) {
    Device& d = device(user);
    const auto done = result_of([&](auto told) { d.session().sign_up(d.account(), std::move(told)); });
    EXPECT_TRUE(done.ok()) << done.error().text;
    EXPECT_TRUE(until([&] { return d.live(); }));
    return d;
  }
  Device& logged_in(const std::string& user) {
    Device& d = device(user);
    const auto done = result_of([&](auto told) { d.session().log_in(d.account(), std::move(told)); });
    EXPECT_TRUE(done.ok()) << done.error().text;
    EXPECT_TRUE(until([&] { return d.live(); }));
    return d;
  }
  void start_again(Device& d) {
    d.start();
    EXPECT_TRUE(d.session().unlocked());
    d.session().start();
    EXPECT_TRUE(until([&] { return d.live(); }));
  }
  void send(Device& from, const std::string& to, const std::string& text) {
    std::optional<Result<SentMessage>> sent;
    from.session().send(PeerName(to), text, {}, [&](const Result<SentMessage>& r) { sent = r; });
    ASSERT_TRUE(until([&] { return sent.has_value(); }));
    ASSERT_TRUE(sent->ok()) << sent->error().text;
  }
  [[nodiscard]] bool becomes(Device& d, const std::string& peer, const std::vector<std::string>& lines) {
    const bool as_wanted = until([&] { return d.sees(peer) == lines; });
    EXPECT_EQ(d.sees(peer), lines);
    return as_wanted;
  }

  test::Realm& realm() { return realm_; }

 private:
  test::Realm realm_;
  std::filesystem::path root_;
  std::vector<std::unique_ptr<Device>> devices_;
};

}  // namespace fastchat::client
