// CURVE keys that brokers let in: one attach each, within 30 s. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proto/control.pb.h"

namespace fastchat::worker {

struct Granted {
  uint64_t uid = 0, did = 0, epoch = 0;
  std::string user, device;
  int64_t expires = 0;
};

class Grants {
 public:
  void add(std::string key, const v1::Grant& grant, int64_t now);
  // May a peer with this key (the User-Id form) begin a handshake?
  bool admits(std::string_view key, int64_t now) const;
  // Takes the grant away; false when there is none.
  bool take(const std::string& key, int64_t now, Granted* out);
  // Drops the grants of a device below an epoch.
  void drop_below(uint64_t did, uint64_t epoch);
  void expire(int64_t now);

 private:
  static constexpr int64_t kLife = 30'000'000;  // us
  std::unordered_map<std::string, Granted> by_key_;
};

}  // namespace fastchat::worker
