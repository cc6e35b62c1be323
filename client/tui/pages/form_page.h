// The forms: sign up, log in, unlock, change the password or the key, delete the account. Shows the rule of the field
// with the cursor and the whole text of a failure below the fields. Moves the cursor to the field that is wrong. A
// failure keeps everything typed but the password.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/accounts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// Returns "host:port, realm lusab-babad-...". The words are the realm's fingerprint, to compare with those of its
// operator.
std::string describe_server(const InviteLine& invite);

class FormPage : public TextPage {
 public:
  enum class Purpose { kSignUp, kLogIn, kUnlock, kPassword, kRekey, kDelete };
  FormPage(Screen& screen, Accounts& accounts, Purpose purpose);
  // Makes a form that is submitted already, with the name and the invite token that the person typed into an earlier
  // form.
  FormPage(Screen& screen, Accounts& accounts, Purpose purpose, const std::string& user, const std::string& token);
  // Makes a login form for the open profile, which has to log in again. Shows `why`.
  static std::unique_ptr<FormPage> again(Screen& screen, Accounts& accounts, std::string why);
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  enum class FieldName { kInvite, kUser, kPassword, kNext, kRepeat, kToken };
  enum class State { kTyping, kAskingToLeave, kWorking };
  struct Field {
    FieldName name;
    std::string label;
    bool masked;
    LineEditor editor;
    std::string begun_with;  // the text that the page put into the field
  };
  void add(FieldName name, std::string label, const std::string& text = "");
  Field* find(FieldName name);
  std::string text(FieldName name);
  void draw_fields(Frame& frame, int begin, int end) const;
  std::vector<Row> notes(int width) const;
  std::string rule() const;
  std::string server() const;
  void press_in_field(const Key& key);
  void offer_passphrase();
  bool complain();
  bool refuse(FieldName wrong, std::string why);
  void go_to(FieldName name);
  void submit();
  void start_working();
  void press_escape();
  void leave();
  bool makes_password() const { return purpose_ == Purpose::kSignUp || purpose_ == Purpose::kPassword; }
  FieldName made() const { return purpose_ == Purpose::kSignUp ? FieldName::kPassword : FieldName::kNext; }
  void say(std::string text, Style style);

  Screen& screen_;
  Accounts& accounts_;
  Purpose purpose_;
  std::vector<Field> fields_;
  size_t at_ = 0;
  State state_ = State::kTyping;
  bool again_ = false;     // the profile is open: its messages can be read meanwhile
  std::string generated_;  // a passphrase that was offered and is shown
  std::string message_;
  Style message_style_ = Style::kPlain;
};

}  // namespace fastchat::tui
