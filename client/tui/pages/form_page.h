// The forms: sign up, log in, unlock, change the password. A failure is shown below the fields and nothing typed is
// lost but the password.
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
  // Already submitted for `user`, with what was typed into an earlier form.
  FormPage(Screen& screen, Accounts& accounts, Purpose purpose, const std::string& user);
  // For the profile that is open, which has to log in again; `why` is shown.
  static std::unique_ptr<FormPage> again(Screen& screen, Accounts& accounts, std::string why);
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  enum class FieldName { kInvite, kUser, kPassword, kNext, kRepeat };
  struct Field {
    FieldName name;
    std::string label;
    bool masked;
    LineEditor editor;
  };
  void add(FieldName name, std::string label, bool masked);
  Field* find(FieldName name);
  std::string text(FieldName name);
  void submit();
  std::string server() const;
  void start_working();
  void leave();
  bool makes_password() const { return purpose_ == Purpose::kSignUp || purpose_ == Purpose::kPassword; }
  void say(std::string text, Style style);

  Screen& screen_;
  Accounts& accounts_;
  Purpose purpose_;
  std::vector<Field> fields_;
  size_t at_ = 0;
  bool working_ = false;
  bool again_ = false;     // the profile is open: what it holds can be read meanwhile
  std::string generated_;  // a passphrase that was offered and is shown
  std::string message_;
  Style message_style_ = Style::kPlain;
};

}  // namespace fastchat::tui
