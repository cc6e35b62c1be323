// Implements Accounts over a session. A form may also ask for the invite line. A line that differs from the session's
// needs another session: on_entry receives the input of the form.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/accounts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// The input of a form that also asked for the invite line.
struct Entry {
  bool sign_up = false;
  InviteLine invite;
  std::string user, token, password;  // `token`: the invite token of a sign-up
};

class SessionAccounts : public Accounts {
 public:
  // `invite`: the invite line of the session's server, if known. `typed`: true when the person typed that line into a
  // form, and may change it there.
  SessionAccounts(client::Session& session, const std::optional<InviteLine>& invite, bool typed, Screen& screen,
                  const client::Ticket& ticket, EventHandler hear, std::function<void(Entry)> on_entry)
      : session_(session),
        invite_(invite),
        typed_(typed),
        screen_(screen),
        ticket_(ticket),
        hear_(std::move(hear)),
        on_entry_(std::move(on_entry)) {}

  bool needs_invite() const override { return (typed_ || !invite_) && !session_.has_profile(); }
  std::string suggested_invite() const override;
  std::string server() const override;
  std::string user() const override { return session_.user(); }
  std::string passphrase() override;
  void sign_up(const std::string& invite, const std::string& token, const std::string& user,
               std::string password) override;
  void log_in(const std::string& invite, const std::string& user, std::string password) override;
  void unlock(std::string password) override;
  void change_password(std::string before, std::string next) override;
  std::vector<client::DeviceInfo> device_choices() override { return session_.device_choices(); }
  void log_in_replacing(const std::string& device) override;
  void rekey(std::string password) override;
  void delete_account(std::string password) override;
  void give_up() override { session_.stop(); }
  void log_out() override;

 private:
  bool takes_invite(const std::string& line, Entry& entry);
  client::Session::Done told();
  void logged_in(const Result<>& result);
  void password_changed(const Result<>& result);

  client::Session& session_;
  const std::optional<InviteLine>& invite_;
  const bool typed_;
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
  std::function<void(Entry)> on_entry_;
};

}  // namespace fastchat::tui
