#include "broker/core/throttle.h"

#include <algorithm>

namespace fastchat::broker {
namespace {

int64_t delay_us(int failures_over, int64_t last_delay_us) {
  // 2^10 seconds exceed the longest delay, so the limit only keeps the shift small.
  const int64_t delay = Throttle::kFirstDelayUs << std::min(failures_over, 10);
  return std::min(delay, last_delay_us);
}

// Returns the key of a name at an address. Neither of them contains a zero byte.
std::string pair_key(const Applicant& who) {
  return who.name + '\0' + who.address;
}

std::string device_key(const Applicant& who) {
  return who.name + '\0' + who.device;
}

}  // namespace

int64_t Throttle::wait_us(int64_t now_us, const Applicant& who) const {
  if (who.device_known) return devices_.blocked_for(now_us, device_key(who));
  return std::max({pairs_.blocked_for(now_us, pair_key(who)), names_.blocked_for(now_us, who.name),
                   addresses_.blocked_for(now_us, who.address)});
}

void Throttle::failed(int64_t now_us, const Applicant& who) {
  if (who.device_known) {
    devices_.charge(now_us, device_key(who), kDeviceFailures, kLastDelayUs);
  } else {
    pairs_.charge(now_us, pair_key(who), kPairFailures, kLastDelayUs);
    names_.charge(now_us, who.name, kNameFailures, kLastNameDelayUs);
  }
  failed_address(now_us, who);
}

void Throttle::failed_address(int64_t now_us, const Applicant& who) {
  addresses_.charge(now_us, who.address, kAddressFailures * (who.many_behind ? kManyBehind : 1), kLastDelayUs);
}

void Throttle::succeeded(const Applicant& who) {
  pairs_.clear(pair_key(who));
  devices_.clear(device_key(who));
}

void Throttle::expire(int64_t now_us) {
  for (Table* table : {&pairs_, &devices_, &names_, &addresses_}) table->expire(now_us);
}

int64_t Throttle::Table::blocked_for(int64_t now_us, const std::string& key) const {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return 0;
  return std::max<int64_t>(0, it->second.blocked_until_us - now_us);
}

void Throttle::Table::charge(int64_t now_us, const std::string& key, int allowed, int64_t last_delay_us) {
  expire(now_us);
  if (!entries_.contains(key) && entries_.size() >= capacity_) {
    entries_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
  Entry& entry = entries_[key];
  by_expiry_.erase({entry.expires_us, key});
  ++entry.failures;
  if (entry.failures >= allowed) entry.blocked_until_us = now_us + delay_us(entry.failures - allowed, last_delay_us);
  // The window counts from the end of the block: the longest block is as long as the window, and the failures must
  // outlast it.
  entry.expires_us = std::max(now_us, entry.blocked_until_us) + kWindowUs;
  by_expiry_.emplace(entry.expires_us, key);
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
