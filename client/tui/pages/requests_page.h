// The page that lists requests: strangers who wrote, and groups of strangers, with their first words and the keys that
// answer them.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// Returns the question before a request is declined.
std::string decline_question(const client::RequestInfo& request);

class RequestsPage : public Page {
 public:
  RequestsPage(Screen& screen, Contacts& contacts) : screen_(screen), contacts_(contacts) { load(); }
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;
  bool uses(char32_t letter) const override;

 private:
  enum class State { kShown, kDeclining, kBlocking };
  void load();
  Screen& screen_;
  Contacts& contacts_;
  State state_ = State::kShown;
  std::vector<client::RequestInfo> requests_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
