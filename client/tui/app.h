// The full-screen program: joins the pages, a Session and the terminal on one loop. It draws at most once a turn.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/tui/page.h"

namespace fastchat::tui {

// What was typed into a form that also asked for the invite line.
struct Entry {
  bool sign_up = false;
  InviteLine invite;
  std::string user, password;
};

class App : private Desk, private client::Listener {
 public:
  // `options.invite` may be missing; then the forms ask for it. With `entry` the form was sent off already.
  App(client::SessionOptions options, std::optional<Entry> entry)
      : options_(std::move(options)), entry_(std::move(entry)) {}
  // Until the person quits, or has typed an invite line: then the caller makes another App with it, since a Session
  // has one server and lives as long as its loop.
  Result<std::optional<Entry>> run();

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

  bool takes_invite(bool sign_up, const std::string& invite, const std::string& user, std::string& password);
  void first_page();
  client::AccountArgs account(const std::string& user, std::string& password) const;
  void entered(const Result<>& result);
  void keys();
  void draw();
  void draw_status(Frame& frame) const;

  client::SessionOptions options_;
  std::optional<Entry> entry_, typed_;
  Loop loop_;
  std::unique_ptr<client::Session> session_;
  std::unique_ptr<Page> page_, leaving_;  // a page that is left lives until its call has returned
  std::string status_ = "not connected", notice_;
  Style status_style_ = Style::kDim;
  bool changed_ = true;
};

}  // namespace fastchat::tui
