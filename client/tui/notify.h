// Notifications for a person who looks elsewhere: the bell, a desktop notification through the terminal (OSC 9 of
// iTerm2, kitty, wezterm; OSC 777 of urxvt, VTE, foot), one JSON line for the person's own command. Pure: bytes and
// decisions.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

enum class NotifyVia { kNone, kOsc9, kOsc777 };

struct NotifySettings {
  bool bell = true;
  std::string desktop = "auto";  // auto, osc9, osc777, none
  bool text = true;              // false: the author without the text
  std::vector<std::string> hook;
};

struct TerminalHints {
  std::string term;   // TERM
  bool vte = false;   // VTE_VERSION is set
  bool tmux = false;  // TMUX is set
};

NotifyVia choose_notify(const std::string& wanted, const TerminalHints& hints);

// Returns the bytes to send to the terminal. In tmux the bytes are wrapped so that tmux passes them on
// (`set -g allow-passthrough on`).
std::string notify_bytes(const NotifySettings& settings, const TerminalHints& hints,
                         const client::ChatMessage& message);

// Returns {"event":"message","id":..,"peer":..,"from":..,"text":..,"sent_ms":..} and a line feed. `with_text`: false
// leaves "text" out.
std::string notify_json(const client::ChatMessage& message, bool with_text);

}  // namespace fastchat::tui
