// Texts that are written but not in the outbox yet, because a first message waits for the recipient's key. They are
// kept in a note of the profile, so that they outlive the program. The next start puts them back into the input line.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fastchat::tui {

class UnsentBook {
 public:
  using Text = std::pair<std::string, std::string>;  // to whom, what

  // A number for done().
  uint64_t add(std::string to, std::string text);
  void done(uint64_t number) { texts_.erase(number); }
  bool empty() const { return texts_.empty(); }

  // As a note of the profile; empty for none. What is no such note has no texts.
  std::string note() const;
  // The same when it differs from the one that this returned before.
  std::optional<std::string> changed_note();
  static std::vector<Text> texts_of(std::string_view note);

 private:
  uint64_t next_ = 0;
  std::map<uint64_t, Text> texts_;  // in the order they were written
  std::string kept_;
};

}  // namespace fastchat::tui
