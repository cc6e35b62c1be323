// Knows what each person said, and judges what the devices of whole sessions are told and show. Works with what a
// person sees (client/session/session.h), not with streams and identities. Throws Violation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/listener.h"
#include "tests/sim/knobs.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

class Readers {
 public:
  using Lines = std::vector<client::ChatMessage>;  // of one conversation, in the order of the screen

  Readers(World& world, const Knobs& knobs, const test::MemoryDb& db) : world_(world), knobs_(knobs), db_(db) {}

  // ---- devices
  void add_device(int device, const std::string& user) { devices_[device].user = user; }
  // The device holds a session under this id: from now on messages to its user are for it.
  void attached(int device, const Bytes& id);
  // A copy of the device's disk was put back.
  void put_back(int device);
  bool removed(int device) const { return devices_.at(device).removed; }
  void set_removed(int device) { devices_.at(device).removed = true; }
  // A process of the device begins.
  void starts(int device) { ++devices_.at(device).life; }

  // ---- what people do. A token stands in the text of a message, the question of a poll, the name of a file.
  uint64_t next_token() { return ++last_token_; }
  static std::string text_of(uint64_t token, const std::string& more);
  static std::string file_name(uint64_t token) { return text_of(token, ".bin"); }
  static Bytes file_content(uint64_t token);
  // In a group: its id, and the epoch that the device knows.
  void will_say(uint64_t token, const std::string& to, const Bytes& group, uint64_t epoch);
  void will_edit(const std::string& id, const std::string& text);
  void edited(int device, const std::string& id, const std::string& text);
  void erased(int device, const std::string& id);
  void annotated(int device, const std::string& id);  // a reaction, a vote
  void marks_read(int device, const Lines& shown);
  // A fetch ended: with the path of the file, or an error.
  void fetched(int device, const std::string& id, const Result<std::string>& path);

  // ---- what devices are told
  void told(int device, const client::ChatMessage& line);
  void receipt(int device, const client::ReceiptEvent& event);
  void notice(int device, const client::Notice& notice) const;

  // ---- the end
  // A conversation of a device that is live.
  void shows(int device, const Lines& lines);
  void check_end() const;
  // Counts the messages and annotations, for a person.
  std::string summary() const;
  // The uid is in the group, and has been since this epoch.
  bool in_it_since(const Bytes& group, const std::string& user, uint64_t epoch) const;

 private:
  struct Device {
    std::string user;
    Bytes id;
    bool removed = false, restored = false;
    uint64_t life = 0;
    std::set<uint64_t> told;                        // since the last copy was put back
    std::map<uint64_t, client::ChatMessage> shown;  // at the end
    bool shows = false;                             // at the end
  };
  struct Message {
    std::string author, to;
    Bytes group;
    uint64_t epoch = 0;
    int device = -1;  // -1: not said yet
    uint64_t life = 0, order = 0;
    bool file = false, accepted = false, delivered = false, failed = false;
    std::vector<std::pair<int, int64_t>> required;  // devices, as they were registered when it was said
    std::set<std::string> readers;                  // who marked it as read
    std::set<std::string> texts;                    // that it may have
    std::string last_edit;
    std::set<int> annotators, editors, erasers;
  };
  int64_t did_of(const Device& d) const;
  std::optional<uint64_t> token_of(const client::ChatMessage& line) const;
  Message* find(const std::string& id);
  void say(Message& m, int device, const client::ChatMessage& line);
  // The device, as it was registered then, has to have the message and all that was done to it.
  bool must_have(const Message& m, int device, int64_t did) const;
  bool follows(const Message& m, int device) const;
  bool may_repeat(const Message& m) const;
  void check_file(int device, uint64_t token, const std::string& path) const;
  void check_order(int device, const Lines& lines) const;
  void check_message(uint64_t token, const Message& m) const;
  void check_same(uint64_t token, const Message& m) const;
  [[noreturn]] void fail(const char* rule, const std::string& text) const { throw Violation(rule, text); }

  World& world_;
  const Knobs& knobs_;
  const test::MemoryDb& db_;
  std::map<int, Device> devices_;
  std::map<uint64_t, Message> messages_;   // by token
  std::map<std::string, uint64_t> by_id_;  // of messages that were told
  uint64_t last_token_ = 0, last_order_ = 0;
};

}  // namespace fastchat::sim
