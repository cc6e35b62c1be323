// Implements ProfileSettings over a session, for one of the windows of its profile.
#pragma once

#include <cstdint>
#include <string>

#include "client/session/shared_drafts.h"
#include "client/tui/adapters/toasts.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionSettings : public ProfileSettings {
 public:
  // `window`: the window's number in `settings`.
  SessionSettings(client::SharedDrafts& settings, uint64_t window, Screen& screen)
      : settings_(settings), window_(window), screen_(screen) {}

  std::string get(const std::string& name) override { return value_or_toast(settings_.get(window_, name), screen_); }
  void set(const std::string& name, const std::string& text) override {
    if (auto kept = settings_.set(window_, name, text); !kept.ok()) screen_.toast(kept.error().text, Style::kBad);
  }
  // Notes the text that the window showed last under this name, perhaps with an earlier holder.
  void saw(const std::string& name, const std::string& text) { settings_.saw(window_, name, text); }

 private:
  client::SharedDrafts& settings_;
  const uint64_t window_;
  Screen& screen_;
};

}  // namespace fastchat::tui
