// A server that lost epochs of a group, in a database that was restored: the member who signed the next epoch offers it
// again, so that sends and changes do not wait for ever. Lives on the session's thread; lines join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "client/account/account.h"
#include "client/groups/group_follower.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class GroupOffers {
 public:
  // A line in the group's conversation; false when the turn failed.
  using Notice = std::function<bool(const Bytes& group, const std::string& text, ByteView about)>;
  // The groups are to be looked at again in so many ms.
  using Retry = std::function<void(int64_t in_ms)>;
  GroupOffers(Turn& turn, Server& server, const Account& account, GroupFollower& follower, Notice notice, Retry retry)
      : turn_(turn),
        server_(server),
        account_(account),
        follower_(follower),
        groups_(follower.book()),
        notice_(std::move(notice)),
        retry_(std::move(retry)) {}

  // A session began: the person is told anew.
  void attached() { said_.clear(); }
  // The server's newest epoch of this group is `behind`, below the one that is held; 0: the server has none.
  void offer(const Bytes& id, uint64_t behind);

 private:
  void on_answer(const Bytes& id, uint64_t epoch, const Result<v1::ServerFrame*>& answer);

  Turn& turn_;
  Server& server_;
  const Account& account_;
  GroupFollower& follower_;
  const GroupBook& groups_;
  const Notice notice_;
  const Retry retry_;
  std::set<Bytes> offering_, said_;  // groups: the server has not answered yet; the person was told
};

}  // namespace fastchat::client
