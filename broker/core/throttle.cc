#include "broker/core/throttle.h"

#include <algorithm>

namespace fastchat::broker {
namespace {

int64_t delay_us(int failures_over) {
  // 2^10 seconds is past the longest delay; the shift stays small whatever was counted.
  const int64_t delay = Throttle::kFirstDelayUs << std::min(failures_over, 10);
  return std::min(delay, Throttle::kLastDelayUs);
}

}  // namespace

int64_t Throttle::admit(int64_t now_us, const std::string& name, const std::string& address) {
  const int64_t wait = std::max(names_.blocked_for(now_us, name), addresses_.blocked_for(now_us, address));
  if (wait == 0) names_.charge(now_us, name, kNameFailures);
  return wait;
}

void Throttle::failed(int64_t now_us, const std::string& address) {
  addresses_.charge(now_us, address, kAddressFailures);
}

void Throttle::succeeded(const std::string& name) {
  names_.clear(name);
}

void Throttle::undecided(const std::string& name) {
  names_.refund(name);
}

void Throttle::expire(int64_t now_us) {
  names_.expire(now_us);
  addresses_.expire(now_us);
}

int64_t Throttle::Table::blocked_for(int64_t now_us, const std::string& key) const {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return 0;
  return std::max<int64_t>(0, it->second.blocked_until_us - now_us);
}

void Throttle::Table::charge(int64_t now_us, const std::string& key, int allowed) {
  expire(now_us);
  if (!entries_.contains(key) && entries_.size() >= capacity_) {
    entries_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
  Entry& entry = entries_[key];
  by_expiry_.erase({entry.expires_us, key});
  ++entry.failures;
  if (entry.failures >= allowed) entry.blocked_until_us = now_us + delay_us(entry.failures - allowed);
  // Counted from the end of the block: the longest block is as long as the window, and must not end in a clean slate.
  entry.expires_us = std::max(now_us, entry.blocked_until_us) + kWindowUs;
  by_expiry_.emplace(entry.expires_us, key);
}

void Throttle::Table::refund(const std::string& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  it->second.blocked_until_us = 0;
  if (--it->second.failures <= 0) clear(key);
}

void Throttle::Table::clear(const std::string& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  by_expiry_.erase({it->second.expires_us, key});
  entries_.erase(it);
}

void Throttle::Table::expire(int64_t now_us) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now_us) {
    entries_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
}

}  // namespace fastchat::broker
