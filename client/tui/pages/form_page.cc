#include "client/tui/pages/form_page.h"

#include <utility>

#include "client/e2e/words.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

const char* title_of(FormPage::Purpose p) {
  switch (p) {
    case FormPage::Purpose::kSignUp:
      return "Sign up";
    case FormPage::Purpose::kLogIn:
      return "Log in";
    case FormPage::Purpose::kUnlock:
      return "Password";
    case FormPage::Purpose::kPassword:
      return "Change the password";
  }
  return "";
}

}  // namespace

std::string describe_server(const InviteLine& invite) {
  return invite.host + ":" + std::to_string(invite.port) + ", realm " + e2e::to_words(invite.realm, '-');
}

FormPage::FormPage(Screen& screen, Accounts& accounts, Purpose purpose)
    : screen_(screen), accounts_(accounts), purpose_(purpose) {
  if (purpose == Purpose::kSignUp || purpose == Purpose::kLogIn) {
    if (accounts.needs_invite()) {
      add(FieldName::kInvite, "Invite line", false);
      fields_.back().editor.set(accounts.suggested_invite());
    }
    add(FieldName::kUser, "Name", false);
  }
  add(FieldName::kPassword, purpose == Purpose::kPassword ? "Old password" : "Password", true);
  if (purpose == Purpose::kPassword) add(FieldName::kNext, "New password", true);
  if (makes_password()) add(FieldName::kRepeat, "Repeat", true);
}

FormPage::FormPage(Screen& screen, Accounts& accounts, Purpose purpose, const std::string& user)
    : FormPage(screen, accounts, purpose) {
  if (Field* f = find(FieldName::kUser)) f->editor.set(user);
  start_working();
}

std::unique_ptr<FormPage> FormPage::again(Screen& screen, Accounts& accounts, std::string why) {
  auto page = std::make_unique<FormPage>(screen, accounts, Purpose::kLogIn);
  page->again_ = true;
  page->find(FieldName::kUser)->editor.set(accounts.user());
  page->at_ = page->fields_.size() - 1;
  page->say(std::move(why), Style::kWarn);
  return page;
}

void FormPage::add(FieldName name, std::string label, bool masked) {
  fields_.push_back({name, std::move(label), masked, {}});
}

FormPage::Field* FormPage::find(FieldName name) {
  for (auto& f : fields_) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

std::string FormPage::text(FieldName name) {
  Field* f = find(name);
  return f == nullptr ? "" : f->editor.text();
}

void FormPage::draw(Frame& frame) {
  draw_title(frame, purpose_ == Purpose::kUnlock ? "Password of " + accounts_.user() : title_of(purpose_));
  int y = 2;
  for (size_t i = 0; i < fields_.size(); ++i) {
    const Field& f = fields_[i];
    const std::string label = "  " + pad(f.label, 12) + " ";
    const int room = frame.width - width_of(label) - 1;
    const auto shown = f.editor.show(room, f.masked);
    frame.put(y, label, i == at_ ? Style::kBold : Style::kPlain);
    frame.put(y, pad(shown.text, room));
    if (i == at_ && !working_) {
      frame.cursor_row = y;
      frame.cursor_column = width_of(label) + shown.cursor;
    }
    y += frame.height < 16 ? 1 : 2;
  }
  if (purpose_ != Purpose::kUnlock) {
    const std::string where = server();
    for (const auto& line : where.empty() ? std::vector<std::string>() : wrap("Server " + where, frame.width - 4)) {
      frame.put(y++, "  " + line, Style::kDim);
    }
  }
  if (!generated_.empty()) {
    frame.put(y++, "  Your passphrase, write it down:", Style::kBold);
    frame.put(y++, "    " + generated_, Style::kGood);
    ++y;
  }
  for (const auto& line : wrap(message_, frame.width - 4)) frame.put(y++, "  " + line, message_style_);
  std::string help = "Tab next field, Enter go on, Esc back";
  if (makes_password()) help += ", Ctrl+G a passphrase";
  draw_hint(frame, help);
}

// Of the line being typed, or of the one the program was started with.
std::string FormPage::server() const {
  for (const Field& f : fields_) {
    if (f.name != FieldName::kInvite) continue;
    const auto invite = parse_invite_line(f.editor.text());
    return invite.ok() ? describe_server(*invite) : "";
  }
  return accounts_.server();
}

void FormPage::press(const Key& key) {
  if (working_) return;
  if (key.kind == KeyKind::kEscape) return leave();
  if (key.kind == KeyKind::kTab || key.kind == KeyKind::kDown) {
    at_ = (at_ + 1) % fields_.size();
  } else if (key.kind == KeyKind::kBackTab || key.kind == KeyKind::kUp) {
    at_ = (at_ + fields_.size() - 1) % fields_.size();
  } else if (key.kind == KeyKind::kEnter) {
    if (at_ + 1 < fields_.size()) {
      ++at_;
    } else {
      submit();
    }
  } else if (makes_password() && is_control(key, 'g')) {
    generated_ = accounts_.passphrase();
    find(purpose_ == Purpose::kSignUp ? FieldName::kPassword : FieldName::kNext)->editor.set(generated_);
    find(FieldName::kRepeat)->editor.set(generated_);
  } else {
    fields_[at_].editor.press(key);
  }
}

void FormPage::leave() {
  switch (purpose_) {
    case Purpose::kUnlock:
      return screen_.quit();
    case Purpose::kPassword:
      return screen_.back();
    default:
      return screen_.open(again_ ? PageName::kMain : PageName::kWelcome);
  }
}

void FormPage::submit() {
  const FieldName made = purpose_ == Purpose::kSignUp ? FieldName::kPassword : FieldName::kNext;
  if (makes_password() && text(made) != text(FieldName::kRepeat)) {
    find(FieldName::kRepeat)->editor.clear();
    return say("The two passwords differ: type the second again.", Style::kBad);
  }
  start_working();
  const std::string invite = text(FieldName::kInvite), user = text(FieldName::kUser);
  std::string password = find(FieldName::kPassword)->editor.take();
  if (Field* again = find(FieldName::kRepeat)) again->editor.clear();
  switch (purpose_) {
    case Purpose::kSignUp:
      return accounts_.sign_up(invite, user, std::move(password));
    case Purpose::kLogIn:
      return accounts_.log_in(invite, user, std::move(password));
    case Purpose::kUnlock:
      return accounts_.unlock(std::move(password));
    case Purpose::kPassword:
      return accounts_.change_password(std::move(password), find(FieldName::kNext)->editor.take());
  }
}

void FormPage::start_working() {
  working_ = true;
  say(purpose_ == Purpose::kSignUp     ? "Making your keys ..."
      : purpose_ == Purpose::kPassword ? "Changing the password ..."
                                       : "Opening your keys ...",
      Style::kDim);
}

void FormPage::hear(const Event& event) {
  const auto* failed = std::get_if<RequestFailed>(&event);
  if (failed == nullptr) return;
  working_ = false;
  generated_.clear();
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == FieldName::kPassword) at_ = i;
  }
  say(failed->error.text, Style::kBad);
}

void FormPage::say(std::string text, Style style) {
  message_ = std::move(text);
  message_style_ = style;
}

}  // namespace fastchat::tui
