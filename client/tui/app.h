// The full-screen program: the loop with the terminal, the profile and the pages. Draws at most once per turn of the
// loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/rpc/socket_file.h"
#include "client/session/serving.h"
#include "client/session/session.h"
#include "client/tui/adapters/session_accounts.h"
#include "client/tui/notifier.h"
#include "client/tui/page_stack.h"
#include "client/tui/ports/screen.h"
#include "client/tui/profile_access.h"
#include "client/tui/settings.h"
#include "client/tui/status_line.h"
#include "client/tui/terminal_desktop.h"
#include "common/loop.h"

namespace fastchat::tui {

// The state that one App hands to the next. A profile lives as long as its loop, so each profile has an App of its own.
struct GoOn {
  std::optional<Entry> entry;  // the input of a form that asked for the invite line; run() submits this input
  // The reason for a lost holder: kLocalUnreachable or kThrottled. Then come the open conversation, its draft and
  // unconfirmed changes.
  std::optional<Code> lost;
  client::PeerName peer;
  std::string draft;
  std::vector<OwedCall> owed;
};

class App : private Screen {
 public:
  // `options.invite` may be missing: the forms then ask for the invite line.
  App(client::SessionOptions options, const Settings& settings, GoOn from)
      : options_(std::move(options)), settings_(settings), from_(std::move(from)) {}
  // Runs until the person quits, or until another App has to go on, because the person has typed an invite line or the
  // holder of the profile has ended. Returns the parts for that App in the second case. Fails with one line when the
  // profile or the terminal cannot be opened, or when changes are not confirmed at the end. `serve` serves the profile
  // meanwhile, when this process holds it.
  Result<std::optional<GoOn>> run(const client::StartServing& serve);

 private:
  // ---- Screen
  Screen& screen() { return *this; }
  void open(PageName page, std::string argument) override;
  void back() override;
  void home() override;
  void chat(const client::PeerName& peer, int64_t position) override;
  void quit() override { loop_.stop(); }
  void repaint() override;
  void toast(std::string text, Style style) override;

  // ---- events
  void hear(const Event& event);
  void hear_message(const client::ChatMessage& message);
  void hear_connection(const client::ConnectionEvent& event);

  Result<> open_profile(const client::StartServing& serve);
  Result<> attach(rpc::Descriptor holder);
  void lost(const Error& why);
  void first_page();
  void go_on_here();
  void push(std::unique_ptr<Page> page);
  void listen_to_terminal();
  void keys();
  void draw();
  void keep_soon();
  void keep_texts();
  std::string say_goodbye();

  client::SessionOptions options_;
  const Settings& settings_;
  GoOn from_;                  // from the earlier App
  std::optional<GoOn> next_;   // for the next App
  std::optional<Error> ends_;  // the reason for the end of the program
  Loop loop_;
  std::unique_ptr<ProfileAccess> profile_;
  PageStack pages_;
  StatusLine status_;
  Notifier notifier_{settings_.notify};
  TerminalDesktop desktop_{settings_.open_links, screen()};
  Loop::TimerId toast_timer_ = 0, keep_timer_ = 0;
  bool changed_ = true, logging_in_again_ = false;
};

}  // namespace fastchat::tui
