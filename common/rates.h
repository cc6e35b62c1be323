// Rate limits by key: a burst, then one in a fixed time. Pure; time is a parameter, in any unit.
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
  // At most `capacity` keys are remembered; then the one that would be forgotten first goes.
  explicit Rates(size_t capacity = 100'000) : capacity_(capacity) {}
  // Takes one of `most` and returns 0, or takes none and returns how long to wait for it. One comes back every
  // `refill`.
  int64_t take(int64_t now, const std::string& key, int64_t most, int64_t refill);
  // Takes `count` more, also where that many are not left, until `latest` at most: by then all have come back.
  void charge(int64_t now, const std::string& key, int64_t count, int64_t refill, int64_t latest);
  // Returns a use that came to nothing.
  void give_back(const std::string& key, int64_t refill);
  void expire(int64_t now);
  size_t size() const { return full_at_.size(); }

 private:
  int64_t full_at(int64_t now, const std::string& key) const;
  void put(const std::string& key, int64_t full_at);

  size_t capacity_;
  std::unordered_map<std::string, int64_t> full_at_;  // when nothing of it is taken any more
  std::set<std::pair<int64_t, std::string>> by_expiry_;
};

}  // namespace fastchat
