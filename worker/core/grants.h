// CURVE keys that brokers let in: one attach each, within 30 s. A device that ended, or logged in anew, stays in mind
// for as long as a grant may be on its way: an older one that comes late lets nobody in. Pure.
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
  // Of a database that lost what was committed last: a device that was removed there may be there again.
  void clear();
  void add(std::string key, const v1::Grant& grant, int64_t now);
  // May a peer with this key (the User-Id form) begin a handshake?
  bool admits(std::string_view key, int64_t now) const;
  // Takes the grant away; false when there is none.
  bool take(const std::string& key, int64_t now, Granted* out);
  // Drops the grants of a device below an epoch.
  void drop_below(uint64_t did, uint64_t epoch);
  // The same, also for those that come in the next minute. A lower epoch prolongs nothing.
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
