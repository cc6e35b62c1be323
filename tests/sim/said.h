// What each person of the whole sessions said and did: messages with their edits, deletions, reactions and votes. A
// token names a message and stands in its text, in the question of a poll, or in the name of a file.
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
    int by = -1;           // the device that it is typed at
    uint64_t by_life = 0;  // of that device
    int64_t last_did = 0;  // the newest device in the database then
    int device = -1;       // by, once it is on disk; -1: not said yet
    uint64_t life = 0, order = 0;
    bool file = false, accepted = false, delivered = false, failed = false;
    bool lost = false;                              // the database lost a copy of it
    bool greeting = false;                          // said when all was healed
    std::vector<std::pair<int, int64_t>> required;  // devices, as they were registered when it was said
    std::set<int> may_miss;                         // devices whose copy the database lost
    std::set<std::string> readers;                  // who marked it as read
    std::set<std::string> texts;                    // that it may have
    std::string last_edit;
    std::set<int> annotators, editors, erasers;
    std::set<int> annotates;  // devices that do something to it, and have not said how that ended
    bool uncertain = false;   // one of these died
  };
  using Lines = std::vector<client::ChatMessage>;  // of one conversation, in the order of the screen

  uint64_t next_token() { return ++last_token_; }
  static std::string text_of(uint64_t token, const std::string& more);
  static std::string file_name(uint64_t token) { return text_of(token, ".bin"); }
  static Bytes file_content(uint64_t token);

  // ---- what people do
  // In a group: its id, and the epoch that the device knows.
  Message& will_say(uint64_t token, const std::string& to, const Bytes& group, uint64_t epoch);
  // An edit, a deletion, a reaction or a vote begins, and is on disk or refused.
  void will_annotate(int device, const std::string& id);
  void annotation_ended(int device, const std::string& id);
  // Nobody knows what became of what the device did last.
  void died(int device);
  void will_edit(const std::string& id, const std::string& text);
  void edited(int device, const std::string& id, const std::string& text);
  void erased(int device, const std::string& id);
  void annotated(int device, const std::string& id);  // a reaction, a vote
  void marks_read(const std::string& user, const Lines& shown);
  // Whatever is said from now on is said in the healed system.
  void greetings_begin() { greeting_ = true; }

  // ---- looked up
  // A message was told of under this id.
  void name(const std::string& id, uint64_t token) { by_id_[id] = token; }
  Message* find(const std::string& id);
  // Null: nobody said it.
  Message* find(uint64_t token);
  std::optional<uint64_t> token_of(const client::ChatMessage& line) const;
  // By token.
  const std::map<uint64_t, Message>& all() const { return messages_; }
  // Counts the messages and annotations, for a person.
  std::string summary() const;

 private:
  std::map<uint64_t, Message> messages_;
  std::map<std::string, uint64_t> by_id_;  // of messages that were told
  uint64_t last_token_ = 0;
  bool greeting_ = false;
};

}  // namespace fastchat::sim
