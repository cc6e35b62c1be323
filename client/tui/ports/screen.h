// Requests that any page may make of the screen. The application performs them; a test records them. Calls do not
// re-enter the page.
#pragma once

#include <cstdint>
#include <string>

#include "client/runtime/peer_name.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

enum class PageName {
  // Pages that stand alone.
  kWelcome,
  kSignUp,
  kLogIn,  // argument: the reason for another login with this profile
  kUnlock,
  kMain,
  // Pages that open above the main page and go away with back().
  kMenu,
  kPeople,
  kHelp,
  kSearch,
  kVerify,
  kQuarantine,
  kDevices,
  kPassword,
  kRekey,
  kDeleteAccount,
  kReplace,  // the account has too many devices: the person chooses one to remove
  kView,
  kTransfers,
  kMessageInfo,    // argument: id of the message
  kGroups,         // argument "settings": the chosen group shows its settings, else its conversation
  kGroupSettings,  // argument: the group without '#'; "team leave" and "team delete" ask that at once
  kRequests,
  kCard,
};

class Screen {
 public:
  virtual ~Screen() = default;
  virtual void open(PageName page, std::string argument = "") = 0;
  virtual void back() = 0;  // closes the page on top
  virtual void home() = 0;  // closes all pages above the first
  // Closes the pages above the main page and shows this conversation, at a message when `position` is not 0.
  virtual void chat(const client::PeerName& peer, int64_t position = 0) = 0;
  virtual void quit() = 0;
  virtual void repaint() = 0;
  // Shows one line for some seconds.
  virtual void toast(std::string text, Style style = Style::kWarn) = 0;
};

}  // namespace fastchat::tui
