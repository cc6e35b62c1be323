// The worker's requests to its database, as values: the engine makes requests and gets replies, the owner runs them on
// the store threads (store/pg_store.h), the simulator on a model. The writer, the reader and the sweeper have a lane
// each. A lane executes its requests in order, one at a time; the lanes do not wait for each other.
//
// `store` is the generation of the database (common/pg/identity.h). The generation rises when the database lost its
// last commits, because a standby took over or a backup was restored. 0: not known. Ids of one generation mean nothing
// in another.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::worker {

using SessionId = uint64_t;  // 0: none

// ---- writer

// One message for the queue: its body and the devices that are to get it.
struct QueueInsert {
  uint64_t pid = 0;
  uint64_t from_uid = 0, from_did = 0, ref = 0, to_uid = 0;
  uint64_t to_gid = 0;  // of a message to a group; to_uid is 0 then
  Bytes stream{};
  uint64_t seq = 0;
  Bytes envelope{};
  std::vector<uint64_t> dids{};
  std::vector<uint64_t> owners{};  // uids: owners[i] is the user of dids[i]
  // Users among the owners who have it on another device: their rows do not say that they wait.
  std::vector<uint64_t> reached{};
};
// All or nothing, durable when answered, idempotent on (from_uid, stream, seq) and did. A commit in doubt is repeated
// by the store until it is sure. A device that is gone is replaced by the other devices of its owner (never by the one
// that sent the message), or by his mailbox. An identity is one message: another one under it is answered kConflict.
// One sender, with all of its devices, has at most a quarter of what a device may have queued.
struct InsertBatch {
  std::vector<QueueInsert> rows;
};
struct InsertDone {
  struct Outcome {
    uint64_t pid = 0, did = 0;
    Code code = Code::kOk;  // kOk, kBusy, kConflict, kRecipientFull, kShareFull, kUnknownUser (the owner is gone)
  };
  std::vector<Outcome> outcomes;
};

struct DidMid {
  uint64_t did = 0, mid = 0;
};
struct DidRef {
  uint64_t did = 0, ref = 0;
  uint64_t member = 0;  // of a message to a group: whose device has it now
};
struct ToTell {
  uint64_t did = 0, ref = 0;
  uint64_t epoch = 0;  // of the session that the sender has here
};
struct DidReceipt {
  uint64_t did = 0, id = 0;
};
// Acknowledged rows leave the queue; receipts for senders that are away are kept in the same transaction. Its owner has
// the message now, so his other rows of it do not say any more that he waits.
struct RemoveBatch {
  std::vector<DidMid> rows;
  std::vector<DidRef> keep_receipts;
  std::vector<DidReceipt> drop_receipts;
  // Senders held here, told after the commit. One whose device has logged in since has its session elsewhere, and this
  // one does not know yet: a receipt is kept for it as well, and the answer has it among keep_receipts.
  std::vector<ToTell> tell{};
  uint64_t store = 0;  // generation in which the rows were read; in a later one nothing is done
};
struct RemoveDone {
  Code code = Code::kOk;
  RemoveBatch batch;  // as asked, but for what became of `tell`
  uint64_t store = 0;
};

struct RemoveDevice {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes device;
};
struct DeviceGone {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, did = 0;
  Code code = Code::kOk;  // kOk, kUnknownDevice, kBusy
};

struct PutVault {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, version = 0;
  Bytes blob;
};
struct VaultPut {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, version = 0;
  Code code = Code::kOk;  // kOk, kConflict, kBusy
};

// Does the database take writes? Asked every few seconds.
struct Probe {};
struct Probed {
  Code code = Code::kOk;
  std::string why{};  // one line, unless kOk
  uint64_t store = 0;
};

// Bounds how much of groups is kept. A user uses up what he signed: epoch 1 of a group, then the epochs after those
// that named him as admin. Nothing is given back: readers check the chain of states from the first on, also of a
// deleted group.
struct GroupBudget {
  uint64_t epochs_a_day = UINT64_MAX;  // of one user, in 24 hours that begin with the first of them
  uint64_t user_bytes = UINT64_MAX;    // states of one user
  uint64_t all_bytes = 0;              // states of all users; 0: no limit
};
// A new group (epoch 1) or the next epoch of one; answered kOk as well when this epoch has this state already, whatever
// the budget.
struct PutGroup {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes group_id{};
  uint64_t epoch = 0;
  std::string name{}, admin{};
  std::vector<std::string> members{};  // the admin is among them
  Bytes state{};
  uint64_t max_made = UINT64_MAX;  // groups that this user may have made, deleted ones included
  GroupBudget budget{};
};
struct LeaveGroup {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes group_id{};
};
struct DeleteGroup {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes group_id{};
};
enum class GroupAction : uint8_t { kPut, kLeave, kDelete };
struct GroupChange {
  SessionId session = 0;
  uint64_t request = 0;
  GroupAction action = GroupAction::kPut;
  Code code = Code::kOk;  // kOk, kBusy, kNameTaken, kUnknownUser, kUnknownGroup, kNotAllowed, kConflict,
                          // kTooManyGroups; kThrottled: too many epochs in a day; kStorageFull: too many bytes
  std::string who{};      // with kUnknownUser: a name that nobody has
  int64_t retry_ms = 0;   // with kThrottled: until the day is over
  bool all_full = false;  // with kStorageFull: the states of all users are too many, not those of this one
  Bytes group_id{};
  uint64_t epoch = 0;            // the newest
  std::vector<uint64_t> uids{};  // with kOk: the members before and after
};

// ---- sweeper

// Takes away, a slice at a time: bodies that no device waits for, messages that waited too long, devices that nobody
// logged in to for too long.
struct Reap {
  std::vector<uint64_t> mids{};      // messages whose rows were removed lately
  std::vector<uint64_t> attached{};  // dids: in use, whenever they logged in
};
struct Reaped {
  uint64_t messages = 0, devices = 0;  // expired
};

// ---- reader

// Rows of one device's queue, oldest first, without those in `held`; at most `limit` rows.
struct Drain {
  SessionId session = 0;
  uint64_t did = 0;
  std::vector<uint64_t> held;
  uint32_t limit = 0;
  bool receipts = false;  // also the stored receipts, at most 1,000
  uint64_t store = 0;     // the newest generation that the asker knows; an older one is not read from
};
struct QueuedMessage {
  uint64_t mid = 0, from_did = 0, ref = 0, to_uid = 0;
  uint64_t from_uid = 0, to_gid = 0;  // to_gid 0: for one person
  Bytes envelope{};
};
struct StoredReceipt {
  uint64_t id = 0, ref = 0;
  uint64_t member = 0;  // uid, of a message to a group
};
struct Drained {
  SessionId session = 0;
  Code code = Code::kOk;
  std::vector<QueuedMessage> rows;
  bool more = false;  // the limit cut it off
  std::vector<StoredReceipt> receipts;
  uint64_t store = 0;
};

struct Lookup {
  int64_t asked_at = 0;  // for the directory; 0: for a client's request
  std::vector<std::string> names;
};
struct UserRow {
  std::string name;
  uint64_t uid = 0;
  Bytes public_key;
  uint64_t mailbox = 0;           // did
  std::vector<uint64_t> devices;  // dids, without the mailbox
};
struct LookedUp {
  int64_t asked_at = 0;
  Code code = Code::kOk;
  std::vector<std::string> names;  // as asked
  std::vector<UserRow> users;      // those that exist
};

struct QueryItem {
  uint64_t ref = 0;
  Bytes stream;
  uint64_t seq = 0;
};
struct QueryOpen {
  SessionId session = 0;
  uint64_t request = 0, from_uid = 0, from_did = 0;
  std::vector<QueryItem> items{};
  std::vector<uint64_t> pending_refs{};  // known already; comes back untouched
};
struct Queried {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  std::vector<uint64_t> queued, unknown, pending;  // refs
  // Of messages to groups among `queued`: who does not have it yet. Sorted.
  struct Waiting {
    uint64_t ref = 0, member = 0;  // uid
    auto operator<=>(const Waiting&) const = default;
  };
  std::vector<Waiting> waiting{};
  // Refs of messages to one person who has it; only other devices of his wait.
  std::vector<uint64_t> delivered{};
};

struct ListDevices {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
};
struct DeviceRow {
  uint64_t did = 0;
  Bytes device;
  std::string name;
  int64_t created_ms = 0, last_login_ms = 0;
  std::string address;  // of its first login; may be empty
};
struct DeviceList {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  std::vector<DeviceRow> devices;
};

struct GetVault {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
};
struct VaultRow {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  uint64_t version = 0;
  Bytes blob;
};

// Asks which of these devices have a message queued or a receipt stored. Also asks which devices no longer exist, or
// had their password changed since their session began.
struct Sweep {
  std::vector<uint64_t> dids;
  std::vector<uint64_t> epochs;  // of their sessions
};
struct Swept {
  Code code = Code::kOk;
  std::vector<uint64_t> dids;
  std::vector<uint64_t> gone{};
  uint64_t store = 0;
};

// Looks up the members of these groups and their epochs, for delivery.
struct GroupLookup {
  struct Wanted {
    Bytes group_id;
    uint64_t changes = 0;  // GroupRow::changes that is known already; 0: none
  };
  int64_t asked_at = 0;
  std::vector<Wanted> groups{};
};
struct GroupMember {
  uint64_t uid = 0;
  std::string name;
  uint64_t since = 0, left = 0;  // epochs: from `since` up to, but without, `left`; 0: still in it
};
struct GroupRow {
  Bytes group_id{};
  uint64_t gid = 0, epoch = 0;
  uint64_t changes = 0;                // the same as wanted: `members` is left empty
  std::vector<GroupMember> members{};  // those of the newest kEpochsBack epochs and of now, by uid and since
};
struct GroupsLookedUp {
  int64_t asked_at = 0;
  Code code = Code::kOk;
  std::vector<Bytes> group_ids{};  // as asked
  std::vector<GroupRow> groups{};  // those that exist, also deleted ones
};
// The most epochs behind the newest for which a message may be sealed.
inline constexpr uint64_t kEpochsBack = 8;

// States from an epoch on, for somebody who is or was in it.
struct GetGroup {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes group_id{};
  uint64_t from_epoch = 0;
};
struct GroupStates {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;        // kOk, kUnknownGroup, kBusy
  std::string name{}, admin{};  // in `epoch`
  uint64_t epoch = 0;           // the newest that the asker may see
  bool member = false, deleted = false;
  std::vector<Bytes> states{};
};

// The groups that somebody is in, at most 8,192.
struct ListGroups {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
};
struct GroupList {
  struct Item {
    Bytes group_id;
    std::string name;
    uint64_t epoch = 0;
  };
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  std::vector<Item> groups{};
};

using StoreRequest =
    std::variant<InsertBatch, RemoveBatch, RemoveDevice, PutVault, Probe, PutGroup, LeaveGroup, DeleteGroup, Drain,
                 Lookup, QueryOpen, ListDevices, GetVault, Sweep, GroupLookup, GetGroup, ListGroups, Reap>;
using StoreReply = std::variant<InsertDone, RemoveDone, DeviceGone, VaultPut, Probed, Reaped, GroupChange, Drained,
                                LookedUp, Queried, DeviceList, VaultRow, Swept, GroupsLookedUp, GroupStates, GroupList>;

enum class Lane { kWriter, kReader, kSweeper };
// The writer's stand before Drain; a device's queue can be long, so it is taken away beside the writer.
inline Lane lane_of(const StoreRequest& r) {
  if (std::holds_alternative<Reap>(r) || std::holds_alternative<RemoveDevice>(r)) return Lane::kSweeper;
  return r.index() < StoreRequest(Drain{}).index() ? Lane::kWriter : Lane::kReader;
}
// The writer's stand before Drained.
inline Lane lane_of(const StoreReply& r) {
  if (std::holds_alternative<Reaped>(r) || std::holds_alternative<DeviceGone>(r)) return Lane::kSweeper;
  return r.index() < StoreReply(Drained{}).index() ? Lane::kWriter : Lane::kReader;
}

// Executes one request, blocking. Environment errors come back as codes in the reply, never as exceptions.
class Store {
 public:
  virtual ~Store() = default;
  virtual StoreReply run(StoreRequest request) = 0;
};

}  // namespace fastchat::worker
