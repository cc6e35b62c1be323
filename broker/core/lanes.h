// The lines before the store: three lanes (look-ups, writes, adopting) that do not wait for each other. In each lane
// the keys (users or addresses) take turns, because PROTOCOL.md names no order between clients. A key that asks too
// much fills only its own part of a lane: the number of its waiting requests is bounded. A request goes to Ports::store
// when its lane has a free place. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "broker/core/ports.h"
#include "broker/core/store.h"

namespace fastchat::broker {

class Lanes {
 public:
  explicit Lanes(Ports& ports) : ports_(ports) {}

  // Queues a request. `key`: the user or address whose turn the request takes. Returns false, without taking the
  // request, when `most` requests of this key wait already.
  bool ask(const std::string& key, size_t most, StoreRequest&& request);
  // Frees the place of a request that the store answered.
  void answered(uint64_t id);
  size_t waiting() const;

 private:
  struct Turn {
    std::string key;
    std::deque<StoreRequest> waiting;
    size_t at_store = 0;
  };
  struct Line {
    std::list<Turn> turns;  // the next turn is in front
    std::unordered_map<std::string, std::list<Turn>::iterator> by_key;
    size_t at_store = 0;
  };
  void hand_over(Lane lane);

  Ports& ports_;
  std::array<Line, kLanes> lines_;
  std::unordered_map<uint64_t, std::pair<Lane, std::string>> at_store_;  // by the request's id
};

}  // namespace fastchat::broker
