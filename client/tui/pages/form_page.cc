#include "client/tui/pages/form_page.h"

#include <algorithm>
#include <utility>

#include "client/e2e/password.h"
#include "client/e2e/words.h"
#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"
#include "common/names.h"

namespace fastchat::tui {
namespace {

constexpr int kSpacedFrom = 16;  // minimum rows of the screen for a blank row after each field
constexpr const char* kNameRule =
    "A name has 3 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit.";
constexpr const char* kDeletes =
    "The name of your account. It cannot be undone: messages that wait for you are gone, and nobody gets the name "
    "again.";

constexpr const char* kNewKey =
    "Contacts accept the new key, which the old one signs. Your other devices have to log in again.";

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
    case FormPage::Purpose::kRekey:
      return "New key";
    case FormPage::Purpose::kDelete:
      return "Delete the account";
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
    if (accounts.needs_invite()) add(FieldName::kInvite, "Invite line", accounts.suggested_invite());
    add(FieldName::kUser, "Name");
  }
  if (purpose == Purpose::kDelete) add(FieldName::kUser, "Name");
  add(FieldName::kPassword, purpose == Purpose::kPassword ? "Old password" : "Password");
  if (purpose == Purpose::kPassword) add(FieldName::kNext, "New password");
  if (makes_password()) add(FieldName::kRepeat, "Repeat");
  if (purpose == Purpose::kSignUp) add(FieldName::kToken, "Invite token");
}

FormPage::FormPage(Screen& screen, Accounts& accounts, Purpose purpose, const std::string& user,
                   const std::string& token)
    : FormPage(screen, accounts, purpose) {
  if (Field* f = find(FieldName::kUser)) f->editor.set(user);
  if (Field* f = find(FieldName::kToken)) f->editor.set(token);
  start_working();
}

std::unique_ptr<FormPage> FormPage::again(Screen& screen, Accounts& accounts, std::string why) {
  auto page = std::make_unique<FormPage>(screen, accounts, Purpose::kLogIn);
  page->again_ = true;
  Field* name = page->find(FieldName::kUser);
  name->begun_with = accounts.user();
  name->editor.set(name->begun_with);
  page->at_ = page->fields_.size() - 1;
  page->say(std::move(why), Style::kWarn);
  return page;
}

void FormPage::add(FieldName name, std::string label, const std::string& text) {
  const bool masked = name == FieldName::kPassword || name == FieldName::kNext || name == FieldName::kRepeat;
  fields_.push_back({name, std::move(label), masked, {}, text});
  fields_.back().editor.set(text);
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

void FormPage::go_to(FieldName name) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) at_ = i;
  }
}

// ---- drawing

// The message and the passphrase always have room; the fields scroll when necessary. The rule and the server are shown
// as far as the screen has rows.
void FormPage::draw(Frame& frame) {
  draw_title(frame, purpose_ == Purpose::kUnlock ? "Password of " + accounts_.user() : title_of(purpose_));
  const bool spaced = frame.height >= kSpacedFrom;
  const int begin = spaced ? 2 : 1, end = frame.height - 2;
  const int field_rows = static_cast<int>(fields_.size()) * (spaced ? 2 : 1);
  const std::vector<Row> must = notes(frame.width);
  int y = std::min(begin + field_rows, std::max(begin + 1, end - static_cast<int>(must.size())));
  draw_fields(frame, begin, y);
  for (const Row& row : must) {
    if (y < end) frame.put(y++, row);
  }
  std::vector<std::string> more = wrap(rule(), frame.width - 4);
  const std::string where = purpose_ == Purpose::kUnlock ? "" : server();
  if (!where.empty()) {
    for (auto& line : wrap("Server " + where, frame.width - 4)) more.push_back(std::move(line));
  }
  for (const std::string& line : more) {
    if (y < end && !line.empty()) frame.put(y++, "  " + line, Style::kDim);
  }
  if (state_ == State::kWorking) return draw_hint(frame, hint::kGivesUp);
  if (state_ != State::kAskingToLeave) {
    return draw_hint(frame, purpose_ == Purpose::kUnlock ? hint::kUnlock : hint::kForm);
  }
  draw_question(frame, purpose_ == Purpose::kUnlock ? "Quit?" : "Leave this form? What you typed here is lost.");
}

void FormPage::draw_fields(Frame& frame, int begin, int end) const {
  const int step = frame.height >= kSpacedFrom ? 2 : 1;
  const auto room = static_cast<size_t>(std::max(1, (end - begin + step - 1) / step));
  const size_t first = at_ >= room ? at_ + 1 - room : 0;
  int y = begin;
  for (size_t i = first; i < fields_.size() && i < first + room; ++i, y += step) {
    const Field& f = fields_[i];
    const std::string label = "  " + pad(f.label, 12) + " ";
    const int columns = frame.width - width_of(label) - 1;
    const auto shown = f.editor.show(columns, f.masked);
    frame.put(y, label, i == at_ ? Style::kBold : Style::kPlain);
    frame.put(y, pad(shown.text, columns));
    if (i == at_ && state_ == State::kTyping) {
      frame.cursor_row = y;
      frame.cursor_column = width_of(label) + shown.cursor;
    }
  }
}

std::vector<Row> FormPage::notes(int width) const {
  std::vector<Row> out;
  if (!message_.empty()) {
    for (const auto& line : wrap(message_, width - 4)) out.push_back({{"  " + line, message_style_}});
  }
  if (!generated_.empty()) {
    out.push_back({{"  Your passphrase, write it down:", Style::kBold}});
    for (const auto& line : wrap(generated_, width - 4)) out.push_back({{"  " + line, Style::kGood}});
  }
  return out;
}

// Returns the rule of the field with the cursor.
std::string FormPage::rule() const {
  const FieldName name = fields_[at_].name;
  if (makes_password() && name == made()) {
    return "12 to 128 characters, hard to guess, not only digits. Ctrl+G makes a passphrase.";
  }
  switch (name) {
    case FieldName::kInvite:
      return "The line fastchat://... that names the server; its operator publishes it.";
    case FieldName::kUser:
      if (purpose_ == Purpose::kDelete) return kDeletes;
      return purpose_ == Purpose::kSignUp ? kNameRule : "The name of your account.";
    case FieldName::kRepeat:
      return generated_.empty() ? "The new password once more." : "Type the passphrase once, as you wrote it down.";
    case FieldName::kToken:
      return "Leave it empty unless this server asks for one: its operator gives it to you.";
    case FieldName::kPassword:
      if (purpose_ == Purpose::kRekey) return kNewKey;
      break;
    case FieldName::kNext:
      break;
  }
  return "";
}

// Describes the server of the invite line in the form, or of the line that the program was started with.
std::string FormPage::server() const {
  for (const Field& f : fields_) {
    if (f.name != FieldName::kInvite) continue;
    const auto invite = parse_invite_line(f.editor.text());
    return invite.ok() ? describe_server(*invite) : "";
  }
  return accounts_.server();
}

// ---- keys

void FormPage::press(const Key& key) {
  if (state_ == State::kWorking) {
    if (key.kind == KeyKind::kEscape) accounts_.give_up();
    return;
  }
  if (state_ == State::kAskingToLeave) {
    state_ = State::kTyping;
    if (says_yes(key)) leave();
    return;
  }
  if (key.kind == KeyKind::kEscape) return press_escape();
  if (key.kind == KeyKind::kTab || key.kind == KeyKind::kDown) {
    at_ = (at_ + 1) % fields_.size();
  } else if (key.kind == KeyKind::kBackTab || key.kind == KeyKind::kUp) {
    at_ = (at_ + fields_.size() - 1) % fields_.size();
  } else if (key.kind == KeyKind::kEnter) {
    // The last field, the token, may stay empty: Enter in the field before it submits.
    if (at_ + 1 < fields_.size() && fields_[at_ + 1].name != FieldName::kToken) {
      ++at_;
    } else if (!complain()) {
      submit();
    }
  } else if (makes_password() && is_control(key, 'g')) {
    offer_passphrase();
  } else {
    press_in_field(key);
  }
}

void FormPage::press_in_field(const Key& key) {
  fields_[at_].editor.press(key);
  // Another password was typed in place of the passphrase.
  if (!generated_.empty() && text(made()) != generated_) generated_.clear();
}

// Writes a new passphrase into its field. The person has to repeat the passphrase, so that nobody goes on without it.
void FormPage::offer_passphrase() {
  generated_ = accounts_.passphrase();
  find(made())->editor.set(generated_);
  find(FieldName::kRepeat)->editor.clear();
  message_.clear();
  go_to(FieldName::kRepeat);
}

bool FormPage::refuse(FieldName wrong, std::string why) {
  go_to(wrong);
  say(std::move(why), Style::kBad);
  return true;
}

// Checks the fields as far as possible without the server. For a wrong field, shows the reason, moves the cursor to
// that field and returns true.
bool FormPage::complain() {
  for (const Field& f : fields_) {
    if (f.editor.text().empty() && f.name != FieldName::kToken) {
      return refuse(f.name, "The field \"" + f.label + "\" is empty.");
    }
  }
  if (find(FieldName::kInvite) != nullptr) {
    const auto invite = parse_invite_line(text(FieldName::kInvite));
    if (!invite.ok()) return refuse(FieldName::kInvite, invite.error().text);
  }
  if (purpose_ == Purpose::kSignUp && !valid_user_name(text(FieldName::kUser))) {
    return refuse(FieldName::kUser, kNameRule);
  }
  if (purpose_ == Purpose::kDelete && text(FieldName::kUser) != accounts_.user()) {
    return refuse(FieldName::kUser, "This is not the name of your account.");
  }
  if (parse_invite_line(text(FieldName::kToken)).ok()) {
    return refuse(FieldName::kToken, "This is an invite line, which names a server. An invite token is another text.");
  }
  if (!makes_password()) return false;
  const std::string& typed = find(made())->editor.text();
  const std::string user = purpose_ == Purpose::kSignUp ? text(FieldName::kUser) : accounts_.user();
  const auto fit = e2e::check_password(e2e::composed_password(typed).view(), user);
  if (!fit.ok()) return refuse(made(), fit.error().text);
  if (typed == text(FieldName::kRepeat)) return false;
  find(FieldName::kRepeat)->editor.clear();
  return refuse(FieldName::kRepeat, generated_.empty() ? "The two passwords differ: type the second again."
                                                       : "This is not the passphrase shown here: type it again.");
}

void FormPage::submit() {
  start_working();
  const std::string invite = text(FieldName::kInvite), user = text(FieldName::kUser);
  std::string password = find(FieldName::kPassword)->editor.take();
  if (Field* again = find(FieldName::kRepeat)) again->editor.clear();
  switch (purpose_) {
    case Purpose::kSignUp:
      return accounts_.sign_up(invite, text(FieldName::kToken), user, std::move(password));
    case Purpose::kLogIn:
      return accounts_.log_in(invite, user, std::move(password));
    case Purpose::kUnlock:
      return accounts_.unlock(std::move(password));
    case Purpose::kPassword:
      return accounts_.change_password(std::move(password), find(FieldName::kNext)->editor.take());
    case Purpose::kRekey:
      return accounts_.rekey(std::move(password));
    case Purpose::kDelete:
      return accounts_.delete_account(std::move(password));
  }
}

void FormPage::start_working() {
  state_ = State::kWorking;
  say(purpose_ == Purpose::kSignUp     ? "Making your keys ..."
      : purpose_ == Purpose::kPassword ? "Changing the password ..."
      : purpose_ == Purpose::kRekey    ? "Making a new key ..."
      : purpose_ == Purpose::kDelete   ? "Deleting the account ..."
                                       : "Opening your keys ...",
      Style::kDim);
}

void FormPage::press_escape() {
  const bool typed =
      std::any_of(fields_.begin(), fields_.end(), [](const Field& f) { return f.editor.text() != f.begun_with; });
  if (!typed && purpose_ != Purpose::kUnlock) return leave();
  state_ = State::kAskingToLeave;
}

void FormPage::leave() {
  switch (purpose_) {
    case Purpose::kUnlock:
      return screen_.quit();
    case Purpose::kPassword:
    case Purpose::kRekey:
    case Purpose::kDelete:
      return screen_.back();
    default:
      return screen_.open(again_ ? PageName::kMain : PageName::kWelcome);
  }
}

void FormPage::hear(const Event& event) {
  const auto* link = std::get_if<client::ConnectionEvent>(&event);
  if (link != nullptr && state_ == State::kWorking && link->state == core::LinkState::kOffline && !link->text.empty()) {
    return say(link->text + ". Trying again ...", Style::kWarn);
  }
  const auto* failed = std::get_if<RequestFailed>(&event);
  if (failed == nullptr) return;
  state_ = State::kTyping;
  if (!generated_.empty()) {  // the person repeated the passphrase already
    find(made())->editor.set(generated_);
    find(FieldName::kRepeat)->editor.set(generated_);
  }
  go_to(FieldName::kPassword);
  switch (failed->error.code) {
    case Code::kNameTaken:
    case Code::kNameNotAllowed:
      go_to(FieldName::kUser);
      break;
    case Code::kBadInvite:
      go_to(FieldName::kToken);
      break;
    case Code::kWeakPassword:
      go_to(made());
      break;
    case Code::kMalformed:
    case Code::kLocalUntrustedKey:
    case Code::kWrongRealm:
    case Code::kLocalUnreachable:
    case Code::kOk:  // given up
      go_to(FieldName::kInvite);
      break;
    default:
      break;
  }
  if (failed->error.code != Code::kOk) return say(failed->error.text, Style::kBad);
  say(message_.ends_with("again ...") ? message_.substr(0, message_.rfind(". ") + 1) : "Given up.", Style::kBad);
}

void FormPage::say(std::string text, Style style) {
  message_ = std::move(text);
  message_style_ = style;
}

}  // namespace fastchat::tui
