#include "client/tui/app.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "client/tui/chat/help_rows.h"
#include "client/tui/pages/devices_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/pages/group_page.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/pager_page.h"
#include "client/tui/pages/people_page.h"
#include "client/tui/pages/replace_page.h"
#include "client/tui/pages/search_page.h"
#include "client/tui/pages/transfers_page.h"
#include "client/tui/pages/verify_page.h"
#include "client/tui/pages/view_page.h"
#include "client/tui/pages/why_rows.h"
#include "client/tui/terminal/terminal.h"
#include "client/tui/terminal/text.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

constexpr int64_t kMaxGoodbye = 2'000'000;  // us for the last acknowledgements and the vault
constexpr int64_t kDraftPause = 2'000'000;  // us between what is typed and its being kept
constexpr const char* kUnsent = "unsent";   // a note

int64_t now_ms() {
  return Clock::monotonic_us() / 1000;
}

}  // namespace

Result<std::optional<Entry>> App::run() {
  auto opened = client::Session::open(loop_, options_, listener_);
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  if (auto terminal = Terminal::open(settings_.theme, settings_.pictures, settings_.mouse); !terminal)
    return terminal.error();
  listen_to_terminal();
  loop_.on_turn_end([this](int64_t) {
    leaving_.clear();
    children_.reap();
    if (std::exchange(changed_, false)) draw();
  });
  first_page();
  loop_.run();
  if (typed_) return std::move(typed_);
  if (main_ != nullptr) main_->keep_drafts();
  keep_unsent();
  Terminal::close();
  say_goodbye();
  if (main_ != nullptr) main_->keep_drafts();
  keep_unsent();
  return std::optional<Entry>();
}

void App::listen_to_terminal() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGWINCH}, [this](int signal) {
    if (signal != SIGWINCH) return loop_.stop();
    Terminal::resized();
    changed_ = true;
  });
  loop_.add_fd(STDIN_FILENO, POLLIN, [this](short events) {
    if ((events & (POLLHUP | POLLERR)) == 0) return keys();
    // The terminal is gone (it reads as the end of a file for ever), and not everybody under it is sent a SIGHUP.
    loop_.remove_fd(STDIN_FILENO);
    loop_.stop();
  });
}

void App::say_goodbye() {
  session_->settle();
  const int64_t end = Clock::monotonic_us() + kMaxGoodbye;
  while ((!session_->settled() || !unsent_.empty()) && Clock::monotonic_us() < end) loop_.run_once(50'000);
  session_->stop();
  loop_.run_once(0);
}

void App::first_page() {
  if (entry_) {
    push(std::make_unique<FormPage>(desk(), entry_->sign_up ? FormPage::Purpose::kSignUp : FormPage::Purpose::kLogIn,
                                    entry_->user));
    if (entry_->sign_up) {
      sign_up("", entry_->user, std::move(entry_->password));
    } else {
      log_in("", entry_->user, std::move(entry_->password));
    }
  } else if (!session_->has_profile()) {
    open(PageName::kWelcome, "");
  } else if (!session_->unlocked()) {
    open(PageName::kUnlock, "");
  } else {
    session_->start();
    open(PageName::kMain, "");
  }
}

void App::keys() {
  while (const auto key = Terminal::read()) {
    changed_ = true;
    const bool focus = key->kind == KeyKind::kFocusIn || key->kind == KeyKind::kFocusOut;
    if (is_control(*key, 'c')) {
      loop_.stop();
    } else if (focus && main_ != nullptr) {
      main_->press(*key);
    } else if (is_control(*key, 'l')) {
      repaint();
    } else if (!focus) {
      pages_.back()->press(*key);
    }
    keep_drafts_soon();
    if (loop_.stopping()) return;
  }
  if (Terminal::picture_form() != form_) changed_ = true;
}

void App::keep_drafts_soon() {
  if (main_ == nullptr || draft_timer_ != 0) return;
  draft_timer_ = loop_.at(Clock::monotonic_us() + kDraftPause, [this](int64_t) {
    draft_timer_ = 0;
    if (main_ != nullptr) main_->keep_drafts();
    keep_unsent();
  });
}

void App::keep_unsent() {
  if (!session_->unlocked()) return;
  if (const auto note = unsent_.changed_note()) set_setting(kUnsent, *note);
}

// Restores the texts that an earlier run could not even put into the outbox, each before its conversation's draft.
void App::give_unsent_back() {
  const auto texts = UnsentBook::texts_of(setting(kUnsent));
  for (auto it = texts.rbegin(); it != texts.rend(); ++it) {
    const std::string draft = "draft:" + it->first, written = setting(draft);
    set_setting(draft, written.empty() ? it->second : it->second + "\n" + written);
  }
  if (texts.empty()) return;
  set_setting(kUnsent, "");
  toast("A message to " + texts.back().first + " was not sent: /msg " + texts.back().first + " has it in the line.",
        Style::kWarn);
}

void App::draw() {
  Frame frame;
  frame.width = Terminal::width();
  frame.height = Terminal::height();
  if (const PictureForm form = Terminal::picture_form(); form != form_) {
    form_ = form;
    hear(PictureFormChanged{});
  }
  pages_.back()->draw(frame);
  status_.set_user(session_->user());
  status_.set_unread(main_ == nullptr ? 0 : main_->unread_elsewhere());
  status_.set_quiet(main_ != nullptr && main_->dnd());
  frame.row(frame.height - 1).clear();
  frame.put(frame.height - 1, status_.draw(frame.width));
  Terminal::show(frame);
}

// ---- pages

void App::push(std::unique_ptr<Page> page) {
  if (!pages_.empty()) pages_.back()->hear(CoverChanged{false});
  pages_.push_back(std::move(page));
  changed_ = true;
}

void App::leave_all() {
  for (auto& page : pages_) leaving_.push_back(std::move(page));
  pages_.clear();
  main_ = nullptr;
}

std::unique_ptr<Page> App::make(PageName page, const std::string& argument) {
  switch (page) {
    case PageName::kWelcome:
      return welcome_menu(desk());
    case PageName::kMain: {
      give_unsent_back();
      auto main = std::make_unique<MainPage>(desk(), settings_.keys);
      main_ = main.get();
      return main;
    }
    case PageName::kSignUp:
      return std::make_unique<FormPage>(desk(), FormPage::Purpose::kSignUp);
    case PageName::kLogIn:
      if (!argument.empty()) return FormPage::again(desk(), argument);
      return std::make_unique<FormPage>(desk(), FormPage::Purpose::kLogIn);
    case PageName::kUnlock:
      return std::make_unique<FormPage>(desk(), FormPage::Purpose::kUnlock);
    case PageName::kMenu:
      return main_menu(desk());
    case PageName::kPeople:
      return std::make_unique<PeoplePage>(desk(), PeoplePage::Purpose::kPerson);
    case PageName::kGroups:
      return std::make_unique<PeoplePage>(
          desk(), argument == "settings" ? PeoplePage::Purpose::kGroupSettings : PeoplePage::Purpose::kGroup);
    case PageName::kGroupSettings:
      return GroupPage::of(desk(), argument);
    case PageName::kHelp:
      return std::make_unique<PagerPage>(desk(), "Help", help_rows(settings_.keys));
    case PageName::kSearch:
      return std::make_unique<SearchPage>(desk(), argument);
    case PageName::kVerify:
      return std::make_unique<VerifyPage>(desk(), argument);
    case PageName::kWhy:
      return std::make_unique<PagerPage>(desk(), "Put aside", why_rows(quarantine()));
    case PageName::kView:
      return std::make_unique<ViewPage>(desk(), argument);
    case PageName::kTransfers:
      return std::make_unique<TransfersPage>(desk());
    case PageName::kPassword:
      return std::make_unique<FormPage>(desk(), FormPage::Purpose::kPassword);
    case PageName::kReplace:
      return std::make_unique<ReplacePage>(desk());
    case PageName::kDevices:
      return std::make_unique<DevicesPage>(desk());
  }
  return nullptr;
}

void App::open(PageName page, std::string argument) {
  if (page <= PageName::kMain) leave_all();
  push(make(page, argument));
}

void App::back() {
  if (pages_.size() < 2) return;
  leaving_.push_back(std::move(pages_.back()));
  pages_.pop_back();
  pages_.back()->hear(CoverChanged{true});
  changed_ = true;
}

void App::chat(const std::string& peer, int64_t position) {
  while (pages_.size() > 1) back();
  if (main_ != nullptr) main_->chat(peer, position);
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

// ---- what happens

void App::hear(const Event& event) {
  changed_ = true;
  if (std::holds_alternative<RequestFailed>(event)) return pages_.back()->hear(event);
  if (const auto* added = std::get_if<MessageAdded>(&event)) return hear_message(*added);
  for (auto& page : pages_) page->hear(event);
  if (const auto* receipt = std::get_if<client::ReceiptEvent>(&event)) {
    if (receipt->state == client::MessageState::kFailed) toast(receipt->text, Style::kBad);
  } else if (const auto* connection = std::get_if<client::ConnectionEvent>(&event)) {
    hear_connection(*connection);
  } else if (const auto* notice = std::get_if<client::Notice>(&event)) {
    const bool bad = notice->kind == client::Notice::Kind::kKeyChanged || notice->kind == client::Notice::Kind::kDisk;
    toast(notice->text, bad ? Style::kBad : Style::kWarn);
  }
}

void App::hear_message(const MessageAdded& event) {
  const client::ChatMessage& message = event.message;
  const bool looked_at = main_ != nullptr && main_->looks_at(message.peer);
  for (auto& page : pages_) page->hear(event);
  const bool content = client::is_content(message.kind);
  if (message.mine || !content || looked_at) return;
  toast("message from " + message.from, Style::kUnread);
  if (main_ != nullptr && !main_->dnd() && !main_->muted(message.peer)) notify(message);
}

void App::notify(const client::ChatMessage& message) {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const TerminalHints hints{environment("TERM"), !environment("VTE_VERSION").empty(), !environment("TMUX").empty()};
  Terminal::write(notify_bytes(settings_.notify, hints, message));
  if (settings_.notify.hook.empty()) return;
  const auto started = children_.start(settings_.notify.hook, notify_json(message, settings_.notify.text));
  if (!started.ok()) toast(started.error().text, Style::kBad);
}

void App::hear_connection(const client::ConnectionEvent& event) {
  status_.set_connection(event);
  const bool ended = event.state == core::LinkState::kEnded && main_ != nullptr;
  if (!ended || (event.code != Code::kPasswordNeeded && event.code != Code::kDeviceEnded)) return;
  main_->keep_drafts();
  keep_unsent();
  open(PageName::kLogIn, event.code == Code::kDeviceEnded
                             ? "This device was removed from your account. Log in to use it again, as a new device; "
                               "what it holds stays."
                             : "The password of this account was changed, or its server restored: log in with the "
                               "password. What was written here stays.");
}

}  // namespace fastchat::tui
