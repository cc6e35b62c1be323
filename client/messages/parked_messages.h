// The parked messages: messages of groups that this device has no record of. Parked messages stay with the server,
// unacknowledged, until the server's list of this user's groups was requested again. A sender of a message of an
// unlisted group causes no new request for a minute. Messages in this user's name under an unknown key are parked by
// the OwnKeyWatch. In memory only. Lives on the session's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/contacts/arrival.h"
#include "client/groups/group_sync.h"
#include "client/messages/own_key_watch.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class ParkedMessages {
 public:
  ParkedMessages(Turn& turn, Server& server, const Account& account, GroupSync& sync)
      : turn_(turn), server_(server), sync_(sync), own_key_(turn, server, account) {}

  // Parks a message whose epoch is not here. Returns true when `arrival` was taken, or the server delivers it again.
  bool park(Arrival& arrival, const e2e::Received& received);
  // Called when the list is requested.
  void listing();
  // Called when the list came (`there`) or could not be fetched. Returns the messages to open now.
  std::vector<Arrival> listed(bool there);
  bool empty() const { return parked_.empty() && asking_.empty() && own_key_.empty(); }
  // Returns true when all parked messages wait for the list that is being requested.
  bool settled() const { return parked_.empty() && own_key_.empty(); }
  // Drops the parked messages; the server delivers them again.
  void clear();
  OwnKeyWatch& own_key() { return own_key_; }
  const OwnKeyWatch& own_key() const { return own_key_; }

 private:
  Turn& turn_;
  Server& server_;
  GroupSync& sync_;
  OwnKeyWatch own_key_;
  std::vector<Arrival> parked_;              // messages for the next requested list
  std::vector<Arrival> asking_;              // messages for the list that is being requested
  std::map<std::string, int64_t> unlisted_;  // senders of messages of unlisted groups, with the time in ms
};

}  // namespace fastchat::client
