#include "broker/core/lanes.h"

#include <iterator>
#include <utility>

namespace fastchat::broker {

bool Lanes::ask(const std::string& key, size_t most, StoreRequest&& request) {
  const Lane lane = lane_of(request);
  Line& line = lines_[static_cast<size_t>(lane)];
  auto it = line.by_key.find(key);
  if (it == line.by_key.end()) {
    line.turns.push_back(Turn{key, {}, 0});
    it = line.by_key.emplace(key, std::prev(line.turns.end())).first;
  }
  if (it->second->waiting.size() >= most) return false;
  it->second->waiting.push_back(std::move(request));
  hand_over(lane);
  return true;
}

void Lanes::answered(uint64_t id) {
  const auto it = at_store_.find(id);
  if (it == at_store_.end()) return;
  const auto [lane, key] = std::move(it->second);
  at_store_.erase(it);
  Line& line = lines_[static_cast<size_t>(lane)];
  --line.at_store;
  const auto turn = line.by_key.find(key);
  --turn->second->at_store;
  if (turn->second->at_store == 0 && turn->second->waiting.empty()) {
    line.turns.erase(turn->second);
    line.by_key.erase(turn);
  }
  hand_over(lane);
}

// Hands waiting requests to the store while the lane has a free place. Takes the keys in turn, and passes over a key
// that has `of_one` requests at the store.
void Lanes::hand_over(Lane lane) {
  Line& line = lines_[static_cast<size_t>(lane)];
  const LaneShape& shape = shape_of(lane);
  size_t passed = 0;
  while (line.at_store < shape.threads && passed < line.turns.size()) {
    auto turn = line.turns.begin();
    line.turns.splice(line.turns.end(), line.turns, turn);
    if (turn->waiting.empty() || turn->at_store >= shape.of_one) {
      ++passed;
      continue;
    }
    passed = 0;
    StoreRequest request = std::move(turn->waiting.front());
    turn->waiting.pop_front();
    ++turn->at_store;
    ++line.at_store;
    at_store_.emplace(request.id, std::pair(lane, turn->key));
    ports_.store(std::move(request));
  }
}

size_t Lanes::waiting() const {
  size_t n = 0;
  for (const Line& line : lines_) {
    for (const Turn& turn : line.turns) n += turn.waiting.size();
  }
  return n;
}

}  // namespace fastchat::broker
