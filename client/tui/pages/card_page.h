// The page with a new contact card: its line, and its QR code where the screen has room for one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/desktop.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class CardPage : public Page {
 public:
  CardPage(Screen& screen, Contacts& contacts, Desktop& desktop) : screen_(screen), desktop_(desktop) {
    contacts.make_card();
  }
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;
  bool uses(char32_t letter) const override { return letter == U'c'; }

 private:
  void draw_beside(Frame& frame, const std::vector<Row>& code) const;
  void draw_alone(Frame& frame) const;

  Screen& screen_;
  Desktop& desktop_;
  std::optional<CardShown> shown_;  // nullopt: the server was not heard yet
};

}  // namespace fastchat::tui
