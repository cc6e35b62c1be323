// Offers epochs of a group again to a server that lost them, in a database that was restored. The member who signed the
// next epoch offers it, so that sends and changes do not wait for ever. Lives on the session's thread; lines join the
// turn.
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
  // Adds a line to the group's conversation; returns false when the turn failed.
  using Notice = std::function<bool(const Bytes& group, const std::string& text, ByteView about)>;
  // Requests another look at the groups in `in_ms` ms.
  using Retry = std::function<void(int64_t in_ms)>;
  GroupOffers(Turn& turn, Server& server, const Account& account, GroupFollower& follower, Notice notice, Retry retry)
      : turn_(turn),
        server_(server),
        account_(account),
        follower_(follower),
        groups_(follower.book()),
        notice_(std::move(notice)),
        retry_(std::move(retry)) {}

  // Begins a session, in which the person is told anew.
  void attached() { said_.clear(); }
  // Handles a group whose newest epoch at the server is `behind`, below the one that is held; 0: the server has none.
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
  std::set<Bytes> offering_, said_;  // groups with an open offer; groups that the person was told of
};

}  // namespace fastchat::client
