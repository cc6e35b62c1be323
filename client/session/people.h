// The person's part of a Session that is about other people: their keys, who may write to this user, requests of
// strangers, and contact cards. Calls and callbacks follow the rules of Session.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/contacts/contacts.h"
#include "client/contacts/standings.h"
#include "client/messages/cards.h"
#include "client/messages/requests.h"
#include "client/messages/timeline.h"
#include "client/runtime/turn.h"
#include "client/transparency/log_audit.h"

namespace fastchat::client {

class People {
 public:
  using Done = std::function<void(const Result<>&)>;
  People(Turn& turn, Contacts& contacts, Standings& standings, Cards& cards, Requests& requests, LogAudit& audit,
         const Timeline& timeline)
      : turn_(turn),
        contacts_(contacts),
        standings_(standings),
        cards_(cards),
        requests_(requests),
        audit_(audit),
        timeline_(timeline) {}

  // Returns everybody whose key is known here, in alphabetical order. Reads no disk.
  std::vector<ContactInfo> contacts() const { return contacts_.all(); }
  // Reports the safety number with `user`. Looks the key up when the user is not pinned yet.
  void verify(const std::string& user, std::function<void(const Result<VerifyInfo>&)> done);
  // Accepts the key that the server shows in place of the known key, or refuses it. A refused key is not offered again.
  Result<> judge_key(const std::string& user, bool accept);
  Result<> mark_verified(const std::string& user) { return contacts_.mark_verified(user); }

  // Returns strangers who wrote to this user, and groups of strangers, without an answer yet. Works offline.
  Result<std::vector<RequestInfo>> requests() const { return requests_.all(); }
  // Answer them (client/messages/requests.h). `done` runs once the answer is on disk; stored() is true once the server
  // has every answer.
  void accept(const PeerName& peer, Done done);
  void decline(const PeerName& peer, Done done);
  void block(const std::string& user, Done done);
  void unblock(const std::string& user, Done done);
  bool stored() const { return standings_.stored(); }
  // Returns what becomes of messages of strangers; kUndecided before a server has told.
  Strangers strangers() const;
  Result<> set_strangers(Strangers policy) { return standings_.decide_strangers(policy); }

  // Make a contact card, and use the card of somebody else (client/messages/cards.h).
  void make_card(Cards::Made done);
  void use_card(const std::string& line, Cards::Used done);

  // Reads and checks the server's whole list of keys (client/transparency/log_audit.h).
  void audit(LogAudit::Done done) { audit_.run(std::move(done)); }
  // Returns the alarms about keys that this device keeps, the oldest first. Works offline.
  Result<std::vector<store::LogAlarmRow>> key_alarms() const { return audit_.alarms(); }
  // Returns the name of a conversation that people see.
  PeerName shown(const store::ConversationId& peer) const { return timeline_.shown(peer); }

 private:
  Turn& turn_;
  Contacts& contacts_;
  Standings& standings_;
  Cards& cards_;
  Requests& requests_;
  LogAudit& audit_;
  const Timeline& timeline_;
};

}  // namespace fastchat::client
