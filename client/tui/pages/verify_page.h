// The page that verifies the key of another user. Shows the safety number, its words and its QR code, to be compared
// over another channel. The person can mark the key as verified, and accept or refuse a changed key.
#pragma once

#include <optional>
#include <string>

#include "client/tui/pages/pager_page.h"
#include "client/tui/ports/contacts.h"

namespace fastchat::tui {

class VerifyPage : public PagerPage {
 public:
  VerifyPage(Screen& screen, Contacts& contacts, const std::string& user);
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  bool uses(char32_t letter) const override;
  void hear(const Event& event) override;

 private:
  // The decision that waits for a y. A letter that was typed by mistake decides about no key.
  enum class Asks : uint8_t { kNothing, kAccept, kMark };
  void show();
  Contacts& contacts_;
  std::string user_;
  std::optional<client::VerifyInfo> info_;
  Asks asks_ = Asks::kNothing;
};

}  // namespace fastchat::tui
