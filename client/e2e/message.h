// Sealing a message, and receiving one in the fixed order of docs/e2e.md (steps 1 to 8; to persist and to acknowledge
// are the caller's 9 and 10). Pure: what is pinned, seen and known of groups is asked through three small interfaces.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/envelope.h"
#include "client/e2e/group.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// The place of a message in its stream. `prev` is the hash of the stream's previous envelope, empty when seq is 1.
struct StreamPosition {
  Bytes stream;  // 16 random bytes, made once per device and conversation
  uint64_t seq = 0;
  Bytes prev;
};

struct SealedMessage {
  Bytes envelope;
  MessageId id;
  Bytes hash;  // becomes the next message's prev
};

// One signature and two wraps (recipient, self). Errors: content outside its limits.
Result<SealedMessage> seal_message(const Identity& from, const PeerKey& to, const StreamPosition& at,
                                   const Content& content, int64_t sent_ms, Random& random = system_random());

// One signature and one wrap, to the epoch key of `group`. kNotAllowed when the sender is not a member of that state.
Result<SealedMessage> seal_group_message(const Identity& from, const GroupState& group, const StreamPosition& at,
                                         const Content& content, int64_t sent_ms, Random& random = system_random());

// The content of a group message of one's own, back from its envelope, with the key of the epoch it was sealed for.
// Nothing but step 6 to 8 of receiving is checked: the envelope comes from this device's own disk.
Result<Content> reopen_group_message(ByteView envelope, const KeyPair& epoch_key);
// The same for a direct message of one's own: its second wrap opens with the key that sealed it.
Result<Content> reopen_own_message(ByteView envelope, const Identity& me);

// Whether `sender` signed this envelope as from_user. For a key that is not pinned yet: a name in a header costs
// nothing, so nobody is pinned for it alone.
bool signed_by(ByteView envelope, const PeerKey& sender);

struct Pinned {
  const PeerKey* key = nullptr;  // null: nothing is pinned for this user
  bool first_contact = false;    // pinned just now, not seen before
};
class Pins {
 public:
  virtual ~Pins() = default;
  // The key pinned for `user`, valid until the next call. Not asked about the reader himself.
  virtual Pinned find(std::string_view user) const = 0;
};

// Messages taken in before, including this device's own sent messages (else a server could show them to it again).
class ReplayMarks {
 public:
  virtual ~ReplayMarks() = default;
  struct Seen {
    Bytes hash;  // of the envelope; empty when only a high-water mark covers it
  };
  // nullopt when `id` was never taken in.
  virtual std::optional<Seen> seen(const MessageId& id) const = 0;
};

// State and key of an epoch of a group; null for one that is not held.
struct EpochView {
  const GroupState* state = nullptr;
  const KeyPair* key = nullptr;
};
class Groups {
 public:
  virtual ~Groups() = default;
  // The newest state that was followed to; null when the group is unknown. Valid until the next call.
  virtual const GroupState* current(ByteView group_id) const = 0;
  // One of the last 16 epochs or the current one. Valid until the next call of epoch().
  virtual EpochView epoch(ByteView group_id, uint64_t epoch) const = 0;
  // The state alone; null when it is not held. Valid as that of epoch().
  virtual const GroupState* state(ByteView group_id, uint64_t epoch_number) const {
    return epoch(group_id, epoch_number).state;
  }
  // The epoch that settles membership: a user missing in it, or in the current epoch if that is earlier, is no member.
  virtual uint64_t settled(ByteView /*group_id*/) const { return UINT64_MAX; }
};

enum class Outcome {
  kOpened,
  kDuplicate,   // same identity, same hash: acknowledge again, show nothing
  kAlarm,       // same identity, other hash: the sender signed two messages under one number
  kQuarantine,  // keep with `reason` and `why`, acknowledge
  kNeedsKey,    // nothing is pinned for header.from_user: look the key up, pin it, ask again
  kNeedsEpoch,  // a newer epoch, or one whose key has not come: keep as waiting, ask the admin's devices, ask again
                // later
};

enum class Reason {
  kNone,
  kTooLarge,
  kMalformed,
  kUnknownSuite,
  kWrongRealm,
  kKeyChanged,  // the sender's fingerprint is not the pinned one
  kBadSignature,
  kNotForMe,
  kStaleEpoch,  // more than 16 epochs old, or of an epoch that we hold no state of
  kWrongState,  // signed for another state of the group than ours of that epoch
  kNotMember,   // the sender is not listed, then or now
  kForked,      // prev is not the hash of the envelope we hold before it
  kCannotUnwrap,
  kCannotOpen,
  kBadContent,
  kStale,      // of a signal: not of this moment, or older than one that came
  kWrongKind,  // a group message that was sent to one user, or the other way round
};
// A word for logs and tests, as in "bad-signature".
std::string_view reason_name(Reason reason);

struct Received {
  Outcome outcome = Outcome::kQuarantine;
  Reason reason = Reason::kNone;
  std::string why;  // one line for a person, quotes nothing unsafe

  // Set once step 1 passed (every outcome but the first five reasons' quarantine); true only after step 3.
  Header header;
  Bytes hash;
  bool authentic = false;  // the signature was verified under the pinned key

  // kOpened only.
  Content content;
  bool own_copy = false;       // sent by this user (another device, or to himself)
  bool first_contact = false;  // show the sender as new
  bool gap = false;            // the envelope before it in the stream is not known here
  bool known = false;          // sealed anew, and taken in before under the identity it replaces: mark it, show nothing
};

// The way in which the server says that an envelope was sent: the header has to be of that kind.
enum class CameAs : uint8_t { kNotKnown, kDirect, kGroup };

// Never throws, never crashes on any bytes. `as_of`: of a group message that waited, the epoch that the reader stood at
// when it came (0: none); who was listed then is a member.
Received open_message(const Identity& me, ByteView envelope, const Pins& pins, const ReplayMarks& marks,
                      const Groups& groups, std::optional<uint64_t> as_of = std::nullopt,
                      CameAs came = CameAs::kNotKnown);

}  // namespace fastchat::e2e
