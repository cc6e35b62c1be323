// Keeps the book of this device's groups up to date. Decides the next step for each group: which state to fetch, how
// far to follow the chain, whose key to ask for and when. Pure: no socket, disk or clock. The session performs the
// steps and reports the answers. Lives on the session's thread.
//
// Rules (docs/e2e.md, section 7): while this device's queue is being emptied, a group is followed only as far as the
// arrived messages ask. Afterwards it is followed to its end. So messages sent before a change are read before the
// change.
#pragma once

#include <cstdint>
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
  GroupFollower() = default;  // of nobody
  explicit GroupFollower(GroupBook book) : book_(std::move(book)) {}

  // Other rooms keep the reference: assigning to the follower replaces the book's content and not the object.
  GroupBook& book() { return book_; }

  // ---- the session
  void attached();
  void detached();
  // Nothing is left in the queue; wall_ms: Unix ms.
  void drained(int64_t wall_ms);
  struct Summary {
    Bytes id;
    uint64_t epoch = 0;
  };
  // The answer to list_groups: what is missing in it is looked at once the queue is empty.
  void listed(const std::vector<Summary>& groups);
  // A hint that the server has another epoch.
  void changed(const Bytes& id, uint64_t epoch);
  // A message of this epoch came that cannot be opened yet.
  void waits(const Bytes& id, uint64_t epoch);
  // A key came. It is kept until the state it belongs to is there.
  void add_key_share(ReceivedKeyShare share);
  // The same for a key out of the user's own vault: it was not in the queue, so its state is not followed before that
  // is empty.
  void add_key_share_of_vault(ReceivedKeyShare share);
  // This device knows of the group: from a state, from a key that came, or from the server's list.
  bool expects(ByteView id) const;

  // ---- what to do next
  struct Fetch {
    Bytes id;
    uint64_t from_epoch = 1;
  };
  // A get_group to be sent now; not asked again before fetched().
  std::optional<Fetch> next_fetch(int64_t now);
  struct Fetched {
    std::vector<Bytes> states;
    uint64_t epoch = 0;
    std::string admin;
    bool member = false, deleted = false;
  };
  struct Progress {
    std::vector<e2e::GroupState> states;   // followed to, ascending; they are in the book already
    std::optional<Membership> membership;  // changed to
    std::string needs_key_of;              // this user's key must be pinned first; then it goes on
    std::string fault;                     // what the server showed is not to be trusted: one line, said once
    std::optional<uint64_t> behind;        // the server's newest epoch is this one, below what is held; 0: it has none
    bool forget = false;  // there is no such group, or it is not this user's: its keys are worth nothing
  };
  Progress fetched(int64_t now, const Bytes& id, const Result<Fetched>& answer, const e2e::Pins& pins,
                   const e2e::Identity& me);
  struct KeyFound {
    uint64_t epoch = 0;
    e2e::KeyPair pair;
  };
  // The keys among the key shares that fit a state that is held; they are in the book afterwards. Shares of other
  // epochs stay.
  std::vector<KeyFound> take_keys(const Bytes& id, const e2e::Identity& me);
  struct Ask {
    Bytes id;
    uint64_t epoch = 0;
    std::string user;  // an admin, perhaps this user (his other devices)
  };
  // A key to be asked for now, with backoff.
  std::optional<Ask> next_ask(int64_t now);
  // When next_fetch() or next_ask() has something to say again; kNever when nothing.
  int64_t next_wake(int64_t now) const;
  // Something is being asked, or is to be asked at once.
  bool busy() const;
  // The newest epoch that the server named is held, so that a change can be made on top.
  bool up_to_date(ByteView id) const;

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kAskAfterMs = 2'000, kAskMaxMs = 600'000;
  static constexpr int64_t kRetryMs = 1'000, kRetryMaxMs = 300'000;
  // Groups that nothing but a key speaks of: so many are asked about at once, then one in this time.
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
    uint64_t offered = 0;  // newest that the server named
    uint64_t wanted = 0;   // newest that something asks for that has arrived
    bool check = false;    // the server is to be asked though no newer epoch is known
    bool busy = false, faulted = false;
    bool behind = false;  // the server has less than this device
    bool hinted = false;  // the server named an epoch since it was asked last
    int64_t retry_at = 0;
    int attempts = 0;
    std::set<uint64_t> waiting;  // epochs of messages that wait
    std::map<uint64_t, Asking> asking;
    std::string server_admin;  // while no state is held
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
  int64_t guessed_at_ = 0;  // since when guesses_ come back
};

}  // namespace fastchat::client
