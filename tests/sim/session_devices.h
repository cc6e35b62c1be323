// The devices of whole sessions: whose they are, under which id they hold a session, and what happened to their disks.
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
  bool died = false;    // in a step on its disk
  bool missed = false;  // the database lost a copy of something for it that no line shows: an edit, a reaction
  int restored = 0;     // how often a copy of its disk was put back
  uint64_t life = 0;    // of its processes and disks
};

class SessionDevices {
 public:
  SessionDevices(const test::MemoryDb& db, Said& said) : db_(db), said_(said) {}

  void add(int device, const std::string& user) { devices_[device].user = user; }
  const SessionDevice& at(int device) const { return devices_.at(device); }
  const std::map<int, SessionDevice>& all() const { return devices_; }

  // The device holds a session under this id: from now on messages to its user are for it.
  void attached(int device, const Bytes& id) { devices_.at(device).id = id; }
  void removed(int device) { devices_.at(device).removed = true; }
  // A process of the device begins.
  void starts(int device) { ++devices_.at(device).life; }
  // Its machine died in a step: what it wrote last may be on its disk, and it told nobody.
  void died(int device);
  // A copy of the device's disk was put back.
  void put_back(int device);
  // The database lost what was committed last. What it had of a message for one device may be gone with it: its sender
  // may have been told that another device has it.
  void database_went_back(const test::MemoryDb& before);

  // Its number in the database; 0: it has none.
  int64_t did_of(const SessionDevice& d) const;
  // The user is in the group, and has been since this epoch.
  bool in_it_since(const Bytes& group, const std::string& user, uint64_t epoch) const;

 private:
  const test::MemoryDb& db_;
  Said& said_;
  std::map<int, SessionDevice> devices_;
};

}  // namespace fastchat::sim
