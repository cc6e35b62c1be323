// Fairness before the store, of one worker: while a request waits, a client that floods is served no more often than
// its turns come up. Counts, not times: the database may be as slow as it likes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "common/wire.h"
#include "worker/core/store.h"

namespace fastchat::sim {

class Turns {
 public:
  // Nobody floods (0), or this user does.
  void flooder(uint64_t uid) { flooder_ = uid; }
  // A broker granted this key.
  void granted(const Bytes& key, uint64_t uid) { uids_[key] = uid; }
  // A frame came over a connection.
  void arrived(uint64_t rid, const Bytes& key, const v1::ClientFrame& frame);
  // The connection is over, or full: drops its open requests.
  void forget(uint64_t rid);
  // The store answered a request. `owner`: of a Drain, whose device it is. Throws Violation when its turn came late.
  void served(const worker::StoreRequest& request, uint64_t owner);

 private:
  struct Lane {
    std::unordered_map<uint64_t, uint64_t> served;  // by user
  };
  struct Waiting {
    uint64_t rid = 0, flooders = 0, own = 0;  // turns of both before it came
  };
  Lane& lane(worker::Lane which) { return lanes_[static_cast<size_t>(which)]; }

  uint64_t flooder_ = 0;
  std::map<Bytes, uint64_t> uids_;
  Lane lanes_[3];
  std::multimap<std::pair<uint64_t, uint64_t>, Waiting> waiting_;  // by user with lane, and number
};

}  // namespace fastchat::sim
