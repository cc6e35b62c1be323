// Judges the events and the screens of the devices of whole sessions by the record of people's actions (said.h). Works
// with the data that a person sees (client/session/session.h), not with streams and identities. Throws Violation.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/listener.h"
#include "tests/sim/false_keys.h"
#include "tests/sim/knobs.h"
#include "tests/sim/said.h"
#include "tests/sim/session_devices.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

class Readers {
 public:
  using Lines = Said::Lines;

  Readers(World& world, const Knobs& knobs, const test::MemoryDb& db, SessionDevices& devices, Said& said,
          const FalseKeys& keys)
      : world_(world), knobs_(knobs), db_(db), devices_(devices), said_(said), keys_(keys) {}

  // Notes the end of a fetch: the path of the file, or an error.
  void fetched(int device, const std::string& id, const Result<std::string>& path);

  // ---- events at devices
  // Notes that a message is typed at the device.
  void will_say(int device, Said::Message& m) const;
  // Notes that the person sees the message in a conversation. Where a machine died, no event may have announced it.
  void sees(int device, const client::ChatMessage& line);
  void told(int device, const client::ChatMessage& line);
  void receipt(int device, const client::ReceiptEvent& event);
  // Notes the receipts that the device had on its disk when it began. Its machine may have died before it told anybody.
  void begins_with(int device, const Lines& lines);
  void notice(int device, const client::Notice& notice) const;

  // ---- the end
  // Notes a conversation of a device that is live.
  void shows(int device, const Lines& lines);
  void check_end() const;

 private:
  struct Screen {
    std::set<uint64_t> told;                        // in this life of the device's disk
    std::map<uint64_t, client::ChatMessage> shown;  // at the end
    int disk = 0;                                   // copies put back before
    bool shows = false;                             // at the end
  };
  using Message = Said::Message;
  void say(Message& m, int device, const client::ChatMessage& line);
  bool unheard(const Message& m) const;
  // Returns the message of the line; fails when nobody said it.
  Message& heard(uint64_t token, int device, const client::ChatMessage& line);
  // Returns true when the device, as it was registered then, has to have the message and all its changes.
  bool must_have(const Message& m, int device, int64_t did) const;
  bool follows(const Message& m, int device) const;
  bool may_repeat(const Message& m) const;
  // Returns true when a false key was accepted between the author and the reader.
  bool deceived(const Message& m) const { return !m.greeting && keys_.between(m.author, m.to); }
  void check_forged(int device, const client::ChatMessage& line) const;
  void check_file(int device, uint64_t token, const std::string& path) const;
  void check_order(int device, const Lines& lines) const;
  void check_message(uint64_t token, const Message& m) const;
  void check_same(uint64_t token, const Message& m) const;
  [[noreturn]] void fail(const char* rule, const std::string& text) const { throw Violation(rule, text); }

  World& world_;
  const Knobs& knobs_;
  const test::MemoryDb& db_;
  SessionDevices& devices_;
  Said& said_;
  const FalseKeys& keys_;
  std::map<int, Screen> screens_;  // by device
  uint64_t last_order_ = 0;
};

}  // namespace fastchat::sim
