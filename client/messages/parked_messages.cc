#include "client/messages/parked_messages.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fastchat::client {
namespace {

constexpr int64_t kUnlistedMs = 60'000;
constexpr size_t kMaxUnlisted = 1'000;  // beyond it, the oldest pause ends

}  // namespace

bool ParkedMessages::park(Arrival& arrival, const e2e::Received& received) {
  if (arrival.waiting != 0 || sync_.expects(received.header.group_id)) return false;
  const std::string& user = received.header.from_user;
  if (arrival.listed) {
    if (unlisted_.size() >= kMaxUnlisted && !unlisted_.contains(user)) {
      unlisted_.erase(std::min_element(unlisted_.begin(), unlisted_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
    unlisted_[user] = turn_.now_ms();
    return false;
  }
  auto it = unlisted_.find(user);
  if (it != unlisted_.end() && turn_.now_ms() - it->second < kUnlistedMs) return false;
  if (!server_.attached()) return true;
  parked_.push_back(std::move(arrival));
  sync_.list_soon();
  return true;
}

void ParkedMessages::listing() {
  asking_ = std::exchange(parked_, {});
}

std::vector<Arrival> ParkedMessages::listed(bool there) {
  std::vector<Arrival> all = std::exchange(asking_, {});
  if (!there) {
    parked_.insert(parked_.begin(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
    return {};
  }
  for (Arrival& arrival : all) arrival.listed = true;
  if (!parked_.empty()) sync_.list_soon();
  return all;
}

void ParkedMessages::clear() {
  parked_.clear();
  asking_.clear();
  own_key_.clear();
}

}  // namespace fastchat::client
