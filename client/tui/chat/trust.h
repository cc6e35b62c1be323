// Trust in the keys of people: a mark of one column and a word for the title, the list and the help. Never a colour
// alone. The functions are pure; TrustBook reads the contacts again when something happened to a key.
#pragma once

#include <map>
#include <string>

#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/contacts.h"

namespace fastchat::tui {

enum class TrustLevel {
  kUnknown,       // no key of this person is known here
  kFirstContact,  // only the server's word, and this user wrote nothing to the person yet
  kNotCompared,   // known or accepted; nobody compared the safety number
  kVerified,
  kChanged,  // the server shows another key; sending is blocked
  kBlocked,  // this user blocked the person
};

// Judges one contact. `contact`: null for somebody whose key is not known. `wrote`: this user wrote to the person.
TrustLevel trust_of(const client::ContactInfo* contact, bool wrote);
// Returns "first contact" or another word of the title; empty for kUnknown.
const char* trust_word(TrustLevel level);
// Returns a mark of one column; empty for kUnknown.
const char* trust_mark(TrustLevel level);
// Returns the explanation in the help.
const char* trust_help(TrustLevel level);

class TrustBook {
 public:
  explicit TrustBook(Contacts& contacts) : contacts_(contacts) {}

  void hear(const Event& event);
  // Reads the contacts if an event may have changed them. Call before a drawing.
  void refresh();

  // Judges a conversation. `wrote`: this user wrote to the person. `group`: null for a person. A group is kChanged when
  // the key of any member changed, and kVerified when all others are verified.
  TrustLevel of(const client::PeerName& peer, bool wrote, const client::GroupInfo* group) const;
  // Returns "? not compared", or for a group "? 2 of 5 verified" or "! key of bob changed"; empty for kUnknown.
  std::string text(const client::PeerName& peer, bool wrote, const client::GroupInfo* group) const;

 private:
  struct Others {
    size_t all = 0, verified = 0;
    std::string changed;  // the first whose key changed
  };
  Others others_of(const client::GroupInfo& group) const;
  const client::ContactInfo* find(const std::string& user) const;
  bool is_news(const client::ChatMessage& message) const;

  Contacts& contacts_;
  std::map<std::string, client::ContactInfo> known_;
  bool stale_ = true;
};

}  // namespace fastchat::tui
