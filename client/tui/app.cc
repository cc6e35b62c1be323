#include "client/tui/app.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "client/runtime/loop_machine.h"
#include "client/tui/make_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/terminal/terminal.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

constexpr int64_t kMaxGoodbye = 2'000'000;  // us, for the last acknowledgements and the vault
constexpr int64_t kKeepPause = 2'000'000;   // us from a key press to the writing of the typed texts

int64_t now_ms() {
  return Clock::monotonic_us() / 1000;
}

}  // namespace

Result<std::optional<Entry>> App::run(const client::StartServing& serve) {
  auto opened = client::Session::open(std::make_unique<client::LoopMachine>(loop_), options_, profile_.listeners);
  if (!opened) return opened.error();
  profile_.session = std::move(*opened);
  profile_.listeners.join(listener_);
  adapters_ = std::make_unique<Adapters>(
      loop_, *profile_.session, options_.invite, entry_.has_value(), settings_.read_receipts, screen(), desktop_,
      [this](const Event& event) { hear(event); },
      [this](Entry entry) {
        typed_ = std::move(entry);
        loop_.stop();
      });
  if (auto terminal = Terminal::open(settings_.theme, settings_.looks, settings_.pictures, settings_.mouse); !terminal)
    return terminal.error();
  listen_to_terminal();
  loop_.on_turn_end([this](int64_t) {
    pages_.free_closed();
    notifier_.reap();
    desktop_.reap();
    if (std::exchange(changed_, false)) draw();
  });
  first_page();
  if (!settings_.faint.empty()) toast(settings_.faint, Style::kWarn);
  profile_.serving = serve(loop_, *profile_.session, profile_.listeners, [this] { loop_.stop(); });
  if (profile_.serving == nullptr) {
    toast("the profile's socket cannot be made: no other program can use this profile meanwhile", Style::kBad);
  }
  loop_.run();
  if (typed_) return std::move(typed_);
  keep_texts();
  Terminal::close();
  say_goodbye();
  Terminal::close();  // a SIGCONT meanwhile may have taken the terminal back
  keep_texts();
  return std::optional<Entry>();
}

void App::listen_to_terminal() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT}, [this](int signal) {
    switch (signal) {
      case SIGTSTP:
        Terminal::suspend();
        (void)kill(getpid(), SIGSTOP);
        Terminal::resume();
        break;
      case SIGCONT:
        Terminal::resume();
        break;
      case SIGWINCH:
        Terminal::resized();
        break;
      default:
        return loop_.stop();
    }
    changed_ = true;
  });
  loop_.add_fd(STDIN_FILENO, POLLIN, [this](short events) {
    if ((events & (POLLHUP | POLLERR)) == 0) return keys();
    // The terminal is gone: reads return the end of the file for ever. Not every process on a terminal receives a
    // SIGHUP.
    loop_.remove_fd(STDIN_FILENO);
    loop_.stop();
  });
}

void App::say_goodbye() {
  if (profile_.serving != nullptr) profile_.serving->end();
  profile_.session->settle();
  const int64_t end = Clock::monotonic_us() + kMaxGoodbye;
  const auto busy = [this] {
    return !profile_.session->settled() || adapters_->messages.unsent() ||
           (profile_.serving != nullptr && !profile_.serving->ended());
  };
  while (busy() && Clock::monotonic_us() < end) loop_.run_once(50'000);
  profile_.session->stop();
  loop_.run_once(0);
}

void App::first_page() {
  if (entry_) {
    Accounts& accounts = adapters_->accounts;
    const auto purpose = entry_->sign_up ? FormPage::Purpose::kSignUp : FormPage::Purpose::kLogIn;
    push(std::make_unique<FormPage>(screen(), accounts, purpose, entry_->user, entry_->token));
    const std::string line = format_invite_line(entry_->invite);
    if (entry_->sign_up) {
      accounts.sign_up(line, entry_->token, entry_->user, std::move(entry_->password));
    } else {
      accounts.log_in(line, entry_->user, std::move(entry_->password));
    }
  } else if (!profile_.session->has_profile()) {
    open(PageName::kWelcome, "");
  } else if (!profile_.session->unlocked()) {
    open(PageName::kUnlock, "");
  } else {
    profile_.session->start();
    open(PageName::kMain, "");
  }
}

void App::keys() {
  while (const auto key = Terminal::read()) {
    changed_ = true;
    const bool focus = key->kind == KeyKind::kFocusIn || key->kind == KeyKind::kFocusOut;
    MainPage* main = pages_.main();
    if (is_control(*key, 'c')) {
      loop_.stop();
    } else if (focus && main != nullptr) {
      main->press(*key);
    } else if (is_control(*key, 'l')) {
      repaint();
    } else if (!focus) {
      pages_.press(*key, settings_.keys);
    }
    keep_soon();
    if (loop_.stopping()) return;
  }
  if (Terminal::theme_changed() || Terminal::picture_form() != adapters_->local_files.form()) changed_ = true;
}

void App::keep_soon() {
  if (pages_.main() == nullptr || keep_timer_ != 0) return;
  keep_timer_ = loop_.at(Clock::monotonic_us() + kKeepPause, [this](int64_t) {
    keep_timer_ = 0;
    keep_texts();
  });
}

// Writes the drafts and the texts that are not in the outbox to the profile.
void App::keep_texts() {
  if (MainPage* main = pages_.main()) main->keep_drafts();
  adapters_->messages.keep_unsent();
}

void App::draw() {
  Frame frame;
  frame.width = Terminal::width();
  adapters_->local_files.set_form(Terminal::picture_form());
  const MainPage* main = pages_.main();
  status_.set_user(profile_.session->user());
  status_.set_unread(main == nullptr ? 0 : main->unread_elsewhere());
  status_.set_quiet(main != nullptr && main->dnd());
  const std::vector<Row> status = status_.draw(frame.width);
  const int page_height = std::max(2, Terminal::height() - static_cast<int>(status.size()) + 1);
  frame.height = page_height;
  pages_.top().draw(frame);
  frame.height = Terminal::height();
  frame.row(page_height - 1).clear();
  for (size_t i = 0; i < status.size(); ++i) frame.put(page_height - 1 + static_cast<int>(i), status[i]);
  Terminal::show(frame);
}

// ---- pages

void App::push(std::unique_ptr<Page> page) {
  pages_.push(std::move(page));
  changed_ = true;
}

void App::open(PageName page, std::string argument) {
  if (page <= PageName::kMain) pages_.clear();
  if (page == PageName::kMain) adapters_->messages.restore_unsent();
  const MainOptions main{settings_.order == "name" ? OrderBy::kName : OrderBy::kRecent,
                         static_cast<int>(settings_.text_width)};
  push(make_page(page, argument, adapters_->ports(), settings_.keys, main));
}

void App::back() {
  pages_.pop();
  changed_ = true;
}

void App::home() {
  pages_.pop_to_first();
  changed_ = true;
}

void App::chat(const client::PeerName& peer, int64_t position) {
  home();
  if (MainPage* main = pages_.main()) main->chat(peer, position);
}

void App::repaint() {
  Terminal::repaint();
  changed_ = true;
}

void App::toast(std::string text, Style style) {
  changed_ = true;
  status_.say(std::move(text), style, now_ms());
  loop_.cancel(toast_timer_);
  toast_timer_ = loop_.at(status_.until_ms() * 1000, [this](int64_t) {
    status_.tick(now_ms());
    changed_ = true;
  });
}

// ---- events

void App::hear(const Event& event) {
  changed_ = true;
  const MainPage* main = pages_.main();
  const auto* added = std::get_if<MessageAdded>(&event);
  const bool visible = added != nullptr && main != nullptr && main->is_visible(added->message.peer);
  pages_.hear(event);
  if (added != nullptr && !visible) return hear_message(added->message);
  if (const auto* receipt = std::get_if<client::ReceiptEvent>(&event)) {
    if (receipt->state == client::MessageState::kFailed) toast(receipt->text, Style::kBad);
  } else if (const auto* connection = std::get_if<client::ConnectionEvent>(&event)) {
    hear_connection(*connection);
  } else if (const auto* notice = std::get_if<client::Notice>(&event)) {
    const bool bad = notice->kind == client::Notice::Kind::kKeyChanged || notice->kind == client::Notice::Kind::kDisk;
    toast(notice->text, bad ? Style::kBad : Style::kWarn);
  }
}

// Announces a message in a conversation that is not visible.
void App::hear_message(const client::ChatMessage& message) {
  if (message.mine || !client::is_content(message.kind)) return;
  toast("message from " + message.from, Style::kUnread);
  const MainPage* main = pages_.main();
  if (main == nullptr || !main->notifies(message)) return;
  if (const auto done = notifier_.notify(message); !done.ok()) toast(done.error().text, Style::kBad);
}

void App::hear_connection(const client::ConnectionEvent& event) {
  status_.set_connection(event);
  const bool ended = event.state == core::LinkState::kEnded && pages_.main() != nullptr;
  if (!ended || (event.code != Code::kPasswordNeeded && event.code != Code::kDeviceEnded)) return;
  keep_texts();
  open(PageName::kLogIn, event.code == Code::kDeviceEnded
                             ? "This device was removed from your account. Log in to add it again as a new device; "
                               "its messages stay."
                             : "The password of this account was changed, or the server was restored. Log in with the "
                               "password; messages and drafts stay.");
}

}  // namespace fastchat::tui
