// The states, epochs and keys of this device's groups, their names on this device, and the relation of this user to
// each. Pure: no socket, disk or clock. GroupFollower (group_follower.h) owns the book and keeps it up to date. The
// book holds the states and keys of the last 16 epochs. Lives on the session's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/e2e/message.h"
#include "client/groups/group_types.h"
#include "client/groups/settling.h"

namespace fastchat::client {

// The relation of this user to a group, as stored.
// kUnlisted: the server reports that the user is not in the group, and no signed data confirms it.
enum class Membership : int { kMember = 1, kLeft = 2, kRemoved = 3, kDeleted = 4, kUnlisted = 5 };

class GroupBook final : public e2e::Groups {
 public:
  // Reads an epoch's private key back from disk when a message needs it.
  using LoadKey = std::function<std::optional<e2e::KeyPair>(const Bytes& id, uint64_t epoch)>;
  // This user, with the fingerprints of all keys, the newest first.
  struct Me {
    std::string user;
    std::vector<Bytes> fprs;
    bool has(ByteView fpr) const;
    bool is_listed(const e2e::GroupState& state) const;
  };
  struct Epoch {
    e2e::GroupState state;
    bool has_key = false;
    std::optional<e2e::KeyPair> key;  // read on first use
  };
  struct Group {
    std::string name;  // on this device, without '#'; empty while unknown
    Membership membership = Membership::kMember;
    Settling settling;
    std::map<uint64_t, Epoch> epochs;
    uint64_t newest() const { return epochs.empty() ? 0 : epochs.rbegin()->first; }
  };
  using GroupMap = std::map<Bytes, Group, std::less<>>;

  GroupBook() = default;  // for no user
  // `former`: fingerprints of the keys that this user had before.
  GroupBook(std::string user, Bytes fpr, LoadKey load, std::vector<Bytes> former = {})
      : me_({std::move(user), std::move(former)}), load_key_(std::move(load)) {
    me_.fprs.insert(me_.fprs.begin(), std::move(fpr));
  }

  // ---- data from disk; epochs ascending
  void restore(const Bytes& id, std::string name, Membership membership, const Settling& settling);
  void restore_epoch(e2e::GroupState state, bool has_key);

  // ---- e2e::Groups
  const e2e::GroupState* current(ByteView id) const override;
  e2e::EpochView epoch(ByteView id, uint64_t epoch) const override;
  const e2e::GroupState* state(ByteView id, uint64_t epoch) const override;
  uint64_t settled(ByteView id) const override;

  // ---- queries
  const Me& me() const { return me_; }
  const GroupMap& groups() const { return groups_; }
  const Group* find(ByteView id) const;  // null: unknown
  std::vector<GroupInfo> all() const;
  std::optional<GroupInfo> info(ByteView id) const;
  // Returns the id of the group with this name on this device, without '#'. Empty when there is none.
  Bytes find_name(std::string_view name) const;
  std::string name_of(ByteView id) const;
  Membership membership(ByteView id) const;
  bool has_key(ByteView id, uint64_t epoch) const;
  // Returns true when this user is listed in the first epoch, and that epoch is held.
  bool there_from_the_start(ByteView id) const;

  // ---- changes
  // Adds a group of which no state is held. This user counts as a member until a state or the server shows otherwise.
  void add(const Bytes& id) { groups_.try_emplace(id); }
  // Forgets a group of which no state is held.
  void forget(const Bytes& id) { groups_.erase(id); }
  // Adds an epoch: one that was followed to, that this device made and the server accepted, or that is in the user's
  // own vault. Its list of members decides the membership. `stored`: its key is on disk.
  void adopt(e2e::GroupState state, std::optional<e2e::KeyPair> key, bool stored = false);
  // Adds the key of an epoch that is held.
  void add_key(const Bytes& id, uint64_t epoch, e2e::KeyPair key);
  void set_membership(const Bytes& id, Membership membership);
  // Lets the lists of members settle. Nothing is left in this device's queue at wall_ms (Unix ms).
  void settle(int64_t wall_ms);
  // Returns the groups whose name, membership or settling changed, in the order to write them.
  std::vector<Bytes> take_touched() { return std::exchange(touched_, {}); }

 private:
  void take_name(const Bytes& id, Group& g, const std::string& wanted);

  Me me_;
  LoadKey load_key_;
  mutable GroupMap groups_;
  std::vector<Bytes> touched_;
};

// Returns true when `user` is listed in an epoch that is held.
bool ever_listed(const GroupBook& book, ByteView id, std::string_view user);

}  // namespace fastchat::client
