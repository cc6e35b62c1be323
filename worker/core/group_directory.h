// The cache of groups: the members of each epoch. An entry is used for two seconds, then looked up again, because the
// bus may lose the news of a change. A stale entry does little harm: a message names its epoch, and an epoch that the
// entry does not hold is looked up at once. A refusal (except STALE_EPOCH) is given only from data looked up after the
// message came. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "worker/core/store.h"

namespace fastchat::worker {

struct GroupEntry {
  enum class State : uint8_t { kAbsent, kKnown, kNoSuchGroup };
  State state = State::kAbsent;
  GroupRow row;
  int64_t as_of = INT64_MIN;  // time when the look-up that gave the data was asked
  int64_t asked_at = 0;       // of the look-up under way; 0: none
  bool stale_when_it_comes = false;
  std::vector<uint64_t> waiting;  // pids
};

// Returns kOk when this user may send to the group in this epoch. Else kUnknownGroup, when the user has not been a
// member lately; kNotAllowed; kStaleEpoch; kBusy for an epoch that the entry does not hold.
Code may_send(const GroupEntry& entry, uint64_t uid, uint64_t epoch);
// Returns the recipients of a message: the members of both `epoch` and the newest epoch, sorted by uid.
std::vector<const GroupMember*> recipients(const GroupRow& row, uint64_t epoch);

class GroupDirectory {
 public:
  // Returns the entry that a message which arrived at `arrived` may use; null when there is none. A refusal may be
  // taken only from an entry that is at least as new as the message.
  const GroupEntry* usable(ByteView group_id, int64_t arrived, int64_t now) const;
  // Puts pid in line for the group; returns true when a look-up has to be asked now.
  bool wait(const Bytes& group_id, uint64_t pid, int64_t now);
  // Returns the look-up of a group, with the known number of changes: the store need not return known members again.
  GroupLookup::Wanted wanted(const Bytes& group_id) const;
  // Takes a reply; appends to *ready the pids that waited (or, when the store did not answer, to *failed) and to *again
  // the groups to ask for once more.
  void take(GroupsLookedUp&& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
            std::vector<Bytes>* again);
  // Notes that the group changed: its entry is looked up before the next use.
  void forget(ByteView group_id);
  // Drops the data of all groups, after the database changed.
  void forget_all();
  size_t size() const { return entries_.size(); }

 private:
  static constexpr size_t kMax = 20'000, kMaxRows = 1'000'000;
  static constexpr int64_t kLife = 2'000'000;  // us
  void make_room();
  void forget_absent();
  std::map<Bytes, GroupEntry, std::less<>> entries_;
  std::vector<Bytes> absent_;  // groups that the last reply reported as missing: kept until the next reply
  size_t rows_ = 0;            // members in all entries
};

}  // namespace fastchat::worker
