// The tables of sql/ as maps: the database of the simulator and of contract tests. Plain data with the same names, keys
// and uniqueness. The stores over the maps (memory_broker_store.h and the worker's) keep the invariants as the SQL
// does; each of their methods is one transaction. Not thread-safe. A copy of a MemoryDb is a snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/log_head.h"
#include "common/merkle.h"

namespace fastchat::test {

// Converts a number of the wire to one of the database, which has no unsigned numbers.
inline int64_t i64(uint64_t v) {
  return static_cast<int64_t>(v);
}
inline uint64_t u64(int64_t v) {
  return static_cast<uint64_t>(v);
}

struct MemoryDb {
  struct User {
    int64_t uid = 0;
    std::string name;
    Bytes public_key, identity_blob, verifier, vault;
    int64_t vault_version = 1;
    Bytes first_public_key{};  // empty: the key never changed
    std::vector<Bytes> rekeys{};
    bool deleted = false;
    int64_t strangers = 1;
  };
  struct Device {
    int64_t did = 0, uid = 0;
    Bytes device;  // 16 bytes; the mailbox's are zero
    std::string name;
    bool named = false;         // by a person
    int64_t session_epoch = 0;  // 0: never logged in (the mailbox, always)
    int64_t created_ms = 0;
    // 0: new, no login of the device was finished (to_timestamp(0) in the table).
    int64_t last_login_ms = 0;
    Bytes secret_hash;  // empty: null
    std::string address;
    int64_t valid_from = 0;
    int64_t adopted_mid = 0;
  };
  struct Ended {
    int64_t did = 0, created_ms = 0;
  };
  struct Body {
    int64_t mid = 0, from_uid = 0, from_did = 0, ref = 0, to_uid = 0;
    Bytes stream;
    int64_t seq = 0;
    Bytes envelope;
    int64_t stored_ms = 0;
    int64_t to_gid = 0;  // 0: null
  };
  struct Receipt {
    int64_t id = 0, did = 0, ref = 0, member = 0;
    int64_t held_by = -1, held_gid = 0;  // -1: null
  };
  struct Request {
    int64_t uid = 0;  // of the recipient
    Bytes envelope;   // the table has its digest
  };
  struct Card {
    int64_t expires_ms = 0, redeemed_by = 0, redeemed_ms = 0;  // 0: null
  };
  struct Group {
    struct State {
      std::string name;
      int64_t admin = 0;
      Bytes state;
    };
    struct Member {
      int64_t since = 0, left = 0;  // 0: null
    };
    int64_t gid = 0;
    std::string name;  // empty: null, it is deleted
    int64_t admin = 0, epoch = 0, changes = 1;
    std::map<int64_t, State> states;                 // by epoch
    std::map<int64_t, std::vector<Member>> members;  // by uid, in the order of `since`

    bool has(int64_t uid) const;  // now
    bool had(int64_t uid, int64_t in_epoch) const;
  };
  struct GroupBudget {
    int64_t bytes = 0, epochs = 0, since_ms = 0;
  };
  struct VaultPart {
    Bytes part;
    bool listed = false;
    int64_t at_ms = 0;
  };
  struct Invite {
    int64_t uses_left = 0;
    int64_t expires_ms = 0;  // 0: never
  };
  struct LogLeaf {
    std::string user;
    Bytes fpr;
    uint64_t counter = 0;
    int64_t ms = 0;
  };
  struct Log {  // of keys
    Bytes key;  // empty: nobody keeps one
    bool complete = false;
    LogHead head{};
    Bytes frontier{};
    std::vector<LogLeaf> leaves{};
    std::map<merkle::Place, Bytes> nodes{};
    std::map<std::string, std::vector<uint64_t>> by_user{};  // indexes of leaves, rising
  };
  using Identity = std::tuple<int64_t, Bytes, int64_t>;  // from_uid, stream, seq

  std::optional<Bytes> realm;
  std::map<int64_t, User> users;                               // by uid
  std::map<std::string, int64_t> uid_by_name;                  // unique
  std::map<int64_t, Device> devices;                           // by did
  std::map<std::pair<int64_t, Bytes>, int64_t> did_by_device;  // (uid, device), unique
  std::map<std::pair<int64_t, Bytes>, Ended> ended;            // (uid, device)
  std::map<int64_t, int64_t> gone_devices;                     // did, uid: of deleted users
  std::map<int64_t, Body> bodies;                              // by mid
  std::map<Identity, int64_t> mid_by_identity;                 // unique
  std::map<std::pair<int64_t, int64_t>, bool> queue;           // (did, mid), reached
  std::map<int64_t, Receipt> receipts;                         // by id
  std::map<std::pair<int64_t, Bytes>, VaultPart> vault_parts;  // (uid, hash)
  std::map<Bytes, Invite> invites;                             // by token hash
  std::map<Bytes, Group> groups;                               // by group_id
  std::map<int64_t, GroupBudget> group_budget;                 // by uid
  std::map<std::pair<int64_t, int64_t>, int64_t> contacts;     // (uid, other), standing
  std::set<std::pair<int64_t, Bytes>> contact_groups;          // (uid, group_id)
  std::map<Identity, Request> requests;
  std::map<std::pair<int64_t, Bytes>, Card> cards;  // (uid, token_hash)
  Log log;

  int64_t now_ms = 1;  // the result of now(), set by the owner of the time; never 0
  int64_t last_uid = 0, last_did = 0, last_mid = 0, last_receipt = 0, last_gid = 0;
  int64_t generation = 1;  // rises when something was lost (common/pg/identity.h)

  // Goes on from `earlier`, as after a restore that the first program has noticed: the generation rises and ids go on
  // far above. Accounts and groups stay.
  void go_back_to(const MemoryDb& earlier);
  // Adds a device row; (uid, device) must be new.
  Device& add_device(int64_t uid, const Bytes& device, const std::string& name);
  // Removes a device as common/pg/end_device.h does: its queue goes to the mailbox or another device.
  void end_device(int64_t did);
  // Returns the names of the groups with other members of which the user is the admin, in alphabetical order.
  std::vector<std::string> owned_groups(int64_t uid) const;
  // Makes the user leave all groups, and ends those without other members.
  void leave_groups(int64_t uid);
  // Return is_open(r, s) and is_invited(r, g) of sql/016_contacts.sql; standing_of() returns 0 without a row.
  bool is_open(int64_t r, int64_t s) const;
  bool is_invited(int64_t r, const Bytes& group_id) const;
  int64_t standing_of(int64_t uid, int64_t other) const;
  // Forgets all that the user knows of others, and that others know of the user.
  void forget_contacts(int64_t uid);
  // Returns the user of that name; null when there is none, or the account was deleted.
  const User* user_of(const std::string& name) const;
  // Returns the did of the user's mailbox; the user must exist.
  int64_t mailbox_of(int64_t uid) const;
  // Reads parts of a vault until `bytes` are full. Returns the number of hashes that were looked up.
  size_t read_vault_parts(int64_t uid, const std::vector<Bytes>& hashes, size_t bytes, std::vector<Bytes>* parts) const;
  // Returns the user's devices without the mailbox, by did.
  std::vector<int64_t> devices_of(int64_t uid) const;
  // Returns the mids queued for a device, rising.
  std::vector<int64_t> queued_for(int64_t did) const;

 private:
  // Queues for `heir` a message that no device of `uid` waits for any more. The sender of a message to himself gets a
  // receipt instead.
  void hand_on(const Body& b, int64_t uid, int64_t heir, bool reached);
};

// The device id of every mailbox.
inline const Bytes kMailboxDevice(16, '\0');

}  // namespace fastchat::test
