// The full-screen program: joins the pages, a Session and the terminal on one loop. It draws at most once a turn.
#pragma once

#include <memory>
#include <string>

#include "client/tui/page.h"

namespace fastchat::tui {

class App : private Desk, private client::Listener {
 public:
  // `options.invite` may be missing; then the forms ask for it.
  explicit App(client::SessionOptions options) : options_(std::move(options)) {}
  // 0, or the program's exit code after one line on standard error.
  Result<> run();

 private:
  Desk& desk() { return *this; }
  // Desk
  void go(PageName page, std::string argument) override;
  void quit() override { loop_.stop(); }
  bool needs_invite() const override;
  std::string user() const override { return session_->user(); }
  void sign_up(const std::string& invite, const std::string& user, std::string password) override;
  void log_in(const std::string& invite, const std::string& user, std::string password) override;
  void unlock(std::string password) override;
  void log_out() override;
  std::string passphrase() override;
  std::vector<store::Conversation> conversations() override;
  std::vector<client::ChatMessage> history(const std::string& peer, size_t limit) override;
  void send(const std::string& to, const std::string& text) override;
  void mark_read(const std::string& peer) override { session_->mark_peer_read(peer); }

  // Listener
  void on_message(const client::ChatMessage& message) override;
  void on_receipt(const client::ReceiptEvent& event) override;
  void on_connection(const client::ConnectionEvent& event) override;
  void on_notice(const client::Notice& notice) override;

  Result<> reopen(const std::string& invite);
  client::AccountArgs account(const std::string& user, std::string& password) const;
  void entered(const Result<>& result);
  void keys();
  void draw();
  void draw_status(Frame& frame) const;

  client::SessionOptions options_;
  Loop loop_;
  std::unique_ptr<client::Session> session_;
  std::unique_ptr<Page> page_, leaving_;  // a page that is left lives until its call has returned
  std::string status_ = "not connected", notice_;
  Style status_style_ = Style::kDim;
  bool changed_ = true, live_ = false;
};

}  // namespace fastchat::tui
