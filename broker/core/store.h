// The broker's requests to its database, as plain data, and the interface that answers them. The engine makes
// StoreRequests and gets StoreReplies with the same id; a store thread (or the simulator) runs `execute` in between.
// Pure data and an interface: no connection, no thread here. Every method is one transaction, all or nothing. A reply
// of BUSY means that the database did not answer, so the request may be repeated (each is idempotent or, like
// log_in_device, harmless when done twice). A store with a log key appends to the log of keys in the transactions of
// sign-up, change of the key and deletion.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "broker/core/log_signer.h"
#include "common/bytes.h"
#include "common/result.h"
#include "proto/client.pb.h"

namespace fastchat::broker {

// A new account. invite_hash is empty when registration is open, else the hash of a token of which one use is taken.
struct NewUser {
  std::string name;
  Bytes public_key;
  Bytes identity_blob;
  Bytes vault;
  Bytes verifier;     // 32 bytes
  Bytes invite_hash;  // 32 bytes or empty
  v1::Strangers strangers = v1::TAKE;
};

struct FindLogin {
  std::string user;
  Bytes device{};  // 16 bytes
};

// The fields that verification needs, without blobs: the time to read a blob would tell known users from unknown ones.
// An unknown user gives a row too, with uid 0 and a verifier that nothing hashes to.
struct LoginRow {
  int64_t uid = 0;
  Bytes verifier{};           // 32 bytes
  bool device_known = false;  // the user has this device
  bool device_ended = false;  // the device was removed
  Bytes secret_hash{};        // 32 bytes, or empty: the device has none
};

// A login that was verified by password or by secret. The store checks the proof again when it writes the row, because
// a removal or a change of the password may have come in between.
struct LogInDevice {
  int64_t uid = 0;
  Bytes device{};  // 16 bytes, not all zero
  std::string device_name{};
  Bytes verifier{};     // by password: the verifier that matched
  Bytes held_hash{};    // by secret: the hash that matched; `verifier` is empty then
  Bytes secret_hash{};  // by password: stored for the next logins; empty: the stored hash stays
  Bytes replaces{};     // by password: a device that is removed when there are too many; may be empty
  std::string address{};
  int64_t max_devices = 20;
  int64_t new_an_hour = 10;  // devices
};

struct DeviceInfo {
  Bytes device{};
  std::string name{};
  int64_t created_ms = 0, last_login_ms = 0;
  std::string address{};
};

// A device whose sessions and grants end.
struct EndedDevice {
  int64_t did = 0;
  int64_t session_epoch = 0;  // sessions from this epoch on are accepted again; 0: none ever
};

struct LoggedInDevice {
  // kOk; kTooManyDevices: `devices` lists them; kThrottled: too many new devices, wait `retry_ms`; kDeviceEnded: the
  // device was removed; kPasswordNeeded: the secret is no longer valid; kBadCredentials: the password was changed
  // meanwhile.
  Code code = Code::kOk;
  int64_t did = 0;
  int64_t session_epoch = 0;  // from 1
  bool is_new = false;        // adopt_queue was never completed for the device
  bool mail_waits = false;    // the mailbox holds something, so adopt_queue is needed
  Bytes identity_blob{};      // empty after a login by secret
  Bytes vault{};
  int64_t vault_version = 0;
  int64_t rekeys = 0;      // changes of the user's key
  EndedDevice replaced{};  // did 0: none
  std::vector<DeviceInfo> devices{};
  int64_t retry_ms = 0;
};

// Gives a new device, once every worker has its Invalidate, the messages queued for the other devices of its user, and
// those in the mailbox. With the last slice the device is no longer new; a login that ended before leaves the device
// new, even after a crash. One request handles one slice, and the store keeps the position beside the device.
struct AdoptQueue {
  int64_t uid = 0;
  int64_t did = 0;
};
struct Adopted {
  bool more = false;  // ask again
};

// A change of the user's key. The store appends the changes that it lacks.
struct NewKey {
  Bytes public_key{};           // empty: the key stays
  std::vector<Bytes> rekeys{};  // the changes that lead to the key, the oldest first
  int64_t number = 0;           // of the last one, from 1
};

// A change of the password: replaces the verifier if the old one matches, and raises the vault's version by one.
struct NewPassword {
  int64_t uid = 0;
  Bytes device{};        // the asking device, which keeps its secret
  Bytes old_verifier{};  // 32 bytes, as the new one
  Bytes verifier{};
  Bytes identity_blob{};
  Bytes vault{};
  int64_t vault_version = 0;  // the new version
  NewKey key{};
};
struct PasswordStored {
  // kOk; kBadCredentials: the stored verifier is another; kConflict: the stored vault is another version, or the stored
  // changes of the key are not those before NewKey::rekeys; kDeviceEnded.
  Code code = Code::kOk;
  std::vector<EndedDevice> others{};  // devices that need the new password
};

// The end of an account. The name stays, so that nobody else ever gets it.
struct DeleteUser {
  int64_t uid = 0;
  Bytes device{};    // the asking device
  Bytes verifier{};  // 32 bytes, must be the stored one
};
struct UserDeleted {
  // kOk; kBadCredentials: the stored verifier is another; kDeviceEnded; kOwnsGroups: `groups` has names of groups with
  // other members of which the user is the admin.
  Code code = Code::kOk;
  std::vector<std::string> groups{};
  std::vector<int64_t> dids{};  // the devices, whose sessions and grants end
};

// Reads parts of the vault of a user who has logged in, until an answer is full.
struct ReadParts {
  int64_t uid = 0;
  std::vector<Bytes> hashes{};
};
struct PartsRead {
  size_t looked = 0;           // hashes that were looked up, from the first on
  std::vector<Bytes> parts{};  // those of them that are here, in the order asked
};

struct StoreRequest {
  uint64_t id = 0;
  std::variant<NewUser, FindLogin, LogInDevice, AdoptQueue, NewPassword, DeleteUser, ReadParts> body;
};

// The lanes before the store threads. One user or address holds at most `of_one` places of a lane.
enum class Lane { kFind, kWrite, kAdopt };
inline constexpr size_t kLanes = 3;
struct LaneShape {
  size_t threads = 0, of_one = 0;
};
constexpr LaneShape shape_of(Lane lane) {
  return lane == Lane::kFind ? LaneShape{2, 2} : lane == Lane::kWrite ? LaneShape{3, 1} : LaneShape{1, 1};
}
inline Lane lane_of(const StoreRequest& request) {
  if (std::holds_alternative<FindLogin>(request.body)) return Lane::kFind;
  return std::holds_alternative<AdoptQueue>(request.body) ? Lane::kAdopt : Lane::kWrite;
}

using StoreAnswer = std::variant<Unit, LoginRow, LoggedInDevice, Adopted, PasswordStored, UserDeleted, PartsRead>;
struct StoreReply {
  uint64_t id = 0;
  Result<StoreAnswer> body = err(Code::kInternal, "no reply");
};

struct LogSlice {
  int64_t after = 0;   // the last uid
  uint64_t added = 0;  // leaves
  bool more = false;
};

class Store {
 public:
  virtual ~Store() = default;

  // Creates the user and its mailbox (a device of sixteen zero bytes). BAD_INVITE: the token does not exist, is used up
  // or has expired (checked first: without a token nobody learns which names exist). NAME_TAKEN: the name exists. A
  // repetition with the same key, blob and verifier succeeds and takes no second use of the token, because the answer
  // to the first try may have got lost.
  virtual Result<> sign_up(const NewUser& user) = 0;

  // Reads a login row in one round trip, the same for known and unknown users.
  virtual Result<LoginRow> login_row(const std::string& user, const Bytes& device) = 0;

  // Registers the device, or gives it the client's name for it unless a person gave it one. Raises its session_epoch,
  // and hands out the vault (by password: the blob too). A device that was removed is never registered again.
  // UNKNOWN_USER when the uid does not exist.
  virtual Result<LoggedInDevice> log_in_device(const LogInDevice& device) = 0;

  // Handles a slice of at most kAdoptRows rows. Moves the mailbox's messages and files to all devices of the user.
  // Gives a new device a copy of every message and file still queued for another device of the user. With the last
  // slice the device is no longer new. Does nothing for a device that is gone.
  static constexpr int64_t kAdoptRows = 500;
  virtual Result<Adopted> adopt_queue(int64_t uid, int64_t did) = 0;

  // Changes the password, and the key if one is given. The other devices lose their secrets, and their session epochs
  // rise. A repetition with the same verifier and blob succeeds, because the answer to the first try may have got lost.
  virtual Result<PasswordStored> change_password(const NewPassword& change) = 0;

  // Deletes the account in one transaction: the password, the keys, the vault and the devices end, and the user leaves
  // all groups. A group without other members ends. The queues of the devices go later, a slice at a time (the worker's
  // Reap). A repetition succeeds, because the answer to the first try may have got lost.
  static constexpr int64_t kMaxOwned = 256;  // names of groups
  virtual Result<UserDeleted> delete_user(const DeleteUser& user) = 0;

  virtual Result<PartsRead> read_parts(const ReadParts& asked) = 0;

  // Stores a registration token by its hash (32 bytes), valid for `uses` accounts and for `expires_s` seconds from now
  // (0: for ever).
  virtual Result<> create_invite(const Bytes& token_hash, int uses, int64_t expires_s) = 0;

  // Begins the log of keys under the store's log key, or checks that the log is kept under this key. A store without a
  // key checks that there is no log; once there is one, it makes no key and ends none (BUSY). Fails with kLocalUsage
  // and a line for a person, also when the leaves of a log have lost their head. Returns whether the log is complete:
  // if not, catch_up_log() comes before the broker serves. For start-up, after claim_realm().
  virtual Result<bool> claim_log() = 0;
  // Reads at most kLogSlice users behind uid `after`, and appends the leaves that they lack, in order of uid: the
  // newest key of each user whose newest leaf is another one or none, and the end of each account whose newest leaf is
  // a key. Users who were deleted before they had a leaf get none. The last slice makes the log complete, if the first
  // one was behind uid 0. For a store with a log key, after claim_log().
  static constexpr int64_t kLogSlice = 1'000;
  virtual Result<LogSlice> catch_up_slice(int64_t after) = 0;
  // Runs all slices, with `each` after each one. Returns the number of new leaves.
  Result<uint64_t> catch_up_log(const std::function<void(const LogSlice&)>& each = [](const LogSlice&) {});

  // Stores `mine` (16 bytes) as the realm when there is none yet. Fails with WRONG_REALM when the stored realm is
  // another.
  virtual Result<> claim_realm(const Bytes& mine) = 0;
};

// Runs one request; the reply carries its id.
StoreReply execute(Store& store, const StoreRequest& request);

}  // namespace fastchat::broker
