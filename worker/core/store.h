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
#include "worker/core/contact_requests.h"
#include "worker/core/device_requests.h"
#include "worker/core/log_requests.h"
#include "worker/core/vault_requests.h"

namespace fastchat::worker {

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
  // Users among the owners who have the message on another device: their rows do not count as waiting.
  std::vector<uint64_t> reached{};
  // The sender is a stranger to to_uid. The store looks the standing up, and takes the message within the bounds of
  // room_for_stranger().
  bool stranger = false;
};
// Inserts are all or nothing, durable when answered, and idempotent on (from_uid, stream, seq) and did. The store
// repeats a commit in doubt on a new connection, and answers kBusy when that fails too. A device that is gone is
// replaced by the other devices of its owner (never by the device that sent the message), or by the owner's mailbox. An
// identity belongs to one message: another message under it is answered kConflict. One sender, with all of its devices,
// has at most a quarter of a device's queue.
struct InsertBatch {
  std::vector<QueueInsert> rows;
};
struct InsertDone {
  struct Outcome {
    uint64_t pid = 0, did = 0;
    Code code = Code::kOk;  // kOk, kBusy, kConflict, kRecipientFull, kShareFull, kUnknownUser (the owner is gone);
                            // of a stranger also kRefused, kNotAcceptedYet
  };
  std::vector<Outcome> outcomes;
};

struct DidMid {
  uint64_t did = 0, mid = 0;
};
struct DidRef {
  uint64_t did = 0, ref = 0;
  uint64_t member = 0;  // of a message to a group: the member whose device has it now
  // The user who has the message and is not known to be open to its sender, so that the receipt is held until this user
  // accepts the sender, or the group `gid`. 0: nobody holds it.
  uint64_t held_by = 0, gid = 0;
};
struct ToTell {
  uint64_t did = 0, ref = 0;
  uint64_t epoch = 0;  // of the session that the sender has here
};
struct DidReceipt {
  uint64_t did = 0, id = 0;
};
// Deletes acknowledged rows from the queue and stores receipts for senders that are away, in one transaction. The owner
// of an acknowledged row has the message now, so the owner's other rows of the message no longer count as waiting.
struct RemoveBatch {
  std::vector<DidMid> rows;
  std::vector<DidRef> keep_receipts;
  std::vector<DidReceipt> drop_receipts;
  // Receipts for senders held here, sent after the commit. A sender whose device has logged in since has its session
  // elsewhere, and this worker has not heard of that yet. The receipt is then stored as well, and the answer has it
  // among keep_receipts.
  std::vector<ToTell> tell{};
  uint64_t store = 0;  // generation in which the rows were read; in a later one nothing is done
};
struct RemoveDone {
  Code code = Code::kOk;
  RemoveBatch batch;  // as asked, and in keep_receipts also those of `tell` that were stored
  uint64_t store = 0;
};

// Checks every few seconds whether the database takes writes.
struct Probe {};
struct Probed {
  Code code = Code::kOk;
  std::string why{};  // one line, unless kOk
  uint64_t store = 0;
};

// Bounds the states of groups that are kept. A state counts for the user who signed it: epoch 1 of a group, then the
// epochs after those that named the user as admin. Nothing is given back, because readers check the chain of states
// from the first on, also of a deleted group.
struct GroupBudget {
  uint64_t epochs_a_day = UINT64_MAX;  // of one user, in 24 hours that begin with the first of them
  uint64_t user_bytes = UINT64_MAX;    // states of one user
  uint64_t all_bytes = 0;              // states of all users; 0: no limit
};
// Stores a new group (epoch 1) or the next epoch of one. Answered kOk as well when this epoch has this state already,
// whatever the budget.
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

// Deletes, a slice at a time: bodies that no device waits for, messages that waited too long, devices that nobody
// logged in to for too long.
struct Reap {
  std::vector<uint64_t> mids{};      // messages whose rows were removed lately
  std::vector<uint64_t> attached{};  // dids in use, however long ago they logged in
};
struct Reaped {
  uint64_t messages = 0, devices = 0;  // expired
};

// ---- reader

// Reads rows of one device's queue, oldest first, without those in `held`; at most `limit` rows.
struct Drain {
  SessionId session = 0;
  uint64_t did = 0;
  std::vector<uint64_t> held;
  uint32_t limit = 0;
  bool receipts = false;  // also the stored receipts, at most 1,000
  uint64_t store = 0;     // the newest generation seen by this worker; the store does not read from an older one
};
struct QueuedMessage {
  uint64_t mid = 0, from_did = 0, ref = 0, to_uid = 0;
  uint64_t from_uid = 0, to_gid = 0;  // to_gid 0: for one person
  Bytes envelope{};
  bool quiet = false;  // its sender gets no receipt: a stranger, or the device's user is only invited to the group
};
struct StoredReceipt {
  uint64_t id = 0, ref = 0;
  uint64_t member = 0;  // uid, of a message to a group
};
struct Drained {
  SessionId session = 0;
  Code code = Code::kOk;
  std::vector<QueuedMessage> rows;
  bool more = false;  // the limit cut the rows off
  std::vector<StoredReceipt> receipts;
  uint64_t store = 0;
};

struct Lookup {
  int64_t asked_at = 0;  // us, time of the question; the reply carries it for the directory
  std::vector<std::string> names;
};
struct UserRow {
  std::string name;
  uint64_t uid = 0;
  Bytes public_key;
  uint64_t mailbox = 0;           // did
  std::vector<uint64_t> devices;  // dids, without the mailbox
  v1::Strangers strangers = v1::TAKE;
  bool blocks = false;  // the user blocked somebody
};
struct LookedUp {
  int64_t asked_at = 0;
  Code code = Code::kOk;
  std::vector<std::string> names;  // as asked
  std::vector<UserRow> users;      // the existing ones
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
  std::vector<uint64_t> pending_refs{};  // in hand at this worker; come back untouched
};
struct Queried {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  std::vector<uint64_t> queued, unknown, pending;  // refs
  // Members who do not have a group message among `queued` yet. Sorted.
  struct Waiting {
    uint64_t ref = 0, member = 0;  // uid
    auto operator<=>(const Waiting&) const = default;
  };
  std::vector<Waiting> waiting{};
  // Refs of messages to one person who has the message; only other devices of that person wait.
  std::vector<uint64_t> delivered{};
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
  bool invited = false;          // has neither accepted the group nor is open to its admin
};
struct GroupRow {
  Bytes group_id{};
  uint64_t gid = 0, epoch = 0;
  uint64_t changes = 0;                // when it equals Wanted::changes, `members` is left empty
  std::vector<GroupMember> members{};  // members of the newest kEpochsBack epochs and of now, by uid and since
};
struct GroupsLookedUp {
  int64_t asked_at = 0;
  Code code = Code::kOk;
  std::vector<Bytes> group_ids{};  // as asked
  std::vector<GroupRow> groups{};  // the existing ones, also deleted ones
};
// The most epochs behind the newest for which a message may be sealed.
inline constexpr uint64_t kEpochsBack = 8;

// Reads the states of a group from an epoch on, for a user who is or was a member.
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

// Reads the changes of a user's key.
struct ListRekeys {
  SessionId session = 0;
  uint64_t request = 0;
  std::string name{};
};
struct RekeyList {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;  // kUnknownUser: nobody has the name
  Bytes first_public_key{};
  std::vector<Bytes> rekeys{};  // the oldest first
};
// Reads the groups that a user is in, at most 8,192.
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
    std::variant<InsertBatch, RemoveBatch, RemoveDevice, RenameDevice, PutVault, PutVaultParts, Probe, PutGroup,
                 LeaveGroup, DeleteGroup, PutContacts, PutCard, RedeemCard, Drain, Lookup, QueryOpen, ListDevices,
                 ListRekeys, GetVault, GetVaultParts, Sweep, GroupLookup, GetGroup, ListGroups, ListContacts,
                 StandingLookup, ReadLogHead, ReadLogProofs, ReadLogLeaves, Reap>;
using StoreReply = std::variant<InsertDone, RemoveDone, DeviceGone, DeviceRenamed, VaultPut, VaultPartsPut, Probed,
                                Reaped, GroupChange, ContactsPut, CardPut, CardRedeemed, Drained, LookedUp, Queried,
                                DeviceList, RekeyList, VaultRow, VaultPartRows, Swept, GroupsLookedUp, GroupStates,
                                GroupList, ContactList, StandingsLookedUp, LogRead>;

enum class Lane { kWriter, kReader, kSweeper };
// Returns the lane. The writer's requests come before Drain in StoreRequest. RemoveDevice, and a PutContacts that drops
// messages, are the sweeper's, beside the writer, because a device's queue can be long.
inline Lane lane_of(const StoreRequest& r) {
  const auto* put = std::get_if<PutContacts>(&r);
  const bool long_one = std::holds_alternative<RemoveDevice>(r) || (put != nullptr && put->drops());
  if (std::holds_alternative<Reap>(r) || long_one) return Lane::kSweeper;
  return r.index() < StoreRequest(Drain{}).index() ? Lane::kWriter : Lane::kReader;
}
// Returns the lane. The writer's replies come before Drained in StoreReply.
inline Lane lane_of(const StoreReply& r) {
  const auto* put = std::get_if<ContactsPut>(&r);
  const bool long_one = std::holds_alternative<DeviceGone>(r) || (put != nullptr && put->dropped);
  if (std::holds_alternative<Reaped>(r) || long_one) return Lane::kSweeper;
  return r.index() < StoreReply(Drained{}).index() ? Lane::kWriter : Lane::kReader;
}

// Executes one request, blocking. Environment errors come back as codes in the reply, never as exceptions.
class Store {
 public:
  virtual ~Store() = default;
  virtual StoreReply run(StoreRequest request) = 0;
};

}  // namespace fastchat::worker
