// The way to the store: lanes that do not wait for each other, and in each a turn for everybody who asks (PROTOCOL.md
// names no order between clients). Looking up is one, writing another, adopting a third: who fills one fills his own
// part of it. Pure. A request is handed to Ports::store when its lane has a free place, the next key's turn comes
// first, and what one key has waiting is bounded.
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

  // `key`: whose turn it takes, a user or an address. False: `most` requests of this key wait already, and this one is
  // not taken.
  bool ask(const std::string& key, size_t most, StoreRequest&& request);
  // The store answered it.
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
