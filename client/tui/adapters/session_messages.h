// Implements Messages over a session. Keeps texts that are not in the outbox yet in the profile's settings, so that
// they outlive the program.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "client/session/session.h"
#include "client/tui/adapters/unsent_book.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionMessages : public Messages {
 public:
  SessionMessages(client::Session& session, ProfileSettings& settings, Screen& screen, EventHandler hear)
      : session_(session), settings_(settings), screen_(screen), hear_(std::move(hear)) {}

  void send(const client::PeerName& to, const std::string& text) override;
  void reply(const client::PeerName& to, const std::string& text, const std::string& id) override;
  void send_poll(const client::PeerName& to, const std::string& line) override;
  void edit(const std::string& id, const std::string& text) override;
  void erase(const std::string& id) override;
  void react(const std::string& id, const std::string& emoji) override;
  void vote(const std::string& id, uint32_t choice) override;
  void typing(const client::PeerName& to) override { session_.typing(to); }

  // Returns true while a text waits for its place in the outbox.
  bool unsent() const { return !unsent_.empty(); }
  // Writes the texts that are not in the outbox to the settings when the texts changed, unless the profile is locked.
  void keep_unsent();
  // Restores the texts that an earlier run left: puts each before the draft of its conversation, in the settings.
  void restore_unsent();

 private:
  using Sent = std::function<void(const Result<client::SentMessage>&)>;
  // Adds a text to the book. The returned callback removes the text again, and sends SendFailed when the text was not
  // sent. `typed`: SendFailed::text. `answers`: SendFailed::answers.
  Sent waits(const client::PeerName& to, const std::string& typed, const std::string& answers = "");

  client::Session& session_;
  ProfileSettings& settings_;
  Screen& screen_;
  EventHandler hear_;
  UnsentBook unsent_;
};

}  // namespace fastchat::tui
