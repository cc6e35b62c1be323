// CURVE keys that brokers granted: one attach each, within 30 s. The epoch of a device that ended, or logged in anew,
// is remembered for as long as a grant may be on its way, so that an older grant that comes late admits nobody. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proto/control.pb.h"

namespace fastchat::worker {

struct Granted {
  uint64_t uid = 0, did = 0, epoch = 0;
  std::string user, device;
  int64_t expires = 0;
};

class Grants {
 public:
  // Drops everything after the database lost its last commits: a removed device may be there again.
  void clear();
  void add(std::string key, const v1::Grant& grant, int64_t now);
  // Returns true when a peer with this key (the User-Id form) may begin a handshake.
  bool admits(std::string_view key, int64_t now) const;
  // Takes the grant away; returns false when there is none, or it has expired.
  bool take(const std::string& key, int64_t now, Granted* out);
  // Drops the grants of a device below an epoch.
  void drop_below(uint64_t did, uint64_t epoch);
  // Drops the grants of a device below an epoch, also those that come in the next minute. A lower epoch prolongs
  // nothing.
  void refuse_below(uint64_t did, uint64_t epoch, int64_t now);
  void expire(int64_t now);

 private:
  void forget_oldest();
  static constexpr int64_t kLife = 30'000'000;    // us
  static constexpr int64_t kMemory = 60'000'000;  // us
  static constexpr size_t kMaxFloors = 200'000;
  struct Floor {
    uint64_t epoch = 0;
    int64_t until = 0;
  };
  std::unordered_map<std::string, Granted> by_key_;
  std::unordered_map<uint64_t, Floor> floors_;              // by did
  std::deque<std::pair<int64_t, uint64_t>> floors_by_age_;  // until, did
};

}  // namespace fastchat::worker
