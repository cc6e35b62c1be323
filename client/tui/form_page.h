// The forms: sign up, log in, unlock. A failure is shown below the fields and nothing typed is lost but the password.
#pragma once

#include <string>
#include <vector>

#include "client/tui/line_editor.h"
#include "client/tui/page.h"

namespace fastchat::tui {

// "host:port, realm lusab-babad-...": the realm's fingerprint in words, to be compared with what its operator says.
std::string describe_server(const InviteLine& invite);

class FormPage : public Page {
 public:
  enum class Purpose { kSignUp, kLogIn, kUnlock };
  FormPage(Desk& desk, Purpose purpose);
  // Already submitted for `user`, with what was typed into an earlier form.
  FormPage(Desk& desk, Purpose purpose, const std::string& user);
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void on_failure(const Error& error) override;

 private:
  enum class FieldName { kInvite, kUser, kPassword, kRepeat };
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
  void say(std::string text, Style style);

  Desk& desk_;
  Purpose purpose_;
  std::vector<Field> fields_;
  size_t at_ = 0;
  bool working_ = false;
  std::string generated_;  // a passphrase that was offered and is shown
  std::string message_;
  Style message_style_ = Style::kPlain;
};

}  // namespace fastchat::tui
