// A server that shows another key for a name than the owner's, and sends messages under it. Lies only to devices that
// have the right key, because a first contact believes any key that the server shows. Records the users who accepted a
// key, by name. Throws Violation when a client names a key that its user did not accept in a frame (each envelope, each
// state of a group and each key for one names the keys that it is for).
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
  // Shows devices another key of `name` until `until` (world time), or once.
  void begin(const std::string& name, int64_t until, bool once);
  // Queues a message in that name, under the other key, for all devices of `to`.
  void forge(const std::string& name, const std::string& to);
  void end() { lies_.clear(); }
  // Returns the frame as this device gets it. `device`: the name of its process, "user1/10".
  Bytes shown(const std::string& device, const Bytes& frame);
  // Checks a frame that came from a device.
  void check(const std::string& device, const Bytes& frame) const;

  // ---- the devices
  // Notes that this device has the key of `name` on its disk.
  void knows(const std::string& device, const std::string& name) { known_.insert({device, name}); }
  // Returns one of these names, by chance.
  std::optional<std::string> any_known(const std::string& device);
  // Returns true when the user was shown another key of `name`, or a message under one came.
  bool warned(const std::string& user, const std::string& name) const { return told_.contains({user, name}); }
  // Returns true when the number that the user and `name` compare is that of the right keys.
  bool right(const client::VerifyInfo& info, const std::string& user) const;
  // Notes that the user accepts the false key.
  void accepts(const std::string& user, const std::string& name) { accepted_.insert({user, name}); }
  // Returns true when one of the two ever accepted a false key for the other.
  bool between(const std::string& a, const std::string& b) const {
    return accepted_.contains({a, b}) || accepted_.contains({b, a});
  }
  bool accepted(const std::string& user, const std::string& name) const { return accepted_.contains({user, name}); }
  // Checks that all devices of the user trust the key of `name` that makes this safety number.
  void trusts(const std::string& user, const std::string& name, const std::string& digits);
  // Returns the text of a forged message.
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
  std::map<std::string, Lie> lies_;                                     // by the name that has a false key
  std::map<std::string, Key> keys_;                                     // the false ones
  std::set<std::pair<std::string, std::string>> known_;                 // device, name
  std::set<std::pair<std::string, std::string>> told_, accepted_;       // user, name
  std::map<std::pair<std::string, std::string>, std::string> trusted_;  // as above; safety number
};

}  // namespace fastchat::sim
