// Requests about other people: their keys, who may write to this user, and quarantined messages.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Contacts {
 public:
  virtual ~Contacts() = default;
  // Returns everybody whose key is known here.
  virtual std::vector<client::ContactInfo> list() = 0;
  virtual void verify(const std::string& user) = 0;  // the answer is KeyShown
  // Each shows its result on the status line. KeyShown follows after success.
  virtual void accept_key(const std::string& user) = 0;
  virtual void keep_key(const std::string& user) = 0;
  virtual void mark_verified(const std::string& user) = 0;
  virtual std::vector<store::QuarantineEntry> quarantine() = 0;
  // Returns strangers who wrote to this user, and groups of strangers, without an answer yet.
  virtual std::vector<client::RequestInfo> requests() = 0;
  enum class Answer { kAccept, kDecline, kBlock, kUnblock };
  // Answers a request, or decides about a person. Shows the result on the status line.
  virtual void answer(Answer answer, const client::PeerName& peer) = 0;
  // Returns and sets what becomes of messages of strangers; setting shows the result on the status line.
  virtual client::Strangers strangers() = 0;
  virtual void set_strangers(client::Strangers policy) = 0;
  virtual void make_card() = 0;  // the answer is CardShown
  // Uses the contact card of somebody else. Shows the result on the status line.
  virtual void use_card(const std::string& line) = 0;
};

}  // namespace fastchat::tui
