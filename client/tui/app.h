// The full-screen program: the loop with the terminal, the session and the pages. Draws at most once per turn of the
// loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/runtime/listeners.h"
#include "client/session/serving.h"
#include "client/session/session.h"
#include "client/tui/adapters/adapters.h"
#include "client/tui/adapters/session_events.h"
#include "client/tui/notifier.h"
#include "client/tui/page_stack.h"
#include "client/tui/ports/screen.h"
#include "client/tui/settings.h"
#include "client/tui/status_line.h"
#include "client/tui/terminal_desktop.h"
#include "common/loop.h"

namespace fastchat::tui {

class App : private Screen {
 public:
  // `options.invite` may be missing: the forms then ask for the invite line. `entry`: the input of a form that an
  // earlier App received; run() submits this input.
  App(client::SessionOptions options, const Settings& settings, std::optional<Entry> entry)
      : options_(std::move(options)), settings_(settings), entry_(std::move(entry)) {}
  // Runs until the person quits, or has typed an invite line. Returns the Entry in the second case. The caller makes
  // another App with that Entry, since a Session has one server and lives as long as its loop. Fails when the profile
  // or the terminal cannot be opened. `serve` serves the open profile meanwhile.
  Result<std::optional<Entry>> run(const client::StartServing& serve);

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

  void first_page();
  void push(std::unique_ptr<Page> page);
  void listen_to_terminal();
  void keys();
  void draw();
  void keep_soon();
  void keep_texts();
  void say_goodbye();

  client::SessionOptions options_;
  const Settings& settings_;
  std::optional<Entry> entry_;  // from an earlier App
  std::optional<Entry> typed_;  // for another App
  Loop loop_;
  SessionEvents listener_{[this](const Event& event) { hear(event); }};
  client::OpenProfile profile_;
  std::unique_ptr<Adapters> adapters_;
  PageStack pages_;
  StatusLine status_;
  Notifier notifier_{settings_.notify};
  TerminalDesktop desktop_{settings_.open_links, screen()};
  Loop::TimerId toast_timer_ = 0, keep_timer_ = 0;
  bool changed_ = true;
};

}  // namespace fastchat::tui
