#include "client/tui/app.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "client/rpc/holder.h"
#include "client/tui/attached_profile.h"
#include "client/tui/held_profile.h"
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

// Adds to the reason of an end that the changes of an earlier holder were not made.
Error with_owed(Error why, size_t owed) {
  if (owed != 0)
    why.text += "; the last " + std::to_string(owed) + " changes, which no holder confirmed, were not made";
  return why;
}

}  // namespace

Result<> App::open_profile(const client::StartServing& serve) {
  const WindowManners manners{settings_.read_receipts, settings_.typing};
  auto held =
      std::make_unique<HeldProfile>(HeldProfile::Needs{loop_, options_, serve, manners, from_.entry.has_value(),
                                                       screen(), desktop_, [this](const Event& event) { hear(event); },
                                                       [this](Entry entry) {
                                                         next_.emplace().entry = std::move(entry);
                                                         loop_.stop();
                                                       }});
  auto opened = rpc::open_or_join(
      options_.data_dir, rpc::kHolderUs, [&held] { return held->open(); },
      [this](rpc::Descriptor holder, const Error&) { return attach(std::move(holder)); });
  if (opened.ok() && profile_ == nullptr) profile_ = std::move(held);
  return opened;
}

Result<> App::attach(rpc::Descriptor holder) {
  const WindowManners manners{settings_.read_receipts, settings_.typing};
  auto attached =
      std::make_unique<AttachedProfile>(AttachedProfile::Needs{loop_, manners, options_.downloads, screen(), desktop_,
                                                               [this](const Event& event) { hear(event); },
                                                               [this](const std::string& why) {
                                                                 if (!why.empty()) ends_ = err(Code::kNotLoggedIn, why);
                                                                 loop_.stop();
                                                               },
                                                               [this](const Error& why) { lost(why); }},
                                        std::move(holder));
  if (auto opened = attached->open(); !opened.ok()) return opened.error();
  profile_ = std::move(attached);
  return Unit{};
}

// Ends this App because its holder is gone. The next App opens the profile, or becomes a window of the next holder.
void App::lost(const Error& why) {
  if (loop_.stopping()) return;
  loop_.stop();
  if (why.code != Code::kLocalUnreachable && why.code != Code::kThrottled) {
    ends_ = why;
    return;
  }
  keep_texts();
  GoOn& next = next_.emplace();
  next.lost = why.code;
  if (MainPage* main = pages_.main()) {
    next.peer = main->peer();
    next.draft = main->keep_drafts();
  }
  next.owed = dynamic_cast<AttachedProfile&>(*profile_).take_owed();
  if (why.code == Code::kLocalUnreachable) {
    toast("The program that held this profile has ended. Going on without it ...", Style::kWarn);
  }
}

Result<std::optional<GoOn>> App::run(const client::StartServing& serve) {
  if (auto opened = open_profile(serve); !opened.ok()) return with_owed(opened.error(), from_.owed.size());
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
  if (!settings_.faint.empty() && !from_.lost) toast(settings_.faint, Style::kWarn);
  profile_->begun();
  loop_.run();
  if (next_) return std::move(next_);
  keep_texts();
  Terminal::close();
  std::string missing = say_goodbye();
  Terminal::close();  // a SIGCONT meanwhile may have taken the terminal back
  keep_texts();
  if (ends_ && !missing.empty()) ends_->text += "; " + missing;
  if (ends_) return *ends_;
  if (!missing.empty()) return err(Code::kLocalTimeout, std::move(missing));
  return std::optional<GoOn>();
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

// Returns a line for the person when changes may be missing, else an empty text.
std::string App::say_goodbye() {
  profile_->end();
  const int64_t end = Clock::monotonic_us() + kMaxGoodbye;
  while (!profile_->ended() && Clock::monotonic_us() < end) loop_.run_once(50'000);
  std::string missing = profile_->close();
  if (missing.empty() && !from_.owed.empty()) {
    missing = "the profile stayed locked: the last " + std::to_string(from_.owed.size()) +
              " changes, which no holder confirmed, were not made";
  }
  return missing;
}

void App::first_page() {
  if (from_.entry) {
    const Entry& entry = *from_.entry;
    Accounts& accounts = profile_->ports().accounts;
    const auto purpose = entry.sign_up ? FormPage::Purpose::kSignUp : FormPage::Purpose::kLogIn;
    push(std::make_unique<FormPage>(screen(), accounts, purpose, entry.user, entry.token));
    const std::string line = format_invite_line(entry.invite);
    if (entry.sign_up) {
      accounts.sign_up(line, entry.token, entry.user, std::move(from_.entry->password));
    } else {
      accounts.log_in(line, entry.user, std::move(from_.entry->password));
    }
  } else {
    open(profile_->begin(), "");
    if (from_.lost == Code::kThrottled) {
      toast("This window was stopped for so long that it was closed. It is open again.", Style::kWarn);
    } else if (from_.lost) {
      toast(std::string("The program that held this profile has ended: ") +
                (profile_->is_holder() ? "this window" : "another window") + " holds it now.",
            Style::kWarn);
    }
  }
}

// Restores the state of a window that lost its holder: makes the changes that no holder confirmed, then keeps the
// draft.
void App::go_on_here() {
  profile_->make(std::exchange(from_.owed, {}));
  if (from_.peer.empty()) return;
  const std::string name = "draft:" + from_.peer.text();
  ProfileSettings& settings = profile_->ports().settings;
  if (!from_.draft.empty()) settings.set(name, from_.draft);
}

void App::keys() {
  while (const auto key = Terminal::read()) {
    changed_ = true;
    const bool focus = key->kind == KeyKind::kFocusIn || key->kind == KeyKind::kFocusOut;
    if (key->kind != KeyKind::kFocusOut) profile_->used();
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
  if (Terminal::theme_changed() || Terminal::picture_form() != profile_->local_files().form()) changed_ = true;
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
  profile_->keep_texts();
}

void App::draw() {
  Frame frame;
  frame.width = Terminal::width();
  profile_->local_files().set_form(Terminal::picture_form());
  const MainPage* main = pages_.main();
  status_.set_user(profile_->user());
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
  if (page == PageName::kMain) {
    go_on_here();
    profile_->restore_texts();
  }
  const MainOptions main{settings_.order == "name" ? OrderBy::kName : OrderBy::kRecent,
                         static_cast<int>(settings_.text_width)};
  push(make_page(page, argument, profile_->ports(), settings_.keys, main));
  if (page == PageName::kMain) pages_.main()->chat(std::exchange(from_.peer, {}));
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
  // The holder keeps the text until a draft of this window has it.
  const auto* failed = std::get_if<SendFailed>(&event);
  if (failed != nullptr && main != nullptr && !profile_->is_holder()) {
    keep_texts();
    profile_->took_back(*failed);
  }
  if (const auto* receipt = std::get_if<client::ReceiptEvent>(&event)) {
    const bool here = main != nullptr && main->is_visible(receipt->peer);
    const std::string where = here ? "" : "A message to " + receipt->peer.text() + " was not sent: ";
    if (receipt->state == client::MessageState::kFailed) toast(where + receipt->text, Style::kBad);
  } else if (const auto* connection = std::get_if<client::ConnectionEvent>(&event)) {
    hear_connection(*connection);
  } else if (const auto* notice = std::get_if<client::Notice>(&event)) {
    const bool bad = notice->kind == client::Notice::Kind::kKeyChanged || notice->kind == client::Notice::Kind::kDisk;
    toast(notice->text, bad ? Style::kBad : Style::kWarn);
  }
}

// Announces a message in a conversation that is not visible.
void App::hear_message(const client::ChatMessage& message) {
  // A notice tells of a new request, once.
  if (message.mine || message.request || message.hidden || !client::is_content(message.kind)) return;
  toast("message from " + message.from, Style::kUnread);
  const MainPage* main = pages_.main();
  if (main == nullptr || !main->notifies(message) || !profile_->in_front()) return;
  if (const auto done = notifier_.notify(message); !done.ok()) toast(done.error().text, Style::kBad);
}

void App::hear_connection(const client::ConnectionEvent& event) {
  status_.set_connection(event);
  // The person logged in in another window of this profile.
  if (event.state == core::LinkState::kLive && logging_in_again_ && pages_.main() == nullptr) open(PageName::kMain, "");
  const bool ended = event.state == core::LinkState::kEnded && pages_.main() != nullptr;
  if (!ended || (event.code != Code::kPasswordNeeded && event.code != Code::kDeviceEnded)) return;
  // Nobody logs in again. The messages can be read.
  if (profile_->account_deleted()) return toast(event.text, Style::kBad);
  keep_texts();
  logging_in_again_ = true;
  open(PageName::kLogIn, event.code == Code::kDeviceEnded
                             ? "This device was removed from your account. Log in to add it again as a new device; "
                               "its messages stay."
                             : "The password of this account was changed, or the server was restored. Log in with the "
                               "password; messages and drafts stay.");
}

}  // namespace fastchat::tui
