// Prekeys of suite 2 (docs/e2e.md, section 15): X25519 keys of a user, numbered, signed by the identity key, replaced
// every week. Pure: no clock, nothing stored.
#pragma once

#include <string>
#include <string_view>

#include "client/e2e/identity.h"
#include "common/result.h"

namespace fastchat::e2e {

struct Prekey {
  std::string user;
  Bytes fpr;       // 32 bytes, of the identity key that signed
  uint64_t n = 0;  // from 1 with each identity key
  Bytes x25519;    // 32 bytes
  int64_t from_ms = 0;
  int64_t until_ms = 0;  // when its owner makes the next one; nobody refuses a prekey for its time
  Bytes sig;             // 384 bytes
};

// A prekey with its secret half of 32 bytes, which is overwritten when the pair goes.
struct PrekeyPair {
  Prekey prekey;
  Secret secret;
};

// Makes and signs prekey number `n` of the newest key, for 7 days from `from_ms`. Fails with kLocalUsage when the
// numbers of this key are used up, and when the clock is out of range.
Result<PrekeyPair> make_prekey(const Identity& identity, uint64_t n, int64_t from_ms, Random& random = system_random());
// Joins the halves that were stored apart. Fails with kMalformed when the secret is of another prekey.
Result<PrekeyPair> join_prekey(Prekey prekey, Secret secret);

// Encodes the protobuf Prekey. parse_prekey() checks the form only.
Bytes encode_prekey(const Prekey& prekey);
Result<Prekey> parse_prekey(ByteView bytes);
// Returns the 32 bytes by which others remember a prekey; the signature is not part of them.
Bytes prekey_hash(const Prekey& prekey);

// Checks that the holder of `key` made this prekey in this realm, and that its point can be used. Fails with
// kLocalUntrustedKey otherwise. The caller has parsed the prekey, and asks decide_prekey() before its use.
Result<Unit> accept_prekey(const Prekey& prekey, const PeerKey& key, ByteView realm);

// Returns true when the pair is prekey number `n` of the key `fpr`, with this hash: the one that a header names.
bool is_named(const PrekeyPair& pair, ByteView fpr, uint64_t n, ByteView hash);

// The newest prekey of one key (fpr) of a user that this client has seen. Each key of a line has a view of its own, so
// that a thief of a former key spoils no number of the next one.
struct PrekeyView {
  uint64_t n = 0;  // 0: none
  Bytes hash;
};

enum class PrekeySource {
  kServed,        // the server shows a prekey, which was accepted; its answer may come out of a cache
  kServedAfresh,  // the same, asked for past every cache
  kNamed,         // a header that the owner signed names its number and hash
};

enum class PrekeyDecision {
  kTaken,    // newer: the caller stores it as the view
  kKnown,    // the one that was seen
  kPassed,   // older, named by a header that was sealed earlier: says nothing
  kStale,    // older, perhaps out of a cache: not used; the caller asks once more, past every cache
  kOlder,    // refused, loudly: the server shows an older one
  kSwapped,  // refused, loudly: another prekey under the same number
};
// Decides what prekey `n` with this hash means after `seen`.
PrekeyDecision decide_prekey(const PrekeyView& seen, uint64_t n, ByteView hash, PrekeySource source);
// Returns true for the decisions that a caller refuses, and tells the person.
constexpr bool is_refusal(PrekeyDecision decision) {
  return decision == PrekeyDecision::kOlder || decision == PrekeyDecision::kSwapped;
}
// Returns true when a client may seal to a served prekey.
constexpr bool may_seal_to(PrekeyDecision decision) {
  return decision == PrekeyDecision::kTaken || decision == PrekeyDecision::kKnown;
}
// Returns a word for logs and tests, as in "prekey-swapped".
std::string_view decision_name(PrekeyDecision decision);

// The state of both sides when a client seals a direct message.
struct SealingState {
  bool own_ever = false;    // this user has made a prekey, with whatever key
  bool own_here = false;    // this device has the pair of the newest one, which is of the present key
  bool line_shown = false;  // a prekey of any key of the contact's line was seen, served or named
  bool usable = false;      // the server shows a prekey of the pinned key: accepted, and may_seal_to() its decision
};
enum class SealIn {
  kSuiteOne,
  kSuiteTwo,
  kWaits,  // in nothing: the message waits, and the person is told
};
// Decides in which suite a client seals to a contact, or to its own user. There is no way back: once both sides have
// prekeys, a server that shows none gets no message of suite 1.
SealIn suite_to_seal(const SealingState& state);

}  // namespace fastchat::e2e
