// What a page may ask for. The application (app.h) does it with a Session; a test does it with plain values. Calls do
// not re-enter the page; what they lead to comes back as events or as another page.
#pragma once

#include <string>
#include <vector>

#include "client/runtime.h"

namespace fastchat::tui {

enum class PageName { kWelcome, kSignUp, kLogIn, kUnlock, kMenu, kPeople, kChat };

class Desk {
 public:
  virtual ~Desk() = default;
  virtual void go(PageName page, std::string argument = "") = 0;
  virtual void quit() = 0;

  virtual bool needs_invite() const = 0;
  virtual std::string user() const = 0;
  // Ends in a page (the menu) or in Page::on_failure.
  virtual void sign_up(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void log_in(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void unlock(std::string password) = 0;
  virtual void log_out() = 0;
  virtual std::string passphrase() = 0;

  virtual std::vector<store::Conversation> conversations() = 0;
  virtual std::vector<client::ChatMessage> history(const std::string& peer, size_t limit) = 0;
  virtual void send(const std::string& to, const std::string& text) = 0;  // failure: Page::on_failure
  virtual void mark_read(const std::string& peer) = 0;
};

}  // namespace fastchat::tui
