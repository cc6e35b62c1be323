// The devices of whole sessions: their users, the ids of their sessions, and the faults of their disks.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/said.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

struct SessionDevice {
  std::string user;
  Bytes id;
  bool removed = false;
  bool died = false;  // in a step on its disk
  // The database lost a copy of a change for this device that no line shows: an edit, a reaction.
  bool missed = false;
  // Times that the database lost a log-in of the device or a change of the password, or that the disk was put back:
  // all, those before the present log-in began, and those before the last log-in that was answered.
  int losses = 0, losses_at_log_in = 0, losses_made_good = 0;
  uint64_t sessions = 0;  // begun
  int restored = 0;       // times that a copy of its disk was put back
  uint64_t life = 0;      // of its processes and disks
};

class SessionDevices {
 public:
  SessionDevices(const test::MemoryDb& db, Said& said) : db_(db), said_(said) {}

  void add(int device, const std::string& user) { devices_[device].user = user; }
  const SessionDevice& at(int device) const { return devices_.at(device); }
  const std::map<int, SessionDevice>& all() const { return devices_; }

  // Notes that the device holds a session under this id: messages to its user from now on are for it.
  void attached(int device, const Bytes& id);
  void removed(int device) { devices_.at(device).removed = true; }
  void logs_in(int device) { devices_.at(device).losses_at_log_in = devices_.at(device).losses; }
  void logged_in(int device) { devices_.at(device).losses_made_good = devices_.at(device).losses_at_log_in; }
  // Returns true when the server or the disk may not know the last log-in of the device, or the last password.
  bool forgotten(int device) const { return devices_.at(device).losses > devices_.at(device).losses_made_good; }
  // Notes that a process of the device begins.
  void starts(int device) { ++devices_.at(device).life; }
  // Notes that its machine died in a step. Its last writes may be on its disk, and it told nobody.
  void died(int device);
  // Notes that a copy of the device's disk was put back.
  void put_back(int device);
  // Notes that the database lost its last commits. Its copy of a message for one device may be gone: the sender was
  // told that the recipient has the message. A sender that was not told asks, and sends the message again.
  void database_went_back(const test::MemoryDb& before);
  // Notes that the author is told "delivered" of a message.
  void delivered(Said::Message& m) const;

  // Returns the device's number in the database; 0: none.
  int64_t did_of(const SessionDevice& d) const;
  // Returns true when the user is in the group, and has been since this epoch.
  bool in_it_since(const Bytes& group, const std::string& user, uint64_t epoch) const;

 private:
  bool forgets(const test::MemoryDb& before, const SessionDevice& device) const;

  const test::MemoryDb& db_;
  Said& said_;
  std::map<int, SessionDevice> devices_;
};

}  // namespace fastchat::sim
