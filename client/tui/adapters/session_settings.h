// Implements ProfileSettings over a session.
#pragma once

#include <string>

#include "client/session/session.h"
#include "client/tui/adapters/toasts.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionSettings : public ProfileSettings {
 public:
  SessionSettings(client::Session& session, Screen& screen) : session_(session), screen_(screen) {}

  std::string get(const std::string& name) override { return value_or_toast(session_.setting(name), screen_); }
  void set(const std::string& name, const std::string& text) override {
    if (auto kept = session_.set_setting(name, text); !kept.ok()) screen_.toast(kept.error().text, Style::kBad);
  }

 private:
  client::Session& session_;
  Screen& screen_;
};

}  // namespace fastchat::tui
