// Rate limits by key: a burst, then one use in a fixed time. Pure; time is a parameter, in any unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace fastchat {

class Rates {
 public:
  // Remembers at most `capacity` keys. Beyond that, drops the key that expires first.
  explicit Rates(size_t capacity = 100'000) : capacity_(capacity) {}
  // Takes one use of `most` and returns 0, or takes none and returns the time to wait for it. One use comes back every
  // `refill`.
  int64_t take(int64_t now, const std::string& key, int64_t most, int64_t refill);
  // Takes `count` more uses, even when fewer are left. All uses are back by `latest` at the latest.
  void charge(int64_t now, const std::string& key, int64_t count, int64_t refill, int64_t latest);
  // Gives back a use that had no effect.
  void give_back(const std::string& key, int64_t refill);
  void expire(int64_t now);
  size_t size() const { return full_at_.size(); }

 private:
  int64_t full_at(int64_t now, const std::string& key) const;
  void put(const std::string& key, int64_t full_at);

  size_t capacity_;
  std::unordered_map<std::string, int64_t> full_at_;  // the time at which all uses of the key are back
  std::set<std::pair<int64_t, std::string>> by_expiry_;
};

}  // namespace fastchat
