// Keeps the book of this device's groups up to date. Decides the next step for each group: which state to fetch, how
// far to follow the chain, whose key to ask for and when. Pure: no socket, disk or clock. The session performs the
// steps and reports the answers. Lives on the session's thread.
//
// Rules (docs/e2e.md, section 7): while this device's queue is being emptied, a group is followed only as far as the
// arrived messages require. Afterwards it is followed to its end. So messages sent before a change are read before the
// change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/message.h"
#include "client/groups/group_book.h"

namespace fastchat::client {

// A private key of an epoch, as a member's client sent it.
struct ReceivedKeyShare {
  e2e::KeyShare key;
  std::string from;
  Bytes from_fpr;
};

class GroupFollower {
 public:
  GroupFollower() = default;  // for no user
  explicit GroupFollower(GroupBook book) : book_(std::move(book)) {}

  // Returns the book. Other parts keep the reference, because assigning to the follower replaces the book's content and
  // not the object.
  GroupBook& book() { return book_; }

  // ---- the session
  void attached();
  void detached();
  // Reports that nothing is left in the queue; wall_ms: Unix ms.
  void drained(int64_t wall_ms);
  struct Summary {
    Bytes id;
    uint64_t epoch = 0;
  };
  // Takes the answer to list_groups. A group that is missing in it is checked once the queue is empty.
  void listed(const std::vector<Summary>& groups);
  // Takes a hint that the server has another epoch.
  void changed(const Bytes& id, uint64_t epoch);
  // Reports a message of this epoch that cannot be opened yet.
  void waits(const Bytes& id, uint64_t epoch);
  // Adds a received key share, which is kept until its state is held.
  void add_key_share(ReceivedKeyShare share);
  // Adds a key share from the user's own vault. The share was not in the queue, so its state is not followed before the
  // queue is empty.
  void add_key_share_of_vault(ReceivedKeyShare share);
  // Returns true when the group is known from a state, from a received key share, or from the server's list.
  bool expects(ByteView id) const;

  // ---- next steps
  struct Fetch {
    Bytes id;
    uint64_t from_epoch = 1;
  };
  // Returns a get_group to send now; none for the same group again before fetched().
  std::optional<Fetch> next_fetch(int64_t now);
  struct Fetched {
    std::vector<Bytes> states;
    uint64_t epoch = 0;
    std::string admin;
    bool member = false, deleted = false;
  };
  struct Progress {
    std::vector<e2e::GroupState> states;   // followed to, ascending; already in the book
    std::optional<Membership> membership;  // the new membership
    std::string needs_key_of;              // the key of this user must be pinned before the next state is followed
    std::string fault;                     // the server showed an untrusted state: one line, reported once
    std::optional<uint64_t> behind;        // the server's newest epoch, below the one held; 0: the server has none
    bool forget = false;                   // no such group, or not this user's: its keys are worth nothing
  };
  Progress fetched(int64_t now, const Bytes& id, const Result<Fetched>& answer, const e2e::Pins& pins,
                   const e2e::Identity& me);
  struct KeyFound {
    uint64_t epoch = 0;
    e2e::KeyPair pair;
  };
  // Returns the keys among the key shares that fit a held state, and adds them to the book. Shares of later epochs
  // stay.
  std::vector<KeyFound> take_keys(const Bytes& id, const e2e::Pins& pins, const e2e::Identity& me);
  struct Ask {
    Bytes id;
    uint64_t epoch = 0;
    std::string user;  // an admin or signer, perhaps this user (the other devices)
  };
  // Returns true when a key of this group may be asked for. `admin`: as the server names the admin of a group of which
  // no state is held.
  using MayAsk = std::function<bool(const Bytes& id, const std::string& admin)>;
  // Returns a key to ask for now, with backoff. No `may_ask`: of any group.
  std::optional<Ask> next_ask(int64_t now, const MayAsk& may_ask = nullptr);
  // Returns the time when next_fetch() or next_ask() is due; kNever when neither is.
  int64_t next_wake(int64_t now, const MayAsk& may_ask = nullptr) const;
  // Returns true while detached, while the queue is not empty, or while a request is open or due at once.
  bool busy() const;
  // Returns true when the newest epoch that the server named is held, so that a change can be made on top.
  bool up_to_date(ByteView id) const;

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kAskAfterMs = 2'000, kAskMaxMs = 600'000;
  static constexpr int64_t kRetryMs = 1'000, kRetryMaxMs = 300'000;
  // Limit of fetches of groups that are known only from a key share: kGuesses at once, then one every kGuessMs.
  static constexpr int kGuesses = 16;
  static constexpr int64_t kGuessMs = 2'000;

 private:
  using Group = GroupBook::Group;
  struct Asking {
    int64_t at = 0;
    int attempts = 0;
  };
  // The steps of one group. A group of the book without an entry has the state of a new one.
  struct Steps {
    uint64_t offered = 0;  // newest epoch that the server named
    uint64_t wanted = 0;   // newest epoch that an arrived message or key share needs
    bool check = false;    // a fetch is due although no newer epoch is known
    bool busy = false, faulted = false;
    bool behind = false;  // the server has less than this device
    bool hinted = false;  // the server named an epoch since the last request
    int64_t retry_at = 0;
    int attempts = 0;
    std::set<uint64_t> waiting;  // epochs of messages that wait
    std::map<uint64_t, Asking> asking;
    std::string server_admin;  // the admin that the server names, while no state is held
    Bytes asked_for;           // the admin's newest key, of which the changes were asked for
    std::vector<ReceivedKeyShare> key_shares;

    bool guess(const Group& g) const { return g.epochs.empty() && offered == 0; }
    void later(int64_t now);
  };

  Steps& steps(const Bytes& id);
  const Steps& steps_of(ByteView id) const;
  bool wants_fetch(const Group& g, const Steps& s) const;
  int64_t fetch_at(const Group& g, const Steps& s) const;
  bool step(const Bytes& id, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me, Progress& out);
  bool join(const Bytes& id, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me, Progress& out);
  std::set<uint64_t> keys_wanted(const Group& g, const Steps& s) const;

  GroupBook book_;
  std::map<Bytes, Steps, std::less<>> steps_;  // of groups that are in the book
  bool attached_ = false, drained_ = false;
  int guesses_ = kGuesses;
  int64_t guessed_at_ = 0;  // time from which guesses_ grows again
};

}  // namespace fastchat::client
