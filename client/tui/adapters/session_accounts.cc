#include "client/tui/adapters/session_accounts.h"

#include <fstream>
#include <utility>

#include "client/e2e/words.h"
#include "client/tui/pages/form_page.h"

namespace fastchat::tui {
namespace {

constexpr const char* kLocalInvite = ".run/invite";  // deploy/run-cluster writes this file

client::AccountArgs account(const std::string& user, std::string& password) {
  client::AccountArgs args;
  args.user = user;
  args.password = e2e::Secret::take(password);
  return args;
}

}  // namespace

std::string SessionAccounts::suggested_invite() const {
  if (invite_) return format_invite_line(*invite_);
  std::ifstream file(kLocalInvite);
  std::string line;
  std::getline(file, line);
  return parse_invite_line(line).ok() ? line : "";
}

std::string SessionAccounts::server() const {
  return invite_ ? describe_server(*invite_) : "";
}

std::string SessionAccounts::passphrase() {
  return e2e::generate_passphrase();
}

// Returns true when the form asked for an invite line too, and that line is malformed or differs from the session's.
// Reports a malformed line as RequestFailed. Passes the input with another line to on_entry_, so that another session
// begins.
bool SessionAccounts::takes_invite(const std::string& line, Entry& entry) {
  if (!needs_invite()) return false;
  auto parsed = parse_invite_line(line);
  if (!parsed) {
    e2e::cleanse(entry.password);
    hear_(RequestFailed{parsed.error()});
    return true;
  }
  if (invite_ && format_invite_line(*parsed) == format_invite_line(*invite_)) return false;
  entry.invite = std::move(*parsed);
  on_entry_(std::move(entry));
  return true;
}

client::Session::Done SessionAccounts::told() {
  return ticket_.guarded([this](const Result<>& r) { logged_in(r); });
}

void SessionAccounts::logged_in(const Result<>& result) {
  if (result.ok()) return screen_.open(PageName::kMain);
  hear_(RequestFailed{result.error()});
  if (result.code() == Code::kTooManyDevices) screen_.open(PageName::kReplace);
}

void SessionAccounts::sign_up(const std::string& invite, const std::string& token, const std::string& user,
                              std::string password) {
  Entry entry{true, {}, user, token, std::move(password)};
  if (takes_invite(invite, entry)) return;
  client::AccountArgs args = account(user, entry.password);
  args.invite_token = token;
  session_.sign_up(std::move(args), told());
}

void SessionAccounts::log_in(const std::string& invite, const std::string& user, std::string password) {
  Entry entry{false, {}, user, "", std::move(password)};
  if (takes_invite(invite, entry)) return;
  session_.log_in(account(user, entry.password), told());
}

void SessionAccounts::unlock(std::string password) {
  session_.unlock(e2e::Secret::take(password), ticket_.guarded([this](const Result<>& r) {
    if (r.ok()) session_.start();
    logged_in(r);
  }));
}

void SessionAccounts::log_in_replacing(const std::string& device) {
  session_.log_in_replacing(device, told());
}

void SessionAccounts::change_password(std::string before, std::string next) {
  e2e::Secret was = e2e::Secret::take(before), is = e2e::Secret::take(next);
  session_.change_password(std::move(was), std::move(is),
                           ticket_.guarded([this](const Result<>& r) { password_changed(r); }));
}

void SessionAccounts::password_changed(const Result<>& result) {
  if (result.code() == Code::kOk && !result.ok()) session_.start();  // giving up ended the connection
  if (!result.ok()) return hear_(RequestFailed{result.error()});
  screen_.home();
  const uint64_t others = session_.others_to_log_in();
  screen_.toast(
      "The password is changed." +
          (others == 0 ? std::string() : " Your other devices (" + std::to_string(others) + ") must log in with it."),
      Style::kGood);
}

void SessionAccounts::rekey(std::string password) {
  e2e::Secret is = e2e::Secret::take(password), same = is.clone();
  session_.change_password(std::move(is), std::move(same), ticket_.guarded([this](const Result<>& r) {
    if (!r.ok()) return password_changed(r);
    screen_.home();
    const uint64_t others = session_.others_to_log_in();
    screen_.toast(
        "The account has a new key." +
            (others == 0 ? std::string() : " Your other devices (" + std::to_string(others) + ") must log in again."),
        Style::kGood);
  }),
                           true);
}

void SessionAccounts::delete_account(std::string password) {
  session_.delete_account(e2e::Secret::take(password), ticket_.guarded([this](const Result<>& r) {
    if (!r.ok()) return hear_(RequestFailed{r.error()});
    screen_.home();
    screen_.toast("The account is deleted. Its messages stay on this device.", Style::kGood);
  }));
}

void SessionAccounts::log_out() {
  session_.stop();
  if (auto done = session_.log_out(); !done) return screen_.toast(done.error().text, Style::kBad);
  screen_.quit();
}

}  // namespace fastchat::tui
