// A server that shows another key for a name than the owner's, and sends messages under it. Lies only to devices that
// know the right key: a first contact believes whatever the server shows. Knows who accepted which key; throws
// Violation when a client names a key that its user did not accept in a frame (each envelope, each state of a group and
// each key for one names the keys that it is for).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "client/runtime/listener.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

class FalseKeys {
 public:
  FalseKeys(World& world, test::MemoryDb& db) : world_(world), db_(db) {}

  // ---- the server
  // Until `until` (world time), or once, devices are shown another key of `name`.
  void begin(const std::string& name, int64_t until, bool once);
  // Queues a message in that name, under the other key, for all devices of `to`.
  void forge(const std::string& name, const std::string& to);
  void end() { lies_.clear(); }
  // The frame as this device gets it. `device`: the name of its process, "user1/10".
  Bytes shown(const std::string& device, const Bytes& frame);
  // A frame that came from a device.
  void check(const std::string& device, const Bytes& frame) const;

  // ---- the devices
  // This device has the key of `name` on its disk.
  void knows(const std::string& device, const std::string& name) { known_.insert({device, name}); }
  // One of these names, by chance.
  std::optional<std::string> any_known(const std::string& device);
  // The user heard another key of `name`, or a message under one came.
  bool warned(const std::string& user, const std::string& name) const { return told_.contains({user, name}); }
  // The number that the user and `name` compare is that of the right keys.
  bool right(const client::VerifyInfo& info, const std::string& user) const;
  // The user accepts the false key.
  void accepts(const std::string& user, const std::string& name) { accepted_.insert({user, name}); }
  // One of the two ever had a false key for the other.
  bool between(const std::string& a, const std::string& b) const {
    return accepted_.contains({a, b}) || accepted_.contains({b, a});
  }
  bool accepted(const std::string& user, const std::string& name) const { return accepted_.contains({user, name}); }
  // A device of the user trusts the key of `name` that makes this safety number: so do the others.
  void trusts(const std::string& user, const std::string& name, const std::string& digits);
  // The text of a forged message.
  static const char* forged_text() { return "forged by the server"; }

 private:
  struct Lie {
    int64_t until = 0;
    bool once = false;
  };
  struct Key {
    Bytes spki, fpr;
    size_t number = 0;  // of tests/support/test_keys.h
  };
  const Key* key_of(const std::string& name);

  World& world_;
  test::MemoryDb& db_;
  std::map<std::string, Lie> lies_;                                     // by the name that they are about
  std::map<std::string, Key> keys_;                                     // the false ones
  std::set<std::pair<std::string, std::string>> known_;                 // device, name
  std::set<std::pair<std::string, std::string>> told_, accepted_;       // user, name
  std::map<std::pair<std::string, std::string>, std::string> trusted_;  // the same, digits
};

}  // namespace fastchat::sim
