#include "client/tui/app.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "client/tui/chat_page.h"
#include "client/tui/form_page.h"
#include "client/tui/menu_page.h"
#include "client/tui/people_page.h"
#include "client/tui/terminal.h"
#include "client/tui/text.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

constexpr int64_t kGoodbyeMost = 2'000'000;  // us for the last acknowledgements and the vault

}  // namespace

Result<std::optional<Entry>> App::run() {
  auto opened = client::Session::open(loop_, options_, *this);
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  if (auto terminal = Terminal::open(); !terminal) return terminal.error();
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGWINCH}, [this](int signal) {
    if (signal != SIGWINCH) return loop_.stop();
    Terminal::resized();
    Terminal::repaint();
    changed_ = true;
  });
  loop_.add_fd(STDIN_FILENO, POLLIN, [this](short events) {
    if ((events & (POLLHUP | POLLERR)) != 0 && (events & POLLIN) == 0) return loop_.stop();
    keys();
  });
  loop_.on_turn_end([this](int64_t) {
    leaving_.reset();
    if (std::exchange(changed_, false)) draw();
  });
  first_page();
  loop_.run();
  if (typed_) return std::move(typed_);
  Terminal::close();
  for (const int64_t end = Clock::monotonic_us() + kGoodbyeMost; !session_->settled() && Clock::monotonic_us() < end;) {
    loop_.run_once(50'000);
  }
  session_->stop();
  loop_.run_once(0);
  return std::optional<Entry>();
}

void App::first_page() {
  if (entry_) {
    page_ = std::make_unique<FormPage>(desk(), entry_->sign_up ? FormPage::Purpose::kSignUp : FormPage::Purpose::kLogIn,
                                       entry_->user);
    if (entry_->sign_up) {
      sign_up("", entry_->user, std::move(entry_->password));
    } else {
      log_in("", entry_->user, std::move(entry_->password));
    }
  } else if (!session_->has_profile()) {
    go(PageName::kWelcome, "");
  } else if (!session_->unlocked()) {
    go(PageName::kUnlock, "");
  } else {
    session_->start();
    go(PageName::kMenu, "");
  }
}

void App::keys() {
  while (const auto key = Terminal::read()) {
    changed_ = true;
    notice_.clear();
    if (is_control(*key, 'c') || is_control(*key, 'q')) {
      loop_.stop();
    } else if (is_control(*key, 'l')) {
      Terminal::repaint();
    } else {
      page_->press(*key);
    }
    if (loop_.stopping()) return;
  }
}

void App::draw() {
  Frame frame;
  frame.width = Terminal::width();
  frame.height = Terminal::height();
  page_->draw(frame);
  draw_status(frame);
  Terminal::show(frame);
}

void App::draw_status(Frame& frame) const {
  const std::string who = session_->user().empty() ? "" : session_->user() + "  ";
  const std::string text = clip(" " + who + status_, frame.width - 1);
  frame.put(frame.height - 1, text, status_style_);
  const int room = frame.width - 1 - width_of(text);
  if (!notice_.empty() && room > 8) frame.put(frame.height - 1, clip("  " + notice_, room), Style::kWarn);
}

void App::go(PageName page, std::string argument) {
  leaving_ = std::move(page_);
  changed_ = true;
  using Choice = MenuPage::Choice;
  switch (page) {
    case PageName::kWelcome:
      page_ = std::make_unique<MenuPage>(desk(), "FastChat",
                                         std::vector<std::string>{"End-to-end encrypted chat on a server of your own."},
                                         std::vector<Choice>{{'s', "Sign up: a new account", PageName::kSignUp},
                                                             {'l', "Log in: an account you have", PageName::kLogIn},
                                                             {'q', "Quit", PageName::kMenu, Choice::Act::kQuit}},
                                         false);
      break;
    case PageName::kMenu:
      page_ = std::make_unique<MenuPage>(
          desk(), "FastChat", std::vector<std::string>{},
          std::vector<Choice>{{'d', "Direct message", PageName::kPeople},
                              {'o', "Log out on this device", PageName::kMenu, Choice::Act::kLogOut},
                              {'q', "Quit", PageName::kMenu, Choice::Act::kQuit}},
          false);
      break;
    case PageName::kSignUp:
      page_ = std::make_unique<FormPage>(desk(), FormPage::Purpose::kSignUp);
      break;
    case PageName::kLogIn:
      page_ = std::make_unique<FormPage>(desk(), FormPage::Purpose::kLogIn);
      break;
    case PageName::kUnlock:
      page_ = std::make_unique<FormPage>(desk(), FormPage::Purpose::kUnlock);
      break;
    case PageName::kPeople:
      page_ = std::make_unique<PeoplePage>(desk());
      break;
    case PageName::kChat:
      page_ = std::make_unique<ChatPage>(desk(), std::move(argument));
      break;
  }
}

// ---- account

bool App::needs_invite() const {
  return !options_.invite && !session_->has_profile();
}

// True when the form asked for an invite line too: then this App ends, or the line was no good.
bool App::takes_invite(bool sign_up, const std::string& invite, const std::string& user, std::string& password) {
  if (!needs_invite()) return false;
  auto parsed = parse_invite_line(invite);
  if (!parsed) {
    e2e::cleanse(password);
    page_->on_failure(invite.empty() ? err(Code::kLocalUsage, "Paste the invite line of the server.") : parsed.error());
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
  if (!result.ok()) return page_->on_failure(result.error());
  go(PageName::kMenu, "");
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

void App::log_out() {
  session_->stop();
  if (auto done = session_->log_out(); !done) {
    notice_ = done.error().text;
    return;
  }
  loop_.stop();
}

std::string App::passphrase() {
  return e2e::generate_passphrase();
}

// ---- conversations

std::vector<store::Conversation> App::conversations() {
  auto list = session_->conversations();
  if (list) return *list;
  notice_ = list.error().text;
  return {};
}

std::vector<client::ChatMessage> App::history(const std::string& peer, size_t limit) {
  auto list = session_->history(peer, limit);
  if (list) return *list;
  notice_ = list.error().text;
  return {};
}

void App::send(const std::string& to, const std::string& text) {
  session_->send(to, text, [this](const Result<client::SentMessage>& r) {
    changed_ = true;
    if (!r.ok()) page_->on_failure(r.error());
  });
}

void App::on_message(const client::ChatMessage& message) {
  changed_ = true;
  if (!message.mine && message.kind == client::MessageKind::kText) notice_ = "message from " + message.from;
  page_->on_message(message);
}

void App::on_receipt(const client::ReceiptEvent& event) {
  changed_ = true;
  page_->on_receipt(event);
}

void App::on_connection(const client::ConnectionEvent& event) {
  changed_ = true;
  const bool live = event.state == core::LinkState::kLive;
  status_ = live ? "connected, " + event.worker : event.text.empty() ? core::name(event.state) : event.text;
  status_style_ = live ? Style::kGood : event.code == Code::kOk ? Style::kDim : Style::kBad;
}

void App::on_notice(const client::Notice& notice) {
  changed_ = true;
  notice_ = notice.text;
}

}  // namespace fastchat::tui
