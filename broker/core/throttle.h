// Slows guessing of passwords down, per user name and per address (PROTOCOL.md section 3). Pure; time is a parameter.
// Memory is bounded: each table holds at most `capacity` entries and gives up the one that would expire first.
//
// A try is charged to its name before it is verified, so that a thousand tries at once are not a thousand free ones,
// and given back when it succeeds. An address is charged for failures only: a crowd behind one address logs in at once
// after a worker died. A success clears the name, never the address: whoever has an account could wash an address with
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace fastchat::broker {

class Throttle {
 public:
  static constexpr int kNameFailures = 5;
  static constexpr int kAddressFailures = 20;
  static constexpr int64_t kWindowUs = 15 * 60 * int64_t{1'000'000};
  static constexpr int64_t kFirstDelayUs = 1'000'000;
  static constexpr int64_t kLastDelayUs = 15 * 60 * int64_t{1'000'000};

  explicit Throttle(size_t capacity = 100'000) : names_(capacity), addresses_(capacity) {}

  // 0: go on (and report the outcome with failed, succeeded or undecided). Else: microseconds until a try is let in.
  int64_t admit(int64_t now_us, const std::string& name, const std::string& address);

  void failed(int64_t now_us, const std::string& address);
  void succeeded(const std::string& name);
  // The database did not answer: neither a failure nor a success.
  void undecided(const std::string& name);

  // Drops what is 15 minutes past its last effect.
  void expire(int64_t now_us);

  size_t size() const { return names_.size() + addresses_.size(); }

 private:
  class Table {
   public:
    explicit Table(size_t capacity) : capacity_(capacity) {}
    int64_t blocked_for(int64_t now_us, const std::string& key) const;
    void charge(int64_t now_us, const std::string& key, int allowed);
    void refund(const std::string& key);
    void clear(const std::string& key);
    void expire(int64_t now_us);
    size_t size() const { return entries_.size(); }

   private:
    struct Entry {
      int failures = 0;
      int64_t blocked_until_us = 0;
      int64_t expires_us = 0;
    };
    size_t capacity_;
    std::unordered_map<std::string, Entry> entries_;
    std::set<std::pair<int64_t, std::string>> by_expiry_;
  };

  Table names_;
  Table addresses_;
};

}  // namespace fastchat::broker
