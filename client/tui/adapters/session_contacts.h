// Implements Contacts over a session.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/people.h"
#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionContacts : public Contacts {
 public:
  SessionContacts(client::Session& session, Screen& screen, const client::Ticket& ticket, EventHandler hear)
      : session_(session), screen_(screen), ticket_(ticket), hear_(std::move(hear)) {}

  std::vector<client::ContactInfo> list() override { return session_.people().contacts(); }
  void verify(const std::string& user) override;
  void accept_key(const std::string& user) override;
  void keep_key(const std::string& user) override;
  void mark_verified(const std::string& user) override;
  std::vector<store::QuarantineEntry> quarantine() override;
  std::vector<client::RequestInfo> requests() override;
  void answer(Answer answer, const client::PeerName& peer) override;
  client::Strangers strangers() override { return session_.people().strangers(); }
  void set_strangers(client::Strangers policy) override;
  void make_card() override;
  void use_card(const std::string& line) override;

 private:
  void show(const Result<>& done, const std::string& user, const std::string& good);

  client::Session& session_;
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
