// Typing signals, both ways: when the next signal of this user is due, and whose signals still count. Pure. Times are
// milliseconds: `now` of a monotonic clock, `sent_ms` of the sender's clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fastchat::core {

// One signal for a conversation while somebody goes on typing in it, at most every kEveryMs.
class TypingPace {
 public:
  static constexpr int64_t kEveryMs = 5'000;
  // True when one is due; it counts as sent then.
  bool due(const std::string& peer, int64_t now);

 private:
  std::map<std::string, int64_t> sent_;  // of the last kEveryMs
};

class TypingBoard {
 public:
  // A little more than the pace, so that who goes on typing does not flicker.
  static constexpr int64_t kShownMs = 7'000;

  // True when who(peer) changed.
  bool on_signal(const std::string& peer, const std::string& who, int64_t sent_ms, int64_t now);
  // The message that was being typed is here; a signal made before it that comes late no longer counts.
  bool on_message(const std::string& peer, const std::string& who, int64_t sent_ms);
  // The conversations in which somebody has stopped.
  std::vector<std::string> expire(int64_t now);
  // Those who type, in the order in which they began.
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
