#include "common/rates.h"

#include <algorithm>

namespace fastchat {

int64_t Rates::full_at(int64_t now, const std::string& key) const {
  const auto it = full_at_.find(key);
  return it == full_at_.end() ? now : std::max(now, it->second);
}

void Rates::put(const std::string& key, int64_t full_at) {
  const auto it = full_at_.find(key);
  if (it != full_at_.end()) {
    by_expiry_.erase({it->second, key});
  } else if (full_at_.size() >= capacity_) {
    full_at_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
  full_at_[key] = full_at;
  by_expiry_.emplace(full_at, key);
}

int64_t Rates::take(int64_t now, const std::string& key, int64_t most, int64_t refill) {
  expire(now);
  const int64_t will = full_at(now, key) + refill;
  if (will - now > most * refill) return will - now - most * refill;
  put(key, will);
  return 0;
}

void Rates::charge(int64_t now, const std::string& key, int64_t count, int64_t refill, int64_t latest) {
  put(key, std::min(full_at(now, key) + count * refill, latest));
}

void Rates::give_back(const std::string& key, int64_t refill) {
  const auto it = full_at_.find(key);
  if (it != full_at_.end()) put(key, it->second - refill);
}

void Rates::expire(int64_t now) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    full_at_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
}

}  // namespace fastchat
