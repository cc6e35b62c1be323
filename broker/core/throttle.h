// Slows guessing of passwords down (PROTOCOL.md section 3). Pure; time is a parameter. Memory is bounded: each table
// holds at most `capacity` entries and drops the entry that would expire first.
//
// A failed login from a device that the user does not have counts three times: for the name at this address, for the
// address, and for the name from everywhere. A device that the user has is blocked by its own failures alone, so nobody
// who does not know its id can shut it out; its failures count for the address too. A secret cannot be guessed, so the
// right secret is accepted whatever was counted. A try by password is blocked before anything is compared. Only
// failures are charged, so a crowd behind one address logs in at once after a worker died. A success clears the name at
// this address and the device, never the address: anybody with an account could clear an address with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/rates.h"

namespace fastchat::broker {

// A client that tries to log in.
struct Applicant {
  std::string name, address;
  std::string device;         // 16 bytes
  bool device_known = false;  // the user has this device
  bool many_behind = false;   // the address is one that many people share
};

class Throttle {
 public:
  static constexpr int kPairFailures = 5;  // for a name from one address
  static constexpr int kDeviceFailures = 5;
  static constexpr int kNameFailures = 50;  // for a name from everywhere
  static constexpr int kAddressFailures = 20;
  static constexpr int kManyBehind = 50;  // times as many, for an address that many people share
  static constexpr int64_t kWindowUs = 15 * 60 * int64_t{1'000'000};
  static constexpr int64_t kFirstDelayUs = 1'000'000;
  static constexpr int64_t kLastDelayUs = 15 * 60 * int64_t{1'000'000};
  // The longest delay of a name over all addresses, so that a distributed guesser cannot delay the owner's new devices
  // for longer.
  static constexpr int64_t kLastNameDelayUs = 60 * int64_t{1'000'000};

  explicit Throttle(size_t capacity = 100'000)
      : pairs_(capacity), devices_(capacity), names_(capacity), addresses_(capacity) {}

  // Returns 0 when the caller may compare (and must report the outcome), else the microseconds until a try is let in.
  int64_t wait_us(int64_t now_us, const Applicant& who) const;
  void failed(int64_t now_us, const Applicant& who);
  // Counts a wrong secret of a device that the user does not have: for the address only, not for the name.
  void failed_address(int64_t now_us, const Applicant& who);
  void succeeded(const Applicant& who);

  // Drops entries whose last effect is 15 minutes ago.
  void expire(int64_t now_us);

  size_t size() const { return pairs_.size() + devices_.size() + names_.size() + addresses_.size(); }

 private:
  class Table {
   public:
    explicit Table(size_t capacity) : capacity_(capacity) {}
    int64_t blocked_for(int64_t now_us, const std::string& key) const;
    void charge(int64_t now_us, const std::string& key, int allowed, int64_t last_delay_us);
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

  Table pairs_, devices_, names_, addresses_;
};

}  // namespace fastchat::broker
