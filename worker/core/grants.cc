#include "worker/core/grants.h"

namespace fastchat::worker {

void Grants::add(std::string key, const v1::Grant& grant, int64_t now) {
  drop_below(grant.did(), grant.session_epoch());
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

void Grants::expire(int64_t now) {
  std::erase_if(by_key_, [&](const auto& entry) { return entry.second.expires <= now; });
}

}  // namespace fastchat::worker
