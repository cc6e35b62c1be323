#include "worker/core/grants.h"

#include <algorithm>

namespace fastchat::worker {

void Grants::clear() {
  by_key_.clear();
  floors_.clear();
  floors_by_age_.clear();
}

void Grants::add(std::string key, const v1::Grant& grant, int64_t now) {
  drop_below(grant.did(), grant.session_epoch());
  const auto floor = floors_.find(grant.did());
  if (floor != floors_.end() && grant.session_epoch() < floor->second.epoch) return;
  by_key_[std::move(key)] =
      Granted{grant.uid(), grant.did(), grant.session_epoch(), grant.user(), grant.device(), now + kLife};
}

bool Grants::admits(std::string_view key, int64_t now) const {
  const auto it = by_key_.find(std::string(key));
  return it != by_key_.end() && it->second.expires > now;
}

bool Grants::take(const std::string& key, int64_t now, Granted* out) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return false;
  *out = std::move(it->second);
  by_key_.erase(it);
  return out->expires > now;
}

void Grants::drop_below(uint64_t did, uint64_t epoch) {
  std::erase_if(by_key_, [&](const auto& entry) { return entry.second.did == did && entry.second.epoch < epoch; });
}

void Grants::refuse_below(uint64_t did, uint64_t epoch, int64_t now) {
  drop_below(did, epoch);
  Floor& floor = floors_[did];
  if (epoch < floor.epoch) return;
  floor.epoch = epoch;
  floor.until = now + kMemory;
  floors_by_age_.emplace_back(floor.until, did);
  while (floors_by_age_.size() > kMaxFloors) forget_oldest();
}

void Grants::forget_oldest() {
  const auto [until, did] = floors_by_age_.front();
  floors_by_age_.pop_front();
  const auto it = floors_.find(did);
  if (it != floors_.end() && it->second.until == until) floors_.erase(it);
}

void Grants::expire(int64_t now) {
  while (!floors_by_age_.empty() && floors_by_age_.front().first <= now) forget_oldest();
  std::erase_if(by_key_, [&](const auto& entry) { return entry.second.expires <= now; });
}

}  // namespace fastchat::worker
