// This device's knowledge of its groups, and the next step for each: which state to fetch, how far to follow the chain,
// whose key to ask for and when. Pure: no socket, disk or clock. The session performs the steps and reports the
// answers. Lives on the session's thread.
//
// Rules (docs/e2e.md, section 7): while this device's queue is being emptied, a group is followed only as far as the
// arrived messages ask. Afterwards it is followed to its end. So messages sent before a change are read before the
// change. States and keys of the last 16 epochs are held.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "client/e2e/message.h"
#include "client/groups/group_types.h"
#include "client/groups/settling.h"

namespace fastchat::client {

// The relation of this user to a group, as stored.
// kUnlisted: the server says that the user is not in the group, and nothing that anybody signed says so.
enum class Membership : int { kMember = 1, kLeft = 2, kRemoved = 3, kDeleted = 4, kUnlisted = 5 };

// A private key of an epoch, as a member's client sent it.
struct ReceivedKeyShare {
  e2e::KeyShare key;
  std::string from;
  Bytes from_fpr;
};

class GroupBook final : public e2e::Groups {
 public:
  // Reads an epoch's private key back from disk when a message needs it.
  using LoadKey = std::function<std::optional<e2e::KeyPair>(const Bytes& id, uint64_t epoch)>;

  GroupBook() = default;  // of nobody
  GroupBook(std::string user, Bytes fpr, LoadKey load)
      : me_{std::move(user), std::move(fpr)}, load_key_(std::move(load)) {}

  // ---- what was on disk; epochs ascending
  void restore(const Bytes& id, std::string name, Membership membership, const Settling& settling);
  void restore_epoch(e2e::GroupState state, bool has_key);

  // ---- e2e::Groups
  const e2e::GroupState* current(ByteView id) const override;
  e2e::EpochView epoch(ByteView id, uint64_t epoch) const override;
  const e2e::GroupState* state(ByteView id, uint64_t epoch) const override { return state_of(id, epoch); }
  uint64_t settled(ByteView id) const override { return settling(id).settled; }

  // ---- looking
  std::vector<GroupInfo> all() const;
  std::optional<GroupInfo> info(ByteView id) const;
  // By the name it has on this device, without '#'. Empty when there is none.
  Bytes find_name(std::string_view name) const;
  std::string name_of(ByteView id) const;
  Membership membership(ByteView id) const;
  bool has_key(ByteView id, uint64_t epoch) const;
  bool holds(ByteView id, uint64_t epoch) const { return state_of(id, epoch) != nullptr; }
  const e2e::GroupState* state_of(ByteView id, uint64_t epoch) const;  // null when it is not held
  // This device knows of the group: from a state, from a key that came, or from the server's list.
  bool expects(ByteView id) const;
  // This user is listed in the first epoch, and that is held.
  bool there_from_the_start(ByteView id) const;
  Settling settling(ByteView id) const;
  // True when `user` is listed in an epoch that is held.
  bool ever_listed(ByteView id, std::string_view user) const;
  const e2e::GroupMember& me() const { return me_; }

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
  // The keys among the key_shares that fit a state that is held; they are in the book afterwards. Notes of other epochs
  // stay.
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

  // ---- what this device did
  // An epoch that this device made and the server took, or one out of the user's own vault.
  // `stored`: its key is on disk.
  void adopt(e2e::GroupState state, std::optional<e2e::KeyPair> key, bool stored = false);
  void set_membership(const Bytes& id, Membership membership);
  // Groups whose name, membership or settling changed, in the order to write them.
  std::vector<Bytes> take_touched() { return std::exchange(touched_, {}); }

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kAskAfterMs = 2'000, kAskMaxMs = 600'000;
  static constexpr int64_t kRetryMs = 1'000, kRetryMaxMs = 300'000;
  // Groups that nothing but a key speaks of: so many are asked about at once, then one in this time.
  static constexpr int kGuesses = 16;
  static constexpr int64_t kGuessMs = 2'000;

 private:
  struct Epoch {
    e2e::GroupState state;
    bool has_key = false;
    std::optional<e2e::KeyPair> key;  // read when it is needed first
  };
  struct Asking {
    int64_t at = 0;
    int attempts = 0;
  };
  struct Group {
    std::string name;
    Membership membership = Membership::kMember;
    Settling settling;
    std::map<uint64_t, Epoch> epochs;
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
    uint64_t newest() const { return epochs.empty() ? 0 : epochs.rbegin()->first; }
  };

  const Group* find(ByteView id) const;
  bool wants_fetch(const Group& g) const;
  static bool is_guess(const Group& g) { return g.epochs.empty() && g.offered == 0; }
  int64_t fetch_at(const Group& g) const;
  bool step(const Bytes& id, Group& g, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
            Progress& out);
  bool join(const Bytes& id, Group& g, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
            Progress& out);
  void insert(const Bytes& id, Group& g, e2e::GroupState state, std::optional<e2e::KeyPair> key, bool has_key);
  void take_name(const Bytes& id, Group& g, const std::string& wanted);
  void later(Group& g, int64_t now);
  std::set<uint64_t> keys_wanted(const Group& g) const;
  GroupInfo info_of(const Bytes& id, const Group& g) const;

  e2e::GroupMember me_;
  LoadKey load_key_;
  mutable std::map<Bytes, Group, std::less<>> groups_;
  std::vector<Bytes> touched_;
  bool attached_ = false, drained_ = false;
  int guesses_ = kGuesses;
  int64_t guessed_at_ = 0;  // since when guesses_ come back
};

}  // namespace fastchat::client
