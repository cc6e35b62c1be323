// The full-screen program: joins the pages, a Session and the terminal on one loop. It draws at most once a turn.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/chat/key_table.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/child.h"
#include "client/tui/pages/page.h"
#include "client/tui/picture/loader.h"
#include "client/tui/session_events.h"
#include "client/tui/settings.h"
#include "client/tui/status_line.h"
#include "client/tui/unsent_book.h"

namespace fastchat::tui {

// The input of a form that also asked for the invite line.
struct Entry {
  bool sign_up = false;
  InviteLine invite;
  std::string user, password;
};

class App : private Desk {
 public:
  // `options.invite` may be missing; then the forms ask for it. With `entry` the form was sent off already.
  App(client::SessionOptions options, const Settings& settings, std::optional<Entry> entry)
      : options_(std::move(options)), settings_(settings), entry_(std::move(entry)) {}
  // Until the person quits, or has typed an invite line: then the caller makes another App with it, since a Session
  // has one server and lives as long as its loop.
  Result<std::optional<Entry>> run();

 private:
  // ---- Desk: pages (app.cc)
  Desk& desk() { return *this; }
  void open(PageName page, std::string argument) override;
  void back() override;
  void chat(const std::string& peer, int64_t position) override;
  void quit() override { loop_.stop(); }
  void repaint() override;
  void toast(std::string text, Style style) override;

  // ---- Desk: the session (app_desk.cc)
  bool needs_invite() const override;
  std::string suggested_invite() const override;
  std::string server() const override;
  std::string user() const override { return session_->user(); }
  void sign_up(const std::string& invite, const std::string& user, std::string password) override;
  void log_in(const std::string& invite, const std::string& user, std::string password) override;
  void unlock(std::string password) override;
  std::vector<client::DeviceInfo> device_choices() override { return session_->device_choices(); }
  void log_in_replacing(const std::string& device) override;
  void change_password(std::string before, std::string next) override;
  void log_out() override;
  std::string passphrase() override;
  std::vector<store::Conversation> conversations() override;
  std::vector<client::ChatMessage> history(const std::string& peer, size_t limit, int64_t before) override;
  std::vector<client::ChatMessage> history_after(const std::string& peer, size_t limit, int64_t after) override;
  void search(const std::vector<std::string>& words, size_t limit) override;
  void stop_search() override { session_->stop_search(); }
  void send(const std::string& to, const std::string& text) override;
  void typing(const std::string& to) override { session_->typing(to); }
  void send_file(const std::string& to, const std::string& path, const std::string& reply_to) override;
  void save_file(const std::string& id, const std::string& folder) override;
  void show_file(const std::string& id) override;
  std::vector<client::TransferInfo> transfers() override { return value_or_toast(session_->transfers()); }
  void cancel_transfer(const std::string& id) override { session_->cancel_transfer(id); }
  void mark_read(const std::string& peer) override;
  std::vector<client::GroupInfo> groups() override { return value_or_toast(session_->groups()); }
  void create_group(const std::string& name, std::vector<std::string> members) override;
  void change_group(const std::string& name, client::GroupEdit edit) override;
  void leave_group(const std::string& name) override;
  void delete_group(const std::string& name) override;
  void reply(const std::string& to, const std::string& text, const std::string& id) override;
  void edit(const std::string& id, const std::string& text) override;
  void erase(const std::string& id) override;
  void react(const std::string& id, const std::string& emoji) override;
  void send_poll(const std::string& to, const std::string& line) override;
  void vote(const std::string& id, uint32_t choice) override;
  std::string setting(const std::string& name) override;
  void set_setting(const std::string& name, const std::string& text) override;
  std::vector<std::string> paths(const std::string& begin) override;
  void look_at(const std::string& path) override { looker_.look(path); }
  void draw_picture(const std::string& path, int columns, int rows) override;
  void verify(const std::string& peer) override;
  void accept_key(const std::string& peer) override;
  void keep_key(const std::string& peer) override;
  void mark_verified(const std::string& peer) override;
  std::vector<store::QuarantineEntry> quarantine() override;
  void devices() override;
  void remove_device(const std::string& id) override;

  // ---- events: all pages hear them, RequestFailed only the one on top
  void hear(const Event& event);
  void hear_message(const MessageAdded& event);
  void hear_connection(const client::ConnectionEvent& event);

  template <class T>
  T value_or_toast(Result<T> result) {
    if (result.ok()) return std::move(*result);
    toast(result.error().text, Style::kBad);
    return T();
  }
  bool takes_invite(bool sign_up, const std::string& invite, const std::string& user, std::string& password);
  client::AccountArgs account(const std::string& user, std::string& password) const;
  void say_asking();
  // Says how it ended; nothing when it went well and `good` is empty.
  client::Session::Done tells(std::string good);
  void entered(const Result<>& result);
  void first_page();
  std::unique_ptr<Page> make(PageName page, const std::string& argument);
  void push(std::unique_ptr<Page> page);
  void leave_all();
  void listen_to_terminal();
  void say_goodbye();
  void keys();
  void draw();
  void keep_drafts_soon();
  void keep_unsent();
  void give_unsent_back();
  void notify(const client::ChatMessage& message);

  client::SessionOptions options_;
  const Settings& settings_;
  std::optional<Entry> entry_, typed_;
  Loop loop_;
  SessionEvents listener_{[this](const Event& event) { hear(event); }};
  std::unique_ptr<client::Session> session_;
  std::vector<std::unique_ptr<Page>> pages_;    // the last is on top
  std::vector<std::unique_ptr<Page>> leaving_;  // a page that is left lives until its call has returned
  MainPage* main_ = nullptr;                    // pages_[0], if it is that
  UnsentBook unsent_;
  StatusLine status_;
  Children children_;
  PictureLoader pictures_{loop_};
  PictureForm form_;  // in which the pages have their pictures
  FileLooker looker_{loop_, [this](const std::string& path, const Result<LocalFile>& file) {
                       hear(FileRead{path, file});
                     }};
  Loop::TimerId toast_timer_ = 0, draft_timer_ = 0;
  bool changed_ = true;
};

}  // namespace fastchat::tui
