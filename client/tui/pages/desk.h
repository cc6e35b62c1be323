// Requests that a page may make. The application (app.h) performs them with a Session; a test does so with plain
// values. Calls do not re-enter the page. Their results come back as events (event.h) or as another page.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

enum class PageName {
  // These stand alone.
  kWelcome,
  kSignUp,
  kLogIn,  // argument: why this profile has to log in again
  kUnlock,
  kMain,
  // These open above the main page and go away with back().
  kMenu,
  kPeople,
  kHelp,
  kSearch,
  kVerify,
  kWhy,
  kDevices,
  kPassword,
  kReplace,  // the account has too many devices: one is chosen to go
  kView,
  kTransfers,
  kGroups,         // argument "settings": the one chosen shows its settings, else its conversation
  kGroupSettings,  // of the group that the argument names, without '#'; "team leave", "team delete" ask that at once
};

class Desk {
 public:
  virtual ~Desk() = default;
  virtual void open(PageName page, std::string argument = "") = 0;
  virtual void back() = 0;  // closes the page on top
  // Closes what is above the main page and shows this conversation, at a message when `position` is not 0.
  virtual void chat(const std::string& peer, int64_t position = 0) = 0;
  virtual void quit() = 0;
  virtual void repaint() = 0;
  virtual void toast(std::string text, Style style = Style::kWarn) = 0;

  virtual bool needs_invite() const = 0;
  virtual std::string suggested_invite() const = 0;  // of a cluster in this folder; may be empty
  virtual std::string server() const = 0;            // describe_server() of the one it talks to; may be empty
  virtual std::string user() const = 0;
  // Ends in a page (the menu) or in RequestFailed.
  virtual void sign_up(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void log_in(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void unlock(std::string password) = 0;
  // Those of which one has to go, after a log-in that found no room; and that log-in once more.
  virtual std::vector<client::DeviceInfo> device_choices() = 0;
  virtual void log_in_replacing(const std::string& device) = 0;
  virtual void change_password(std::string before, std::string next) = 0;
  virtual void log_out() = 0;
  virtual std::string passphrase() = 0;

  virtual std::vector<store::Conversation> conversations() = 0;
  // In display order: the last `limit` before a position (0: the end); the first after one.
  virtual std::vector<client::ChatMessage> history(const std::string& peer, size_t limit, int64_t before) = 0;
  virtual std::vector<client::ChatMessage> history_after(const std::string& peer, size_t limit, int64_t after) = 0;
  virtual void search(const std::vector<std::string>& words, size_t limit) = 0;  // SearchFound, again and again
  virtual void stop_search() = 0;
  virtual void send(const std::string& to, const std::string& text) = 0;  // SendFailed
  virtual void typing(const std::string& to) = 0;                         // a key changed what is being written to them
  // `reply_to`: id of the message that it answers, or empty.
  virtual void send_file(const std::string& to, const std::string& path, const std::string& reply_to) = 0;
  // Of the message with this id: keeps it in a folder (empty: the downloads), or fetches and shows it.
  virtual void save_file(const std::string& id, const std::string& folder) = 0;
  virtual void show_file(const std::string& id) = 0;
  virtual std::vector<client::TransferInfo> transfers() = 0;
  virtual void cancel_transfer(const std::string& id) = 0;
  virtual void mark_read(const std::string& peer) = 0;

  // Groups, named without '#'. How a change ended is told on the status line; GroupChanged follows when it was made.
  virtual std::vector<client::GroupInfo> groups() = 0;
  virtual void create_group(const std::string& name, std::vector<std::string> members) = 0;
  virtual void change_group(const std::string& name, client::GroupEdit edit) = 0;
  virtual void leave_group(const std::string& name) = 0;
  virtual void delete_group(const std::string& name) = 0;
  // Of the message with this id.
  virtual void reply(const std::string& to, const std::string& text, const std::string& id) = 0;  // SendFailed
  virtual void edit(const std::string& id, const std::string& text) = 0;
  virtual void erase(const std::string& id) = 0;
  virtual void react(const std::string& id, const std::string& emoji) = 0;     // empty: takes it back
  virtual void send_poll(const std::string& to, const std::string& line) = 0;  // SendFailed
  virtual void vote(const std::string& id, uint32_t choice) = 0;               // 0: takes it back

  // Small things kept sealed in the profile: "draft:bob", "mute:bob", "dnd". Empty: there is none.
  virtual std::string setting(const std::string& name) = 0;
  virtual void set_setting(const std::string& name, const std::string& text) = 0;
  // Files whose path begins so, for completion; folders end in a slash.
  virtual std::vector<std::string> paths(const std::string& begin) = 0;

  // A file on this disk.
  virtual void look_at(const std::string& path) = 0;                              // FileRead
  virtual void draw_picture(const std::string& path, int columns, int rows) = 0;  // PictureDrawn

  virtual void verify(const std::string& peer) = 0;  // KeyShown
  virtual void accept_key(const std::string& peer) = 0;
  virtual void keep_key(const std::string& peer) = 0;
  virtual void mark_verified(const std::string& peer) = 0;
  virtual std::vector<store::QuarantineEntry> quarantine() = 0;
  virtual void devices() = 0;  // DevicesListed
  virtual void remove_device(const std::string& id) = 0;
};

}  // namespace fastchat::tui
