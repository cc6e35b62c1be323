// Messages of groups that this device knows nothing of. They stay with the server, unacknowledged, until the server's
// list of this user's groups was asked for once more. Somebody who sent a message of a group that is not listed is not
// asked about again for a minute. In memory only. Lives on the session's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/contacts/arrival.h"
#include "client/groups/group_sync.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class ParkedMessages {
 public:
  ParkedMessages(Turn& turn, Server& server, GroupSync& sync) : turn_(turn), server_(server), sync_(sync) {}

  // A message whose epoch is not here. True: `arrival` was taken, or the server delivers it again.
  bool park(Arrival& arrival, const e2e::Received& received);
  // The list is asked for.
  void listing();
  // The list came (`there`), or could not be had. Returns the messages to open now.
  std::vector<Arrival> listed(bool there);
  bool empty() const { return parked_.empty() && asking_.empty(); }
  // Nothing but messages that a later list decides about.
  bool settled() const { return parked_.empty(); }
  // The server delivers them again.
  void clear();

 private:
  Turn& turn_;
  Server& server_;
  GroupSync& sync_;
  std::vector<Arrival> parked_;              // for the list that is asked for next
  std::vector<Arrival> asking_;              // for the one that is being asked for
  std::map<std::string, int64_t> unlisted_;  // senders of messages of groups that no list had, and when, in ms
};

}  // namespace fastchat::client
