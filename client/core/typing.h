// Typing signals, both ways: the time of this user's next signal, and the received signals that still count. Pure.
// Times are milliseconds: `now` of a monotonic clock, `sent_ms` of the sender's clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fastchat::core {

// Limits this user's signals: one for a conversation while the user types in it, at most every kEveryMs.
class TypingPace {
 public:
  static constexpr int64_t kEveryMs = 5'000;
  // Returns true when a signal is due, and counts it as sent.
  bool due(const std::string& peer, int64_t now);

 private:
  std::map<std::string, int64_t> sent_;  // times of the signals of the last kEveryMs
};

class TypingBoard {
 public:
  // A little more than the pace, so that a user who keeps typing stays shown without flicker.
  static constexpr int64_t kShownMs = 7'000;

  // Returns true when who(peer) changed.
  bool on_signal(const std::string& peer, const std::string& who, int64_t sent_ms, int64_t now);
  // Ends the typing of `who`: the message is here. A late signal that was sent before the message no longer counts.
  // Returns true when who(peer) changed.
  bool on_message(const std::string& peer, const std::string& who, int64_t sent_ms);
  // Returns the conversations in which somebody has stopped typing.
  std::vector<std::string> expire(int64_t now);
  // Returns the users who type, in the order in which they began.
  std::vector<std::string> who(const std::string& peer) const;
  int64_t next_wake() const;  // INT64_MAX when nobody types

 private:
  struct Typist {
    std::string name;
    int64_t until = 0;  // 0: does not type
    int64_t last_message_ms = INT64_MIN;
  };
  Typist& get(const std::string& peer, const std::string& who);
  std::map<std::string, std::vector<Typist>> rooms_;
};

}  // namespace fastchat::core
