// Makes and changes groups. A change is on disk before any request. Its next epoch (state and key) is on disk before
// the server is asked to take it, so that the same epoch is sent again after a crash or a lost answer. Once the server
// has accepted the epoch, one transaction writes the epoch, its keys for every member and the end of the change.
// Changes are made one after another. Lives on the session's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/account/key_worker.h"
#include "client/contacts/key_lookup.h"
#include "client/contacts/pin_book.h"
#include "client/groups/group_epochs.h"
#include "client/groups/group_follower.h"
#include "client/groups/group_plan.h"
#include "client/groups/settings.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/store/group_table.h"

namespace fastchat::client {

class GroupEditor final : public TurnPart {
 public:
  using Done = std::function<void(const Result<>&)>;
  // Callbacks for the effects of a change. Every effect joins the turn; false means that the turn failed.
  struct Events {
    // Adds a line to the group's conversation about an action of this device.
    std::function<bool(const Bytes& group, const std::string& text, ByteView about)> notice;
    // Handles a group that has another state or membership.
    std::function<bool(const Bytes& group)> moved;
    // Adds the line that this user left the group, and sends the notice to its admin.
    std::function<bool(const Bytes& group)> left;
    // Sends the key of an epoch to `user`; a null pin means this user's other devices.
    std::function<void(const std::string& user, const Pin* pin, e2e::KeyShare key)> send_key;
  };
  GroupEditor(Turn& turn, Server& server, store::GroupTable& groups_table, const Account& account, const PinBook& pins,
              GroupFollower& follower, GroupEpochs& epochs, KeyLookup& look_ups, KeyWorker& keys, Settings& settings,
              Events events)
      : turn_(turn),
        server_(server),
        groups_table_(groups_table),
        account_(account),
        pins_(pins),
        follower_(follower),
        epochs_(epochs),
        look_ups_(look_ups),
        keys_(keys),
        settings_(settings),
        events_(std::move(events)) {}

  // Reads the changes that were begun, in place of those in memory. Fails with kLocalDisk.
  Result<> load();

  // Groups are given by name, without '#'. The errors are those of Session.
  void create(const std::string& name, std::vector<std::string> members, const Done& done);
  void change(const std::string& name, const GroupEdit& edit, const Done& done);
  void leave(const std::string& name, const Done& done);
  void erase(const std::string& name, const Done& done);
  // Adds a change of a group, or of a new one when `group` is empty. `done` may be null. A change that only renews the
  // members' keys is added once. Returns false when the turn failed.
  bool add(const Bytes& group, const GroupEdit& edit, const Done& done);

  // Returns true when this user leaves the group and the server has not answered yet.
  bool leaving(const Bytes& group) const;
  bool set_leaving(const Bytes& group, bool now);
  // Returns true when a change is due before then (ms, monotonic).
  bool due_before(int64_t at_ms) const { return !changes_.empty() && retry_at_ < at_ms; }

  void work() override { drive(); }
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  // The progress of the first change in changes_.
  struct Changing {
    enum class Step { kPlanning, kPinning, kKeying, kAsking } step = Step::kPlanning;
    GroupPlan plan;
    uint64_t epoch = 0;   // epoch that the plan starts from; 0: a new group
    size_t unpinned = 0;  // members whose key is being looked up
    std::optional<Error> failed;
  };
  GroupBook& book() const { return follower_.book(); }
  void drive();
  void plan();
  bool keeps_key_of(const std::string& user) const;
  void pin_members();
  void make_epoch(const e2e::KeyPair& pair);
  void ask_put();
  void on_put(const Result<v1::ServerFrame*>& answer);
  void put_off(const Error& error);
  void adopt();
  void send_key(const e2e::GroupState& state, ByteView pkcs8);
  void end(const Result<>& result);

  Turn& turn_;
  Server& server_;
  store::GroupTable& groups_table_;
  const Account& account_;
  const PinBook& pins_;
  GroupFollower& follower_;
  GroupEpochs& epochs_;
  KeyLookup& look_ups_;
  KeyWorker& keys_;
  Settings& settings_;
  const Events events_;
  std::deque<store::GroupChangeRow> changes_;
  std::map<int64_t, Done> done_;  // callbacks that wait for a change, by row
  std::optional<Changing> changing_;
  int64_t retry_at_ = 0;  // ms, monotonic
};

}  // namespace fastchat::client
