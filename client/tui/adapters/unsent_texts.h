// Keeps the unsent texts (unsent_book.h) of all windows that send through one session, in a setting of the profile.
// Outlives the windows: a text that cannot be sent after its window is gone becomes a draft.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "client/session/session.h"
#include "client/tui/adapters/unsent_book.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// Names of settings: for the texts of the screen that holds the profile, and for the texts of windows beside a holder.
inline constexpr const char* kUnsent = "unsent";
inline constexpr const char* kUnsentOfWindows = "unsent-windows";

class UnsentTexts {
 public:
  UnsentTexts(client::Session& session, std::string setting) : session_(session), setting_(std::move(setting)) {}

  uint64_t add(client::PeerName to, std::string text) { return book_.add(std::move(to), std::move(text)); }
  void done(uint64_t number) { book_.done(number); }
  // Puts a text before the draft of its conversation, or of the conversation with oneself when that group is gone.
  void give_back(const client::PeerName& to, const std::string& text);
  // Returns true while a text waits for its place in the outbox.
  bool waiting() const { return !book_.empty(); }
  // Writes the texts to the profile when they changed, unless the profile is locked. Fails with kLocalDisk.
  Result<> keep();

 private:
  client::Session& session_;
  const std::string setting_;
  UnsentBook book_;
};

// Puts each text that an earlier run left under `setting` before the draft of its conversation, and says so.
void restore_unsent(const char* setting, client::Session& session, ProfileSettings& settings, Screen& screen);

}  // namespace fastchat::tui
