// Fairness before the store, of one worker: while a request waits, a client that floods is served no more often than
// its turns come up. Compares counts, not times: the database may be as slow as it likes.
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
  // Sets the user who floods; 0: nobody floods.
  void flooder(uint64_t uid) { flooder_ = uid; }
  // Notes that a broker granted this key.
  void granted(const Bytes& key, uint64_t uid) { uids_[key] = uid; }
  // Notes a frame that came over a connection.
  void arrived(uint64_t rid, const Bytes& key, const v1::ClientFrame& frame);
  // Drops the open requests of a connection that is over, or full.
  void forget(uint64_t rid);
  // Notes that the store answered a request. `owner`: the user of a Drain's device. Throws Violation when the turn of
  // the request came late.
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
