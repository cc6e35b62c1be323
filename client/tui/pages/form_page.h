// The forms: sign up, log in, unlock, change the password. Below the fields stand the rule of the field with the
// cursor, and a failure as a whole; the cursor goes to the field that is wrong. A failure loses nothing typed but the
// password.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/accounts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// "host:port, realm lusab-babad-...": the realm's fingerprint in words, to be compared with what its operator says.
std::string describe_server(const InviteLine& invite);

class FormPage : public Page {
 public:
  enum class Purpose { kSignUp, kLogIn, kUnlock, kPassword };
  FormPage(Screen& screen, Accounts& accounts, Purpose purpose);
  // Already submitted, with the name and the invite token that were typed into an earlier form.
  FormPage(Screen& screen, Accounts& accounts, Purpose purpose, const std::string& user, const std::string& token);
  // For the profile that is open, which has to log in again; `why` is shown.
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
    std::string begun_with;  // the text that the page put there
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
  bool again_ = false;     // the profile is open: what it holds can be read meanwhile
  std::string generated_;  // a passphrase that was offered and is shown
  std::string message_;
  Style message_style_ = Style::kPlain;
};

}  // namespace fastchat::tui
