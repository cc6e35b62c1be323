// Seals a message, and receives one in the fixed order of docs/e2e.md (steps 1 to 8; the caller persists in step 9 and
// acknowledges in step 10). Pure: three small interfaces supply the pins, the replay marks and the groups.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/envelope.h"
#include "client/e2e/group.h"
#include "client/e2e/identity.h"
#include "client/e2e/prekey.h"

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

// Seals a direct message: one signature and two wraps (recipient, self). Fails when the content is outside its limits.
Result<SealedMessage> seal_message(const Identity& from, const PeerKey& to, const StreamPosition& at,
                                   const Content& content, int64_t sent_ms, Random& random = system_random());

// The prekeys to which a direct message of suite 2 is sealed. accept_prekey() took both, `to` under the key in use.
struct MessagePrekeys {
  Prekey to;
  Prekey own;  // the sender's newest; for a message to oneself the same as `to`
};
// Seals a direct message in suite 2, or in suite 1 without prekeys: suite_to_seal() has decided. Fails with
// kLocalUntrustedKey, too, when a prekey is of another key than the message, and with kLocalCrypto when its point keeps
// no secret.
Result<SealedMessage> seal_message(const Identity& from, const PeerKey& to, const StreamPosition& at,
                                   const Content& content, int64_t sent_ms,
                                   const std::optional<MessagePrekeys>& prekeys, Random& random = system_random());

// Seals a group message: one signature and one wrap, to the epoch key of `group`. kNotAllowed when the sender is not a
// member of that state.
Result<SealedMessage> seal_group_message(const Identity& from, const GroupState& group, const StreamPosition& at,
                                         const Content& content, int64_t sent_ms, Random& random = system_random());

// Returns the content of this user's own group message from its envelope, with the key of the epoch it was sealed for.
// Checks steps 6 to 8 of receiving only, because the envelope comes from this device's own disk.
Result<Content> reopen_group_message(ByteView envelope, const KeyPair& epoch_key);

// This user's own prekeys, and what is known of others'.
class Prekeys {
 public:
  virtual ~Prekeys() = default;
  // Returns the reader's own pair number `n` of the key `fpr`, valid until the next call; null when it was erased or
  // has not come yet. Of two pairs under one number (two devices, a restored copy) it returns the one with this hash.
  virtual const PrekeyPair* own(ByteView fpr, uint64_t n, ByteView hash) const = 0;
  // Returns true while the vault may still bring a pair number `n` of the key `fpr` that is not here.
  virtual bool awaited(ByteView fpr, uint64_t n) const = 0;
  // Returns what was seen of the prekeys of `user` under the key `fpr`. Also called for the reader's own name.
  virtual PrekeyView seen(std::string_view /*user*/, ByteView /*fpr*/) const { return {}; }
  // Returns true when the sender of this direct message of suite 1 may use only suite 2. Off unless a caller has the
  // input (docs/e2e.md, "No way back").
  virtual bool only_suite_2(const Header& /*header*/) const { return false; }
};

// Returns the content of this user's own direct message. Its second wrap opens with the key that sealed it, in suite 2
// also with the sender's own prekey of that time, which is kept as long as an unsent message names it. `prekeys` is
// null for a client that seals nothing in suite 2.
Result<Content> reopen_own_message(ByteView envelope, const Identity& me, const Prekeys* prekeys);

// Returns the identity that an envelope of this user's own disk has; nullopt when it does not parse. Checks no
// signature.
std::optional<MessageId> message_id(ByteView envelope);
// Returns true when `sender` signed this envelope as from_user. For a key that is not pinned yet: a name in a header
// proves nothing, so nobody is pinned for the name alone.
bool signed_by(ByteView envelope, const PeerKey& sender);

struct Pinned {
  const PeerKey* key = nullptr;  // null: nothing is pinned for this user
  bool first_contact = false;    // pinned just now, not seen before
};
class Pins {
 public:
  virtual ~Pins() = default;
  // Returns the key pinned for `user`, valid until the next call. Never called for the reader's own name.
  virtual Pinned find(std::string_view user) const = 0;
  // Returns a key that `user` changed a short time ago, so that what was signed before the change is still taken in;
  // null when this key does not count (any more). Also called for the reader's own name.
  virtual const PeerKey* former(std::string_view /*user*/, ByteView /*fpr*/) const { return nullptr; }
  // Returns true when both are fingerprints of `user`: equal, or joined by changes of the key, each signed by the key
  // before. Never called for the reader's own name.
  virtual bool same_line(std::string_view /*user*/, ByteView a, ByteView b) const { return a == b; }
};

// Messages received before, including this device's own sent messages (else a server could deliver them to it again).
// Returns true when both are fingerprints of `user`, who may be the reader.
bool same_holder(const Identity& me, const Pins& pins, std::string_view user, ByteView a, ByteView b);

class ReplayMarks {
 public:
  virtual ~ReplayMarks() = default;
  struct Seen {
    Bytes hash;  // of the envelope; empty when only a high-water mark covers it
  };
  // Returns nullopt when `id` was never received.
  virtual std::optional<Seen> seen(const MessageId& id) const = 0;
};

// State and key of an epoch of a group; a part that is not held is null.
struct EpochView {
  const GroupState* state = nullptr;
  const KeyPair* key = nullptr;
};
class Groups {
 public:
  virtual ~Groups() = default;
  // Returns the newest verified state; null when the group is unknown. Valid until the next call.
  virtual const GroupState* current(ByteView group_id) const = 0;
  // Returns one of the last 16 epochs or the current one. Valid until the next call of epoch().
  virtual EpochView epoch(ByteView group_id, uint64_t epoch) const = 0;
  // Returns the state alone; null when it is not held. Valid as long as that of epoch().
  virtual const GroupState* state(ByteView group_id, uint64_t epoch_number) const {
    return epoch(group_id, epoch_number).state;
  }
  // Returns the epoch that settles membership. A user missing in it, or in the current epoch if that is earlier, is no
  // member.
  virtual uint64_t settled(ByteView /*group_id*/) const { return UINT64_MAX; }
};

enum class Outcome {
  kOpened,
  kDuplicate,    // same identity, same hash: acknowledge again, show nothing
  kAlarm,        // same identity, other hash: the sender signed two messages under one number
  kQuarantine,   // keep with `reason` and `why`, acknowledge
  kNeedsKey,     // nothing is pinned for header.from_user: look the key up, pin it, call again
  kNeedsEpoch,   // a newer epoch, or one whose key is missing: keep as waiting, ask the admin's devices, retry later
  kNeedsPrekey,  // the vault may bring the prekey: hold the arrival without a mark, fetch the vault, call again
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
  kStaleEpoch,  // more than 16 epochs old, or of an epoch whose state is not held here
  kWrongState,  // signed for another state of that epoch than the one held here
  kNotMember,   // the sender is not listed, then or now
  kForked,      // prev is not the hash of the previous envelope held here
  kCannotUnwrap,
  kCannotOpen,
  kBadContent,
  kStale,        // of a signal: outside its time, or older than one already accepted
  kWrongKind,    // a group message that was sent to one user, or a direct one sent to a group
  kNoPrekey,     // sealed to a prekey of the reader's that was erased, or that never was
  kDowngrade,    // of suite 1, from a sender who may use only suite 2
  kOtherPrekey,  // names a number of the reader's with the hash of a prekey that is not here
};
// Returns true for reasons with which the sender did sign this place of the stream. Such a message leaves its mark, and
// the person sees that a message was there.
constexpr bool keeps_its_place(Reason reason) {
  switch (reason) {
    case Reason::kForked:
    case Reason::kCannotUnwrap:
    case Reason::kCannotOpen:
    case Reason::kBadContent:
    case Reason::kNoPrekey:
    case Reason::kDowngrade:
    case Reason::kOtherPrekey:
      return true;
    case Reason::kNone:
    case Reason::kTooLarge:
    case Reason::kMalformed:
    case Reason::kUnknownSuite:
    case Reason::kWrongRealm:
    case Reason::kKeyChanged:
    case Reason::kBadSignature:
    case Reason::kNotForMe:
    case Reason::kStaleEpoch:
    case Reason::kWrongState:
    case Reason::kNotMember:
    case Reason::kStale:
    case Reason::kWrongKind:
      return false;
  }
  return false;  // not reached: the compiler warns of a reason that is missing above
}
// Returns a word for logs and tests, as in "bad-signature".
std::string_view reason_name(Reason reason);

struct Received {
  Outcome outcome = Outcome::kQuarantine;
  Reason reason = Reason::kNone;
  std::string why;  // one line for a person, quotes nothing unsafe

  // Set once step 1 passed, so not with kTooLarge, kMalformed, kUnknownSuite and kWrongRealm. Proved only after step 3.
  Header header;
  Bytes hash;
  bool authentic = false;       // the signature was verified under the pinned key
  bool other_key = false;       // refused: it refers to a message under a key that is not known as the sender's
  bool prekey_swapped = false;  // names another prekey of its sender under a number that was seen: tell the person

  // Set with kOpened only.
  Content content;
  bool own_copy = false;       // sent by this user (another device, or to himself)
  bool first_contact = false;  // show the sender as new
  bool gap = false;            // the envelope before it in the stream is not known here
  bool known = false;          // resealed, and received before under the identity it replaces: mark it, show nothing
};

// The kind of recipient to which the server delivered an envelope, as the server reports it. The header must be of that
// kind.
enum class CameAs : uint8_t { kNotKnown, kDirect, kGroup };

// Receives an envelope. Never throws, never crashes on any bytes. `as_of`: for a group message that waited, the epoch
// that the reader held when the message came (0: none). A user listed in that epoch counts as a member. `prekeys`: null
// for a reader that has none and refuses suite 2 as kUnknownSuite.
Received open_message(const Identity& me, ByteView envelope, const Pins& pins, const ReplayMarks& marks,
                      const Groups& groups, std::optional<uint64_t> as_of = std::nullopt,
                      CameAs came = CameAs::kNotKnown, const Prekeys* prekeys = nullptr);

}  // namespace fastchat::e2e
