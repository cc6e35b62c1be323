#include "worker/core/standings.h"

#include <utility>

namespace fastchat::worker {

const StandingEntry* Standings::find(const Pair& pair) const {
  const auto it = entries_.find(pair);
  return it != entries_.end() && it->second.known ? &it->second : nullptr;
}

bool Standings::wait(const Pair& pair, uint64_t pid, int64_t now) {
  if (entries_.size() >= kMax) make_room();
  StandingEntry& e = entries_[pair];
  if (pid != 0) e.waiting.push_back(pid);
  if (e.asked_at != 0) return false;
  e.asked_at = now;
  return true;
}

void Standings::take(const StandingsLookedUp& reply, int64_t now, std::vector<uint64_t>* ready,
                     std::vector<uint64_t>* failed, std::vector<Pair>* again) {
  const bool answered = reply.code == Code::kOk && reply.standings.size() == reply.pairs.size();
  for (size_t i = 0; i < reply.pairs.size(); ++i) {
    const auto it = entries_.find(reply.pairs[i]);
    if (it == entries_.end() || it->second.asked_at == 0) continue;
    StandingEntry& e = it->second;
    if (std::exchange(e.stale_when_it_comes, false) && answered) {
      e.asked_at = now;
      again->push_back(it->first);
      continue;
    }
    e.asked_at = 0;
    auto* to = answered ? ready : failed;
    to->insert(to->end(), e.waiting.begin(), e.waiting.end());
    e.waiting.clear();
    if (answered) {
      e.known = true;
      e.standing = reply.standings[i];
      e.as_of = reply.asked_at;
    } else if (!e.known) {
      entries_.erase(it);
    }
  }
}

// A look-up under way may have been answered before the change: it is asked again.
void Standings::forget(uint64_t uid) {
  for (auto it = entries_.lower_bound({uid, 0}); it != entries_.end() && it->first.uid == uid;) {
    it->second.known = false;
    it->second.stale_when_it_comes = it->second.asked_at != 0;
    it = it->second.asked_at == 0 ? entries_.erase(it) : std::next(it);
  }
}

void Standings::forget_all() {
  std::erase_if(entries_, [](const auto& e) { return e.second.asked_at == 0; });
  for (auto& [pair, e] : entries_) {
    e.known = false;
    e.stale_when_it_comes = true;
  }
}

void Standings::make_room() {
  std::erase_if(entries_, [](const auto& e) { return e.second.asked_at == 0; });
}

}  // namespace fastchat::worker
