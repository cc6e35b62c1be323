// The worker's requests to its database about contacts, as values (store.h), and the rules that both stores and the
// engine keep (PROTOCOL.md, "Contacts"). ListContacts and StandingLookup run on the reader's lane, the others on the
// writer's, except a PutContacts that drops messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "proto/client.pb.h"
#include "worker/core/device_requests.h"

namespace fastchat::worker {

inline constexpr uint64_t kMaxContacts = 20'000, kMaxContactGroups = 4'096;  // of a user
inline constexpr uint64_t kStrangerMessages = 3;   // of one stranger, until the recipient answers
inline constexpr uint64_t kStrangersQueued = 20;   // messages of all strangers in the queue of a user
inline constexpr uint64_t kMaxStrangers = 100;     // who wait for the answer of a user
inline constexpr size_t kStrangersAtOnce = 32;     // messages of strangers that a worker stores in one transaction
inline constexpr uint64_t kMaxOpenCards = 16;      // of a user
inline constexpr uint64_t kMaxRedeemedCards = 64;  // kept of a user, for repetitions
inline constexpr int64_t kCardDays = 90;           // a card ends after them at the latest

// Returns kOk when a recipient with this policy and this standing for the sender is open to the sender; kRefused when
// the recipient takes nothing; kNotAcceptedYet when the sender is a stranger, whose first messages wait for an answer.
inline Code admission(v1::Strangers policy, v1::Standing standing) {
  if (standing == v1::ACCEPTED) return Code::kOk;
  if (standing == v1::BLOCKED || policy == v1::REFUSE) return Code::kRefused;
  return policy == v1::ASK ? Code::kNotAcceptedYet : Code::kOk;
}

// The messages of strangers that a user has, when another stranger's message comes.
struct RequestLoad {
  uint64_t of_sender = 0;  // messages since the last answer
  uint64_t senders = 0;    // strangers who wait for an answer
  uint64_t queued = 0;     // messages of strangers in the queue
};
// Returns kOk when one more message of the stranger is taken, else kNotAcceptedYet.
inline Code room_for_stranger(const RequestLoad& load) {
  const bool full = load.of_sender >= kStrangerMessages || load.queued >= kStrangersQueued ||
                    (load.of_sender == 0 && load.senders >= kMaxStrangers);
  return full ? Code::kNotAcceptedYet : Code::kOk;
}

struct ContactRow {
  std::string user;  // empty when `group` is set
  Bytes group{};
  v1::Standing standing = v1::NONE;
};
// Sets standings and, unless STRANGERS_NOT_SET, the policy: all or nothing. Passes over names that nobody has.
struct PutContacts {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  std::vector<ContactRow> contacts{};  // as fits() of wire_contacts.h has checked them
  v1::Strangers strangers = v1::STRANGERS_NOT_SET;

  // Returns true when messages may have to be dropped, or each group of the user changes. The queue can be long and the
  // groups many, so such a request has the sweeper's lane.
  bool drops() const {
    if (strangers != v1::STRANGERS_NOT_SET) return true;
    for (const ContactRow& row : contacts) {
      if (row.group.empty() && row.standing != v1::ACCEPTED) return true;
    }
    return false;
  }
};
struct ContactsPut {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Code code = Code::kOk;  // kOk, kTooLarge, kBusy
  bool dropped = false;   // as drops() of the request
  // The list or the policy is another one now. Also with kBusy, when a change may have been stored.
  bool changed = false;
  std::vector<uint64_t> wake{};  // devices of senders whose receipts were released
};

struct PutCard {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes hash{};  // 32 bytes
  int64_t until_ms = 0;
};
struct CardPut {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;  // kOk, kTooLarge: too many open cards; kNotAllowed: the time is over; kBusy
};
// Makes the user and the maker of the card accept each other.
struct RedeemCard {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  std::string maker{};
  Bytes hash{};  // of the token
};
struct CardRedeemed {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  uint64_t maker = 0;            // uid, with kOk
  Code code = Code::kOk;         // kOk, kBadInvite, kTooLarge, kBusy
  std::vector<uint64_t> wake{};  // as in ContactsPut
};

// Reads a page of a user's contacts: users by name, then groups.
struct ListContacts {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  std::string after{};  // user name; empty: from the first on, unless after_group is set
  Bytes after_group{};
};
struct ContactList {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  v1::Strangers strangers = v1::TAKE;
  std::vector<ContactRow> contacts{};
  bool more = false;
};

// Looks up what users think of senders.
struct Pair {
  uint64_t uid = 0, other = 0;
  auto operator<=>(const Pair&) const = default;
};
struct StandingLookup {
  int64_t asked_at = 0;  // us, time of the question; the reply carries it
  std::vector<Pair> pairs{};
};
struct StandingsLookedUp {
  int64_t asked_at = 0;
  Code code = Code::kOk;
  std::vector<Pair> pairs{};              // as asked
  std::vector<v1::Standing> standings{};  // of each pair, with kOk
};

}  // namespace fastchat::worker
