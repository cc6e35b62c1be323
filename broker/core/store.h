// What the broker asks of its database, as plain data, and the interface that answers. The engine makes StoreRequests
// and gets StoreReplies with the same id; a store thread (or the simulator) runs `execute` in between. Pure data and an
// interface: no connection, no thread here. Every method is one transaction: all of it happened or nothing did, and a
// reply of BUSY means that the database did not answer, so the request may be repeated (each is idempotent or, as
// enter_device, harmless when done twice).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::broker {

// A new account. invite_hash is empty when registration is open, else the hash of a token of which one use is taken.
struct NewUser {
  std::string name;
  Bytes public_key;
  Bytes identity_blob;
  Bytes vault;
  Bytes verifier;     // 32 bytes
  Bytes invite_hash;  // 32 bytes or empty
};

struct FindLogin {
  std::string user;
};

// What verifying needs and no more: the size of the blobs would tell known users from unknown ones by time. An unknown
// user is a row too, with uid 0 and a verifier that nothing hashes to.
struct LoginRow {
  int64_t uid = 0;
  Bytes verifier;  // 32 bytes
};

struct EnterDevice {
  int64_t uid = 0;
  Bytes device;  // 16 bytes, not all zero
  std::string device_name;
};

struct Entered {
  int64_t did = 0;
  int64_t session_epoch = 0;  // from 1
  bool is_new = false;        // since it was made, no adopt_queue was done for it
  Bytes identity_blob;
  Bytes vault;
  int64_t vault_version = 0;
};

// Once every worker knows a new device: what was queued meanwhile for others of its user, or the mailbox, is its as
// well. From then on the device is not new; a login that ended before leaves it new, whatever crashed.
struct AdoptQueue {
  int64_t uid = 0;
  int64_t did = 0;
};

struct StoreRequest {
  uint64_t id = 0;
  std::variant<NewUser, FindLogin, EnterDevice, AdoptQueue> body;
};

struct StoreReply {
  uint64_t id = 0;
  Result<std::variant<Unit, LoginRow, Entered>> body = err(Code::kInternal, "no reply");
};

class Store {
 public:
  virtual ~Store() = default;

  // Creates the user and its mailbox (a device of sixteen zero bytes). BAD_INVITE: no such token, used up or expired
  // (asked first: without a token nobody learns which names exist). NAME_TAKEN: the name exists. The same user with the
  // same key, blob and verifier again is a success that takes no second use of the token: the answer to the first try
  // got lost.
  virtual Result<> sign_up(const NewUser& user) = 0;

  // One round trip, the same for known and unknown users.
  virtual Result<LoginRow> login_row(const std::string& user) = 0;

  // Registers the device or renames it, raises its session_epoch, and hands out blob and vault; one round trip. A new
  // device gets every message still queued for another device of the user; and whatever the mailbox holds moves to all
  // devices of the user. UNKNOWN_USER when the uid does not exist.
  virtual Result<Entered> enter_device(const EnterDevice& device) = 0;

  // The same for messages that came after enter_device; the device is new no longer. Nothing for a device that is gone.
  virtual Result<> adopt_queue(int64_t uid, int64_t did) = 0;

  // A registration token, by its hash (32 bytes), good for `uses` accounts until `expires_s` from now (0: for ever).
  virtual Result<> create_invite(const Bytes& token_hash, int uses, int64_t expires_s) = 0;

  // The first broker writes `mine` (16 bytes); later ones must have the same: WRONG_REALM.
  virtual Result<> claim_realm(const Bytes& mine) = 0;
};

// Runs one request; the reply carries its id.
StoreReply execute(Store& store, const StoreRequest& request);

}  // namespace fastchat::broker
