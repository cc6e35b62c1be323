// The oracle sees everything: each message from its submission on, each device, and the messages that each device has
// on disk and has shown. Every rule is checked at each event (the oracle throws Violation) and once more at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/core/types.h"
#include "tests/sim/contact_rules.h"
#include "tests/sim/key_log_rules.h"
#include "tests/sim/knobs.h"
#include "tests/sim/passwords.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

// The content of an envelope, without cryptography: "body|user|device|to|seq|kind|stream|padding".
struct Letter {
  uint64_t body = 0;
  std::string from;
  int device = 0;  // the sender's, a number of the simulation
  std::string to;
  uint64_t seq = 0;
  // The message cannot be opened, and is quarantined in its place.
  bool poison = false;
  uint64_t epoch = 0;   // with an epoch, `to` is a group ("#3")
  uint64_t stream = 0;  // a number that this device uses for no other conversation, and never again

  bool to_group() const { return epoch != 0; }

  Bytes encode(size_t padding) const;
  static std::optional<Letter> decode(ByteView envelope);
  core::MessageKey key() const;
};
Bytes fingerprint(const std::string& user);
Bytes stream_of(int device, const std::string& to, uint64_t number);
Bytes device_id(int device);
Bytes content_hash(ByteView envelope);

class Oracle {
 public:
  // The state of a stream on one device.
  struct Stream {
    uint64_t first_shown = 0, last_shown = 0;
    std::set<uint64_t> holes, shown, on_screen;
    int64_t first_stored_at = -1;
    bool began_inside = false;
  };

  Oracle(World& world, const Knobs& knobs, const test::MemoryDb& db)
      : passwords(world, knobs, db), contacts(world, knobs, db), key_log(db), world_(world), knobs_(knobs), db_(db) {}

  Passwords passwords;
  ContactRules contacts;
  KeyLogRules key_log;

  void add_device(int device, const std::string& user);

  // ---- events
  void signed_up(const std::string& user) { known_users_.insert(user); }
  // Notes that the device holds a session: messages sent to its user from now on are for it.
  void attached(int device, uint64_t epoch);
  // Allows the device, until `until`, to begin a stream that it has never seen in the middle.
  void new_device(int device, int64_t until) { devices_.at(device).new_until = until; }
  // put_back() restores a copy of a device's disk: the device then has the contents of the copy and the open messages
  // `refs` of its own.
  struct Copy {
    std::set<uint64_t> has;
    std::map<std::pair<Bytes, Bytes>, Stream> streams;
  };
  Copy copy(int device) const;
  void put_back(int device, const Copy& copy, const std::set<uint64_t>& refs);
  // Notes that the database removed a device.
  void removed(int64_t uid, const Bytes& id);
  // Notes that the database lost its last commits. Its copy of a message for one device may be gone, unless the sender
  // has not been told "delivered" and still holds the message.
  void database_went_back(const test::MemoryDb& before);
  // Notes that the database changed a group, or answered that it had.
  void group_written(const Bytes& group_id);
  void submitted(const Letter& letter, const Bytes& envelope, uint64_t ref);
  void on_wire(int device, uint64_t ref);
  void receipt(int device, const core::Receipt& receipt);
  // Notes that a client's transaction is on its disk.
  void committed(int device, const core::PendingWrite& write, const std::optional<Letter>& letter, ByteView envelope);
  void shown(int device, const Bytes& from, const Bytes& stream, const core::DisplayStep& show);

  // ---- the end, after healing
  void check_end() const;
  size_t open_messages() const;
  // Returns true when all open messages of a device are queued for people who were not open to its user all the time.
  bool only_quiet_open(int device) const;
  bool ever_removed(int device) const { return devices_.at(device).removals > 0; }
  // Returns true also after a removal that the database lost: an answer from before the loss may still come.
  bool removed_once(int device) const { return devices_.at(device).removed_at >= 0; }
  // Returns the first open message of a device, "none" when there is none. With `away`, skips messages that wait for a
  // user of whom all devices that lack the message stay away and no other has it.
  std::string first_open(int device, const std::function<bool(int64_t did)>& away = {}) const;

 private:
  using StreamKey = std::pair<Bytes, Bytes>;
  struct Device {
    std::string user;
    int64_t did = 0;  // 0: not registered
    int removals = 0;
    int64_t removed_at = -1;  // of the first removal
    int64_t attached_at = -1, new_until = -1;
    std::set<uint64_t> has;       // bodies on disk
    std::set<uint64_t> lost_has;  // bodies that were on disk before a copy was put back
    std::map<StreamKey, Stream> streams;
  };
  struct Message {
    Letter letter;
    Bytes envelope;
    uint64_t ref = 0;
    int64_t sent_at = -1;                           // of its first frame on the wire
    std::vector<std::pair<int, int64_t>> required;  // device, did: registered when it was sent
    // The members of `required` that a message to a group is for, set when it was accepted.
    std::optional<std::vector<std::pair<int, int64_t>>> must;
    bool recipient_known = false;
    bool queued = false, delivered = false;
    bool lost_row = false;   // the database lost a queue row of it
    bool forgotten = false;  // by its sender's device, after a copy was put back
    std::set<int> may_miss;  // devices whose copy the database lost
    std::optional<Code> failed;
    bool open() const { return !delivered && !failed && !forgotten; }
  };
  Message& message(int device, uint64_t ref);
  void take_show(Device& d, int device, const StreamKey& key, const core::DisplayStep& show);
  const test::MemoryDb::Group* group_of(const Letter& l) const;
  // Returns true when the user is in the epoch of the letter and has been in the group ever since.
  bool in_it_since(const Letter& l, const std::string& user) const;
  void group_receipt(Message& m, const core::Receipt& r);
  void group_refused(const Message& m) const;
  void check_misrouted(const Message& m, const std::string& user) const;
  // Returns true when the message is on the device's disk, or was before a copy was put back.
  static bool had(const Device& d, uint64_t body);
  bool still(int device, int64_t did) const;
  bool queued_for(const Letter& letter, int64_t did) const;
  bool waits_for_absent(const Message& m, const std::function<bool(int64_t did)>& away) const;
  void check_message(const Message& m) const;
  void check_group_message(const Message& m) const;
  void check_holes(int device, const Device& d) const;
  [[noreturn]] void fail(const char* rule, const std::string& text) const { throw Violation(rule, text); }

  World& world_;
  const Knobs& knobs_;
  const test::MemoryDb& db_;
  std::map<int, Device> devices_;
  std::set<std::string> known_users_;
  std::map<uint64_t, Message> messages_;                       // by body
  std::map<std::pair<Bytes, std::string>, int64_t> left_at_;   // group, user: the time at which the removal was seen
  std::map<std::pair<int, uint64_t>, uint64_t> by_ref_;        // device, ref
  std::map<std::pair<StreamKey, uint64_t>, uint64_t> by_key_;  // identity
};

}  // namespace fastchat::sim
