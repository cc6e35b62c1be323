// The interface from a session to the screen and to commands: the values that people see, and the Listener that
// receives them. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/core/types.h"
#include "client/e2e/safety_number.h"
#include "client/e2e/secret.h"
#include "client/runtime/peer_name.h"
#include "client/store/store.h"
#include "common/result.h"

namespace fastchat::client {

using MessageState = store::State;

// kWaiting: a line at the end of a group's conversation with the number of messages that wait for a key; it has no row.
enum class MessageKind { kText, kFile, kPoll, kHole, kNotice, kUnreadable, kOther, kWaiting };
const char* name(MessageKind kind);
// Returns true for a kind that people write: no notice, no hole.
bool is_content(MessageKind kind);
const char* name(MessageState state);

// The file that a FILE message describes. Name and type come from its sender, sanitised.
struct FileView {
  enum class State { kNone, kPartial, kHere, kGone };  // on this device; kGone: the server no longer has the file
  std::string name, media_type;
  uint64_t size = 0;
  State state = State::kNone;
  std::string path;  // with kHere
};
const char* name(FileView::State state);

struct PollOption {
  std::string text;
  std::vector<std::string> voters;  // in alphabetical order
};
struct PollView {
  std::string question;
  std::vector<PollOption> options;
};

struct Reaction {
  std::string from, emoji;  // emoji: sanitised
  std::string as_sent{};    // before it was sanitised; empty: the same
  bool mine = false;
};

// A line of a conversation, its text already sanitised.
struct ChatMessage {
  std::string id;  // the same for sender and receivers; empty for holes and notices
  int64_t row = 0, position = 0;
  PeerName peer;
  std::string from, text;
  std::string as_sent;  // the text before it was sanitised, for programs; empty: the same
  MessageKind kind = MessageKind::kText;
  int64_t sent_ms = 0, received_ms = 0;
  bool mine = false;
  bool late = false;           // a later message of its stream was shown before it
  bool seen = true;            // false: not seen by a person yet
  bool first_contact = false;  // the sender was not known before
  uint64_t ref = 0;            // not 0: sent from this device
  MessageState state = MessageState::kReceived;
  Code failure = Code::kOk;
  std::optional<FileView> file;  // with kFile
  std::optional<PollView> poll;  // with kPoll; `text` has the same for people to read
  // Of an own message to a group: the number of other members, of those who have it, and of those who read it.
  uint32_t members = 0, delivered = 0, read = 0;
  std::string device;                    // with kNotice: this user's device that the notice is about, 32 hex digits
  std::string reply_to;                  // id of the answered message, when that is here
  bool edited = false, deleted = false;  // deleted: the text is empty
  std::vector<Reaction> reactions;
  std::string mentioned{};  // this user's name, when another user names it in a group
  bool request = false;     // of a stranger, or in a group of a stranger, that this user has not answered
  bool hidden = false;      // of a blocked user in a group: the text says so, and nothing else is told
};

// Returns the text as its sender wrote it: for JSON, never for a terminal.
inline const std::string& exact_text(const ChatMessage& message) {
  return message.as_sent.empty() ? message.text : message.as_sent;
}

// An entry of the list of conversations.
struct ConversationInfo {
  PeerName peer;
  int64_t last_position = 0;
  int64_t last_ms = 0;  // arrival of the last message, Unix ms
  uint64_t unseen = 0;
  bool mentioned = false;  // a message of a group that nobody looked at names this user
  bool wrote = false;      // this user wrote something in it
  bool request = false;    // of a stranger, or a group of a stranger, that this user has not answered
  bool blocked = false;    // with a user whom this user blocked
};

// A stranger who wrote to this user, or a group of a stranger, without an answer of this user.
struct RequestInfo {
  PeerName peer;
  std::string from;  // the stranger; of a group its admin
  std::string text;  // the first words, one line; empty: nothing was written yet
  uint64_t messages = 0;
  int64_t since_ms = 0;      // arrival of the first message, Unix ms; 0: nothing was written yet
  std::string fingerprint;   // of the stranger's key, 64 hex digits; empty when it is not known
  uint64_t members = 0;      // of a group
  bool admin_is_me = false;  // a stranger made this user the admin of the group
};

// The place of a position in a conversation.
struct PlaceInfo {
  uint64_t before = 0, all = 0;  // lines
};

// All details of one message.
struct MessageInfo {
  // The relation of the key that signed the message to the key that is now known for its sender.
  enum class Key { kOwn, kVerified, kNotCompared, kOther, kUnknown };
  ChatMessage message;
  Key key = Key::kUnknown;
  std::string fingerprint;           // of the key that signed the message, hex
  std::vector<std::string> read_by;  // members who have read an own message to a group, in alphabetical order
};

struct SendOptions {
  std::string reply_to;  // id of a message of the same conversation
  // A name that the caller chose. A second send under this name returns the first message, in whatever state.
  std::string name{};
};

// The results of a search since its previous part, newest first.
struct SearchPart {
  std::vector<ChatMessage> found;
  bool last = false;  // true: the last part
};

struct ReceiptEvent {
  uint64_t ref = 0;
  int64_t row = 0;  // of the message; stays when the message is sealed again, which changes ref and id
  std::string id;
  PeerName peer;
  MessageState state = MessageState::kQueued;
  Code failure = Code::kOk;
  std::string text;                               // with kFailed: one line
  uint32_t members = 0, delivered = 0, read = 0;  // of a message to a group
};

struct ConnectionEvent {
  core::LinkState state = core::LinkState::kEnded;
  Code code = Code::kOk;  // the reason for being offline or ended
  std::string text;       // one line, empty when all is well
  int64_t retry_after_ms = 0;
  std::string worker;
  int64_t latency_ms = -1;  // round trip to the worker, smoothed; -1: not known (yet)
};

// Returns "worker2, 3 ms" for a connection that is live.
std::string describe_live(const ConnectionEvent& event);

struct Notice {
  // kAccount: about this account itself (a new device, a restored server); also stored in the own conversation.
  // kRequest: a stranger wrote for the first time, or a stranger's group lists this user.
  enum class Kind { kInfo, kQuarantined, kKeyChanged, kDisk, kAccount, kRequest };
  Kind kind = Kind::kInfo;
  PeerName peer;  // may be empty
  std::string text;
};

// A file being uploaded or downloaded.
struct TransferInfo {
  enum class State { kRunning, kWaiting, kDone, kFailed, kExpired };
  std::string id;  // download: the message's id; upload: "upload-N"
  PeerName peer;
  std::string name;
  bool upload = false;
  uint64_t done = 0, size = 0;  // bytes
  uint64_t per_second = 0;      // 0: not known
  int64_t seconds_left = -1;    // -1: not known
  State state = State::kWaiting;
  std::string text;  // with kFailed and kExpired: one line
  std::string path;  // upload: the source; download: the file, with kDone
};
using TransferEvent = TransferInfo;
const char* name(TransferInfo::State state);

class Listener {
 public:
  virtual ~Listener() = default;
  // Reports a message, a hole or a notice that took its place in a conversation; own messages too.
  virtual void on_message(const ChatMessage&) {}
  virtual void on_receipt(const ReceiptEvent&) {}
  // Reports that a message reported before was edited, deleted or reacted to.
  virtual void on_changed(const ChatMessage&) {}
  // Reports that messages of a conversation were marked as read on this device.
  virtual void on_seen(const PeerName&) {}
  // Reports that the person accepted, refused or verified the key of a user on this device, or accepted, declined or
  // blocked the user on any device. Empty: many users, or the policy about strangers.
  virtual void on_trust(const std::string&) {}
  // Reports that a group (name without '#') changed, came or went, or that messages that waited for its key were
  // opened.
  virtual void on_group(const std::string&) {}
  virtual void on_connection(const ConnectionEvent&) {}
  // Reports a new latency_ms of a connection that stays live.
  virtual void on_latency(const ConnectionEvent&) {}
  virtual void on_notice(const Notice&) {}
  // Reports the users who now type in this conversation, among those who send typing signals; empty: nobody.
  virtual void on_typing(const PeerName& /*peer*/, const std::vector<std::string>& /*users*/) {}
  // Reports a transfer that began, progressed (at most ten times a second), waits or ended.
  virtual void on_transfer(const TransferEvent&) {}
};

struct AccountArgs {
  std::string user;
  e2e::Secret password;
  std::string invite_token;  // sign-up where registration is by invitation
  bool remember = true;      // false: stores nothing that opens the profile without the password
  std::string replaces;      // login: id of the device to remove when there are too many
};

struct SentMessage {
  uint64_t ref = 0;
  std::string id;
  int64_t row = 0;
};

struct DeviceInfo {
  std::string id, name;  // id: 32 hex digits
  int64_t created_ms = 0, last_login_ms = 0;
  bool online = false, this_one = false;
  std::string address{};  // address of the device's first login; empty: not known
};

// A user whose key is known here, or who is accepted or blocked.
struct ContactInfo {
  std::string user, fingerprint;  // of the known key, 64 hex digits; empty when it is not known
  int trust = 1;                  // content.proto's Trust; -1: the key is not known
  bool changed = false;           // another key is offered; sending is blocked
  int64_t since_ms = 0;
  int standing = 0;  // content.proto's ContactStanding
};

// A contact card of this user, for one person.
struct CardInfo {
  std::string line;
  int64_t until_ms = 0;  // Unix ms
};

struct VerifyInfo {
  std::string user;
  e2e::SafetyNumber number;          // with the pinned key
  int trust = 1;                     // content.proto's Trust
  bool changed = false;              // another key is offered; sending is blocked
  e2e::SafetyNumber changed_number;  // with that key
};

struct StatusInfo {
  bool has_profile = false, remembered = false;
  std::string user, device, fingerprint, realm;
  std::vector<std::string> endpoints;
  size_t outbox = 0, unaccepted = 0, unseen = 0, quarantined = 0;
  std::vector<ContactInfo> contacts;  // in alphabetical order
};

}  // namespace fastchat::client
