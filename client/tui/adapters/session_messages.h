// Implements Messages over a session.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/adapters/unsent_texts.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// A message that a person wrote.
struct Written {
  client::PeerName to;
  std::string text;
  std::string answers{};  // id of the message that it answers
  bool poll = false;      // the text is the line of a poll
  std::string name{};     // as in client::SendOptions; may be empty
};

class SessionMessages : public Messages {
 public:
  // `typing`: tell others that this person types.
  SessionMessages(client::Session& session, UnsentTexts& unsent, bool typing, Screen& screen,
                  const client::Ticket& ticket, EventHandler hear)
      : session_(session), unsent_(unsent), typing_(typing), screen_(screen), ticket_(ticket), hear_(std::move(hear)) {}

  void send(const client::PeerName& to, const std::string& text) override { put({to, text}); }
  void reply(const client::PeerName& to, const std::string& text, const std::string& id) override {
    put({to, text, id});
  }
  void send_poll(const client::PeerName& to, const std::string& line) override { put({to, line, "", true}); }
  void put(const Written& written);
  void edit(const std::string& id, const std::string& text) override;
  void erase(const std::string& id) override;
  void react(const std::string& id, const std::string& emoji) override;
  void vote(const std::string& id, uint32_t choice) override;
  void typing(const client::PeerName& to) override;

 private:
  using Sent = std::function<void(const Result<client::SentMessage>&)>;
  // Adds a text to the book. The returned callback removes the text again, and sends SendFailed when the text was not
  // sent. `typed`: SendFailed::text. `answers`: SendFailed::answers.
  Sent waits(const client::PeerName& to, const std::string& typed, const std::string& answers);
  client::Session::Done told(std::string good);

  client::Session& session_;
  UnsentTexts& unsent_;
  const bool typing_;
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
