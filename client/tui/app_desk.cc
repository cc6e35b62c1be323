// Requests of pages to the session and to the folder (pages/desk.h).
#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/tui/app.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/terminal/terminal.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMaxPaths = 100;
constexpr const char* kLocalInvite = ".run/invite";  // where deploy/run-cluster leaves it

// A path as typed: ~/ is the home folder.
std::string from_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path;
}

}  // namespace

// ---- account

bool App::needs_invite() const {
  return !options_.invite && !session_->has_profile();
}

std::string App::suggested_invite() const {
  std::ifstream file(kLocalInvite);
  std::string line;
  std::getline(file, line);
  return parse_invite_line(line).ok() ? line : "";
}

std::string App::server() const {
  return options_.invite ? describe_server(*options_.invite) : "";
}

// True when the form asked for an invite line too: then this App ends, or the line was no good.
bool App::takes_invite(bool sign_up, const std::string& invite, const std::string& user, std::string& password) {
  if (!needs_invite()) return false;
  auto parsed = parse_invite_line(invite);
  if (!parsed) {
    e2e::cleanse(password);
    hear(RequestFailed{invite.empty() ? err(Code::kLocalUsage, "Paste the invite line of the server.")
                                      : parsed.error()});
    return true;
  }
  typed_ = Entry{sign_up, *parsed, user, std::move(password)};
  loop_.stop();
  return true;
}

client::AccountArgs App::account(const std::string& user, std::string& password) const {
  client::AccountArgs args;
  args.user = user;
  args.password = e2e::Secret::take(password);
  return args;
}

void App::entered(const Result<>& result) {
  changed_ = true;
  if (!result.ok()) {
    hear(RequestFailed{result.error()});
    if (result.code() == Code::kTooManyDevices) open(PageName::kReplace, "");
    return;
  }
  open(PageName::kMain, "");
}

void App::sign_up(const std::string& invite, const std::string& user, std::string password) {
  if (takes_invite(true, invite, user, password)) return;
  session_->sign_up(account(user, password), [this](const Result<>& r) { entered(r); });
}

void App::log_in(const std::string& invite, const std::string& user, std::string password) {
  if (takes_invite(false, invite, user, password)) return;
  session_->log_in(account(user, password), [this](const Result<>& r) { entered(r); });
}

void App::unlock(std::string password) {
  session_->unlock(e2e::Secret::take(password), [this](const Result<>& r) {
    if (r.ok()) session_->start();
    entered(r);
  });
}

void App::log_in_replacing(const std::string& device) {
  session_->log_in_replacing(device, [this](const Result<>& r) { entered(r); });
}

void App::change_password(std::string before, std::string next) {
  e2e::Secret was = e2e::Secret::take(before), is = e2e::Secret::take(next);
  session_->change_password(std::move(was), std::move(is), [this](const Result<>& r) {
    changed_ = true;
    if (!r.ok()) return hear(RequestFailed{r.error()});
    while (pages_.size() > 1) back();
    const uint64_t others = session_->others_to_log_in();
    toast("The password is changed." +
              (others == 0 ? std::string()
                           : " Your other devices have to log in with it (" + std::to_string(others) + ")."),
          Style::kGood);
  });
}

void App::log_out() {
  session_->stop();
  if (auto done = session_->log_out(); !done) return toast(done.error().text, Style::kBad);
  loop_.stop();
}

std::string App::passphrase() {
  return e2e::generate_passphrase();
}

// ---- conversations

std::vector<store::Conversation> App::conversations() {
  return value_or_toast(session_->conversations());
}

std::vector<client::ChatMessage> App::history(const std::string& peer, size_t limit, int64_t before) {
  return value_or_toast(session_->history(peer, limit, before));
}

std::vector<client::ChatMessage> App::history_after(const std::string& peer, size_t limit, int64_t after) {
  return value_or_toast(session_->history_after(peer, limit, after));
}

void App::search(const std::vector<std::string>& words, size_t limit) {
  session_->search(words, limit, [this](Result<client::SearchPart> part) {
    if (!part.ok()) toast(part.error().text, Style::kBad);
    hear(SearchFound{part.ok() ? std::move(*part) : client::SearchPart{{}, true}});
  });
}

void App::send(const std::string& to, const std::string& text) {
  session_->send(to, text, [this, to, text, number = unsent_.add(to, text)](const Result<client::SentMessage>& r) {
    unsent_.done(number);
    if (!r.ok()) hear(SendFailed{to, text, "", r.error()});
  });
}

// ---- groups and remarks

client::Session::Done App::tells(std::string good) {
  return [this, good = std::move(good)](const Result<>& r) {
    if (!r.ok()) return toast(r.error().text, Style::kBad);
    if (!good.empty()) toast(good, Style::kGood);
  };
}

// A change of a group is kept and made later when there is no connection now.
void App::say_asking() {
  const bool live = session_->connection().state == core::LinkState::kLive;
  toast(live ? "Asking the server ..." : "That will be done when the server is there.", Style::kDim);
}

void App::create_group(const std::string& name, std::vector<std::string> members) {
  say_asking();
  session_->create_group(name, std::move(members), tells("#" + name + " is made: /msg #" + name));
}

void App::change_group(const std::string& name, client::GroupEdit edit) {
  say_asking();
  session_->change_group(name, std::move(edit), tells("#" + name + " is changed."));
}

void App::leave_group(const std::string& name) {
  say_asking();
  session_->leave_group(name, tells("You left #" + name + "."));
}

void App::delete_group(const std::string& name) {
  say_asking();
  session_->delete_group(name, tells("#" + name + " is deleted."));
}

void App::reply(const std::string& to, const std::string& text, const std::string& id) {
  const uint64_t number = unsent_.add(to, "/reply " + text);
  session_->send(to, text, client::SendOptions{id}, [this, to, text, id, number](const Result<client::SentMessage>& r) {
    unsent_.done(number);
    if (!r.ok()) hear(SendFailed{to, "/reply " + text, id, r.error()});
  });
}

void App::edit(const std::string& id, const std::string& text) {
  session_->edit(id, text, tells(""));
}

void App::erase(const std::string& id) {
  session_->erase(id, tells(""));
}

void App::react(const std::string& id, const std::string& emoji) {
  session_->react(id, emoji, tells(""));
}

void App::send_poll(const std::string& to, const std::string& line) {
  const std::string typed = "/poll " + line;
  const uint64_t number = unsent_.add(to, typed);
  session_->send_poll(to, line, [this, to, typed, number](const Result<client::SentMessage>& r) {
    unsent_.done(number);
    if (!r.ok()) hear(SendFailed{to, typed, "", r.error()});
  });
}

void App::vote(const std::string& id, uint32_t choice) {
  session_->vote(id, choice, tells(choice == 0 ? "Your vote is taken back." : ""));
}

// ---- files and notes

void App::send_file(const std::string& to, const std::string& path, const std::string& reply_to) {
  session_->send_file(to, from_home(path), {reply_to}, [this](const Result<client::SentMessage>& r) {
    if (!r.ok()) toast(r.error().text, Style::kBad);
  });
}

void App::save_file(const std::string& id, const std::string& folder) {
  session_->fetch_file(id, from_home(folder), [this](const Result<std::string>& r) {
    toast(r.ok() ? "It is " + *r : r.error().text, r.ok() ? Style::kGood : Style::kBad);
  });
}

void App::show_file(const std::string& id) {
  session_->fetch_file(id, "", [this](const Result<std::string>& r) {
    if (!r.ok()) return toast(r.error().text, Style::kBad);
    if (pages_.size() == 1) open(PageName::kView, *r);
  });
}

void App::mark_read(const std::string& peer) {
  settings_.read_receipts ? session_->mark_peer_read(peer) : session_->mark_peer_seen(peer);
}

std::string App::setting(const std::string& name) {
  return value_or_toast(session_->setting(name));
}

void App::set_setting(const std::string& name, const std::string& text) {
  if (auto kept = session_->set_setting(name, text); !kept.ok()) toast(kept.error().text, Style::kBad);
}

std::vector<std::string> App::paths(const std::string& begin) {
  const size_t slash = begin.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : begin.substr(0, slash + 1);
  const std::string name = begin.substr(folder.size());
  std::vector<std::string> out;
  const std::string where = folder.empty() ? "./" : from_home(folder);
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(where.c_str()), closedir);
  if (!open) return out;
  while (const dirent* entry = readdir(open.get())) {
    const std::string found = entry->d_name;
    if (found == "." || found == ".." || !found.starts_with(name) || (name.empty() && found[0] == '.')) continue;
    struct stat info {};
    const bool is_folder = stat((where + found).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    out.push_back(folder + found + (is_folder ? "/" : ""));
    if (out.size() == kMaxPaths) break;
  }
  std::sort(out.begin(), out.end());
  return out;
}

void App::draw_picture(const std::string& path, int columns, int rows) {
  pictures_.draw(path, columns, rows, form_, [this, path](const Result<Picture>& picture) {
    hear(PictureDrawn{path, picture});
  });
}

// ---- keys and devices

void App::verify(const std::string& peer) {
  session_->verify(peer, [this](const Result<client::VerifyInfo>& r) { hear(KeyShown{r}); });
}

void App::accept_key(const std::string& peer) {
  if (auto done = session_->accept_key(peer); !done.ok()) return toast(done.error().text, Style::kBad);
  toast("The new key of " + peer + " is accepted.", Style::kGood);
  verify(peer);
}

void App::keep_key(const std::string& peer) {
  if (auto done = session_->keep_key(peer); !done.ok()) return toast(done.error().text, Style::kBad);
  toast("The key of " + peer + " that you know is kept.", Style::kGood);
  verify(peer);
}

void App::mark_verified(const std::string& peer) {
  if (auto done = session_->mark_verified(peer); !done.ok()) return toast(done.error().text, Style::kBad);
  toast(peer + " is marked as compared.", Style::kGood);
  verify(peer);
}

std::vector<store::QuarantineEntry> App::quarantine() {
  return value_or_toast(session_->quarantine());
}

void App::devices() {
  session_->devices([this](const Result<std::vector<client::DeviceInfo>>& r) { hear(DevicesListed{r}); });
}

void App::remove_device(const std::string& id) {
  session_->remove_device(id, [this](const Result<>& r) {
    if (!r.ok()) return toast(r.error().text, Style::kBad);
    devices();
  });
}

}  // namespace fastchat::tui
