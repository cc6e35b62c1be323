// Requests: strangers who wrote to this user, and groups of strangers, without an answer yet. A request is a
// conversation without a standing; this class lists requests and carries out the answers. Lives on the session's
// thread; answers join the turn.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "client/contacts/key_lookup.h"
#include "client/contacts/standings.h"
#include "client/groups/group_editor.h"
#include "client/messages/timeline.h"
#include "client/search/search.h"
#include "client/store/message_table.h"
#include "client/store/standing_table.h"

namespace fastchat::client {

class Requests {
 public:
  using Done = std::function<void(const Result<>&)>;
  // The most people with open requests on a device. With more, the oldest request is turned down.
  static constexpr size_t kMaxOpen = 100;
  // The most groups among the requests. The rest is hidden until others are answered.
  static constexpr size_t kMaxInvitations = 100;
  Requests(Turn& turn, store::MessageTable& messages, store::StandingTable& table, const Account& account,
           const PinBook& pins, Standings& standings, KeyLookup& look_ups, const GroupBook& groups, GroupEditor& editor,
           Timeline& timeline, Search& search, Listener& listener)
      : turn_(turn),
        messages_(messages),
        table_(table),
        account_(account),
        pins_(pins),
        standings_(standings),
        look_ups_(look_ups),
        groups_(groups),
        editor_(editor),
        timeline_(timeline),
        search_(search),
        listener_(listener) {}

  // Notes the groups of the profile, of which the person was told.
  void load();

  // Returns the open requests, the newest first. Requests of blocked people are not among them.
  Result<std::vector<RequestInfo>> all() const;

  // Each calls `done` once the answer is on disk. Errors: kNotLoggedIn, kLocalUsage for a name that is no request, this
  // user's own name or a group that cannot be blocked, kUnknownUser, kUnknownGroup, kTooLarge, kLocalDisk.
  // Accepts a user, who may have written nothing yet, or a group and its admin.
  void accept(const PeerName& peer, Done done);
  // Deletes the request with its messages; leaves the group, for which the errors of GroupEditor::leave() apply.
  void decline(const PeerName& peer, Done done);
  // Blocks a user. Deletes the request, if there is one; a conversation in which this user wrote stays.
  void block(const std::string& user, Done done);
  // Ends the block. Somebody to whom this user wrote before is a contact again, others are strangers.
  void unblock(const std::string& user, Done done);

  // Called when a message of a request is shown: tells the person of a stranger, and bounds the number of them.
  void on_message(const store::Message& message);
  // Called when a group came or changed. Returns false when the turn failed.
  bool on_group(const Bytes& id);
  // Accepts users whom this user adds to a group, once their keys are known: they ask for the group's key, and send
  // receipts.
  void adds(const std::vector<std::string>& users);
  // Deletes the messages of a request that another device turned down at `at_ms`, unless this user wrote in the
  // conversation. A request with a later message stays: nobody has answered that one.
  void turned_down(const store::ConversationId& peer, int64_t at_ms);

 private:
  bool refuses_locked(const Done& done);
  void answer(Done done, Result<> result);
  void when_known(const std::string& user, Done done, std::function<Result<>()> then);
  Result<> decide(const store::ConversationId& peer, Standing standing);
  Result<> remove(const store::ConversationId& peer);
  Result<> turn_down(const store::ConversationId& peer);
  Result<> remove_unwritten(const store::ConversationId& peer);
  bool begins(const store::Message& message);
  Result<std::vector<store::ConversationId>> open() const;
  Result<> read_messages(const store::ConversationId& conversation, RequestInfo& request) const;

  Turn& turn_;
  store::MessageTable& messages_;
  store::StandingTable& table_;
  const Account& account_;
  const PinBook& pins_;
  Standings& standings_;
  KeyLookup& look_ups_;
  const GroupBook& groups_;
  GroupEditor& editor_;
  Timeline& timeline_;
  Search& search_;
  Listener& listener_;
  std::set<Bytes> told_groups_;  // groups of strangers that the person was told of
};

}  // namespace fastchat::client
