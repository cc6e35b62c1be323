// The record of each person's messages in the whole sessions, with their edits, deletions, reactions and votes. A token
// names a message and stands in its text, in the question of a poll, or in the name of a file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/listener.h"

namespace fastchat::sim {

class Said {
 public:
  struct Message {
    uint64_t token = 0;
    std::string author, to;
    Bytes group;
    uint64_t epoch = 0;
    int by = -1;           // the device at which the message is typed
    uint64_t by_life = 0;  // of that device
    int64_t last_did = 0;  // the newest device in the database then
    int device = -1;       // by, once the message is on disk; -1: not said yet
    uint64_t life = 0, order = 0;
    bool file = false, accepted = false, delivered = false, failed = false;
    bool lost = false;                              // the database lost a copy of it
    bool greeting = false;                          // said after all was healed
    std::vector<std::pair<int, int64_t>> required;  // devices, as they were registered when it was said
    std::set<int> may_miss;  // devices whose copy the database lost, and nobody has to send again
    // Devices whose copy the database lost before the author heard "delivered", and the author's session then.
    std::map<int, uint64_t> lost_for;
    std::set<std::string> readers;  // users who marked it as read
    std::set<std::string> texts;    // texts that it may have
    std::string last_edit;
    std::set<int> annotators, editors, erasers;
    // Devices that act on the message, and have not reported the result.
    std::set<int> annotates;
    bool uncertain = false;  // one of these died
  };
  using Lines = std::vector<client::ChatMessage>;  // of one conversation, in the order of the screen

  uint64_t next_token() { return ++last_token_; }
  static std::string text_of(uint64_t token, const std::string& more);
  static std::string file_name(uint64_t token) { return text_of(token, ".bin"); }
  static Bytes file_content(uint64_t token);

  // ---- actions of people
  // For a group: its id, and the epoch that the device has.
  Message& will_say(uint64_t token, const std::string& to, const Bytes& group, uint64_t epoch);
  // will_annotate() notes that an edit, a deletion, a reaction or a vote begins; annotation_ended() notes that it is on
  // disk or refused.
  void will_annotate(int device, const std::string& id);
  void annotation_ended(int device, const std::string& id);
  // Marks the last actions of the device as uncertain.
  void died(int device);
  void will_edit(const std::string& id, const std::string& text);
  void edited(int device, const std::string& id, const std::string& text);
  void erased(int device, const std::string& id);
  void annotated(int device, const std::string& id);  // with a reaction or a vote
  void marks_read(const std::string& user, const Lines& shown);
  // Marks every later message as said in the healed system.
  void greetings_begin() { greeting_ = true; }

  // ---- queries
  // Notes that an event named a message by this id.
  void name(const std::string& id, uint64_t token) { by_id_[id] = token; }
  Message* find(const std::string& id);
  // Returns null when nobody said it.
  Message* find(uint64_t token);
  std::optional<uint64_t> token_of(const client::ChatMessage& line) const;
  // Returns all messages by token.
  const std::map<uint64_t, Message>& all() const { return messages_; }
  // Counts the messages and annotations, for a person.
  std::string summary() const;

 private:
  std::map<uint64_t, Message> messages_;
  std::map<std::string, uint64_t> by_id_;  // of messages in events
  uint64_t last_token_ = 0;
  bool greeting_ = false;
};

}  // namespace fastchat::sim
