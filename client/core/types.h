// The values that pass between the client's core and its owner. Plain data: no behaviour, no ownership of anything
// but bytes. Times are milliseconds of a monotonic clock that the owner reads; the core reads none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::core {

// The address where a broker or a worker listens, and the CURVE key that it must prove to have.
struct Endpoint {
  std::string address;  // tcp://host:port
  Bytes server_key;     // 32 bytes
};

// Data that a new account sends once, before its first login. Sizes: PROTOCOL.md section 7.
struct SignUpData {
  Bytes public_key, identity_blob, vault, verifier;
  std::string invite;
};

// With `auth` the login is by password, otherwise by a secret of the device. Secrets need a broker of version 2.
struct Credentials {
  std::string user;
  Bytes auth;    // 32 bytes, or empty; dropped once the device has a secret
  Bytes device;  // 16 bytes
  std::string device_name;
  std::optional<SignUpData> sign_up;  // removed once the broker has answered signed_up
  Bytes next_secret{}, next_hash{};   // with `auth`: the secret of later logins, and its hash for the broker
  Bytes replaces{};                   // with `auth`: the device to remove when there are too many, 16 bytes or empty
  bool changes_password = false;      // with `auth`: Engine::change_password() follows the login
  bool deletes_account = false;       // with `auth`: Engine::delete_account() follows the login
  std::vector<Bytes> secrets{};       // without `auth`: tried in turn, 32 bytes each
};

struct LoggedIn {
  Bytes identity_blob, vault;  // the blob is empty after a login by secret
  uint64_t vault_version = 0;
  Bytes secret{};  // the device's secret for later logins; empty: the broker supports none
  bool by_password = false;
  uint32_t version = 1;  // of the protocol, on the broker's link
  uint64_t rekeys = 0;   // changes of the user's key that the server has; version 3
};

// The parts of a password change, which the owner has on disk before they are sent.
struct PasswordChange {
  Bytes verifier, identity_blob, vault;
  uint64_t vault_version = 0;
  // A change of the user's key too; empty and 0: the key stays. Needs a broker of version 3.
  Bytes public_key{};
  std::vector<Bytes> rekeys{};
  uint64_t rekey = 0;
};

struct DeviceRecord {
  Bytes id;  // 16 bytes
  std::string name, address;
  int64_t created_ms = 0, last_login_ms = 0;
  bool online = false;
};

// The reason for the end of a link, as the owner's socket monitor saw it.
enum class LinkLoss : uint8_t {
  kUnreachable,  // no TCP connection
  kHandshake,    // TCP connected, CURVE did not complete: wrong key, or the peer refused us
  kClosed,       // the link was up before
};

// One row per state in link.cc's table. kEnded is final until the next start().
enum class LinkState : uint8_t {
  kOffline,
  kBrokerHello,
  kSigningUp,
  kLoggingIn,
  kAwaitingAssignment,
  kFetchingVault,
  kChangingPassword,
  kAttaching,
  kDraining,
  kLive,
  kEnded,
};
const char* name(LinkState state);

// The note to the person about a state. code is kOk for progress, otherwise the reason for the state.
struct LinkStatus {
  Code code = Code::kOk;
  std::string text;                     // one line
  int64_t retry_after_ms = 0;           // with kOffline: the wait until the next try
  std::string worker;                   // with kAttaching and later
  uint64_t vault_version = 0;           // with kDraining: of the stored vault, 0 when the worker does not know it
  uint64_t session_epoch = 0;           // with kAttaching and later: the broker raises it with each login of the device
  std::vector<DeviceRecord> devices{};  // with kTooManyDevices: the devices, of which one must be removed
  // With kPasswordNeeded: the broker knows no such user, device or secret. It did not ask for the password.
  bool unknown = false;
  Bytes log_key{};  // with kDraining: the key of the log of keys that the broker told, 32 bytes or empty
};

// An outgoing sealed message. The owner has it on disk before submit().
struct Outgoing {
  uint64_t ref = 0;    // unique on this device for ever, rising
  std::string to{};    // a user; empty when `group` is set
  Bytes group{};       // 32 bytes, or empty
  uint64_t epoch = 0;  // with `group`: the epoch it was sealed for
  Bytes stream{};      // 16 bytes
  uint64_t seq = 0;
  Bytes envelope{};         // may be empty when it is on disk only (see Ports::load_envelope)
  bool queued = false;      // already accepted in an earlier session
  bool maybe_sent = false;  // restored from disk: the server is queried before a send
  // For a group message: the number of other members and, when restored, the content of its receipts so far.
  uint64_t members = 0, delivered = 0;
  std::vector<uint64_t> waiting{};  // numbers of members without the message
  std::vector<uint64_t> have{};     // numbers of members whose stored receipt arrived
};

// A sealed signal for clients that are online now. A signal may get lost and is never repeated.
struct Signal {
  std::string to{};    // a user; empty when `group` is set
  Bytes group{};       // 32 bytes, or empty
  uint64_t epoch = 0;  // with `group`
  Bytes envelope{};
};

enum class ReceiptState : uint8_t {
  kQueued,
  kDelivered,  // of a group message: every member has it
  kFailed,
  kStale,     // sealed for an epoch of the group that is too old: the owner seals it anew, with another ref
  kConflict,  // the server has another message under its identity: the owner seals it anew, in a new stream
};
struct Receipt {
  uint64_t ref = 0;
  ReceiptState state = ReceiptState::kQueued;
  Code code = Code::kOk;   // with kFailed, kStale and kConflict
  uint64_t stored_id = 0;  // not 0: call Engine::on_receipt_written(stored_id) once the receipt is on disk
  // For a group message, with kQueued and kDelivered. A nonzero `member` (a number that the server assigned) has the
  // message now, and may be reported again. A receipt with `member` 0 replaces the earlier ones.
  uint64_t member = 0;
  uint64_t delivered = 0;           // number of members that have the message
  std::vector<uint64_t> waiting{};  // members without the message
};

// The identity of a message (docs/e2e.md): the sender's key, the stream and the place in the stream.
struct MessageKey {
  Bytes from_fpr;  // 32 bytes
  Bytes stream;    // 16 bytes
  uint64_t seq = 0;
  auto tie() const { return std::tie(from_fpr, stream, seq); }
  bool operator<(const MessageKey& o) const { return tie() < o.tie(); }
  bool operator==(const MessageKey& o) const { return tie() == o.tie(); }
};

// The owner's verdict on an envelope.
enum class Verdict : uint8_t {
  kMessage,     // passed every check
  kDuplicate,   // received before, here or on another device of this user
  kQuarantine,  // cannot be shown, with a reason
};
struct OpenResult {
  Verdict verdict = Verdict::kQuarantine;
  // Empty only with kQuarantine, when no signature proves the sender. With a key a quarantined message keeps its place
  // in the stream.
  std::optional<MessageKey> key;
  Bytes hash;  // of the envelope, 32 bytes; with a key
  std::string reason;
  // The stream may begin before this user joined the conversation (a later member of a group).
  bool begins_anywhere = false;
};

// One step in the display of a stream, in the order to show it.
struct DisplayStep {
  enum class Kind : uint8_t {
    kMessage,
    kLate,  // shown after messages that follow it, or already received on another device
    kHole,  // seq to last_seq did not arrive; they may still arrive, as kLate
  };
  Kind kind = Kind::kMessage;
  uint64_t seq = 0;
  uint64_t last_seq = 0;
};

// One transaction for the owner's disk, written whole or not at all, in the order of `id`.
struct PendingWrite {
  enum class Kind : uint8_t {
    kMessage,     // store the message of `arrival` with its dedup mark (key -> hash)
    kQuarantine,  // store the envelope of `arrival` with `reason`; with its dedup mark when key.seq is not 0
    kRelease,     // nothing new, only `shows` (a hole timed out)
  };
  uint64_t id = 0;
  Kind kind = Kind::kMessage;
  uint64_t arrival = 0;  // as given to Ports::open_envelope; 0 with kRelease
  MessageKey key;        // with kRelease: its stream, seq is 0
  Bytes hash;
  std::string reason;
  uint64_t shown_upto = 0;         // the stream's mark after this write
  bool joined = false;             // true when this device has shown a part of the stream
  std::vector<DisplayStep> shows;  // empty: the message is held back
};

// The state of a stream on disk.
struct StreamMark {
  uint64_t shown_upto = 0;  // every message up to it was shown or is in a shown hole
  bool joined = false;      // false: only known from another device's marks, or not at all
  std::vector<uint64_t> held;
};

}  // namespace fastchat::core
