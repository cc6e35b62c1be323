// Messages in this user's name under a key that this device does not know. Another device may have changed the key, and
// this device's session goes on for a moment. Such messages stay with the server, unacknowledged, until the server's
// line of this user's keys was asked for. When signed changes lead from this device's key to another one, the session
// logs in again, and the server delivers the messages to the device that has the new key by then. Otherwise the
// messages are refused. In memory only; the engine bounds unacknowledged messages. Lives on the session's thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/arrival.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class OwnKeyWatch {
 public:
  OwnKeyWatch(Turn& turn, Server& server, const Account& account) : turn_(turn), server_(server), account_(account) {}

  // Holds a message, or drops one that the server delivers again. Returns false, and leaves `arrival` as it is, for one
  // that waited on disk, when the server is too old to be asked, and for two seconds after a question: anybody can
  // write a name into a header, and what is held keeps later messages from being acknowledged.
  bool hold(Arrival& arrival);
  // Asks the server when that is due, or has the session log in again. Called once a turn.
  void work();
  int64_t next_wake() const { return held_.empty() || asking_ || !server_.attached() ? Loop::kNever : ask_at_; }
  // Returns, once, the messages of which the server knows no change of the key.
  std::vector<Arrival> take_refused() { return std::exchange(refused_, {}); }
  bool empty() const { return held_.empty(); }
  // Drops the messages; the server delivers them again.
  void clear();

 private:
  static constexpr int64_t kAskEveryMs = 2'000;
  void on_rekeys(const Result<v1::ServerFrame*>& answer);
  bool leads_on(const v1::Rekeys& rekeys) const;

  Turn& turn_;
  Server& server_;
  const Account& account_;
  std::vector<Arrival> held_, refused_;
  bool asking_ = false, moved_ = false;
  int64_t ask_at_ = 0;  // ms, monotonic: the earliest time of the next question
};

}  // namespace fastchat::client
