// Groups as this worker knows them: who is in which epoch. An entry is used for two seconds, then looked up again,
// since the bus may lose the news of a change; a stale one does little harm, because a message names its epoch, and an
// epoch that the entry does not hold is looked up at once. What is said no to was looked up after the message came.
// Pure.
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
  int64_t as_of = INT64_MIN;  // when the look-up that gave it was asked
  int64_t asked_at = 0;       // of the look-up under way; 0: none
  bool stale_when_it_comes = false;
  std::vector<uint64_t> waiting;  // pids
};

// May this user send to the group in this epoch? kOk; kUnknownGroup, when he has not been in it lately; kNotAllowed;
// kStaleEpoch; kBusy for an epoch that the entry does not hold.
Code may_send(const GroupEntry& entry, uint64_t uid, uint64_t epoch);
// The recipients of a message of that epoch: the members of both `epoch` and the newest one. Sorted by uid.
std::vector<const GroupMember*> recipients(const GroupRow& row, uint64_t epoch);

class GroupDirectory {
 public:
  // Null when there is no entry that a message which arrived at `arrived` may use. A no may be taken from an entry only
  // when it is at least as new as the message.
  const GroupEntry* usable(ByteView group_id, int64_t arrived, int64_t now) const;
  // Puts pid in line for the group; true when a look-up has to be asked now.
  bool wait(const Bytes& group_id, uint64_t pid, int64_t now);
  // The look-up of a group: what is known already need not be told again.
  GroupLookup::Wanted wanted(const Bytes& group_id) const;
  // Takes a reply; appends to *ready the pids that waited (or, when the store did not answer, to *failed) and to *again
  // the groups to ask for once more.
  void take(GroupsLookedUp&& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
            std::vector<Bytes>* again);
  // The group changed: its entry is looked up before the next use.
  void forget(ByteView group_id);
  // The database is another: nothing is known of any group.
  void forget_all();
  size_t size() const { return entries_.size(); }

 private:
  static constexpr size_t kMax = 20'000, kMaxRows = 1'000'000;
  static constexpr int64_t kLife = 2'000'000;  // us
  void make_room();
  void forget_absent();
  std::map<Bytes, GroupEntry, std::less<>> entries_;
  std::vector<Bytes> absent_;  // groups that the last reply reported as missing: kept until the next reply
  size_t rows_ = 0;            // members in all of them
};

}  // namespace fastchat::worker
