#include "worker/core/directory.h"

#include <utility>

namespace fastchat::worker {

const DirectoryEntry* Directory::usable(const std::string& name, int64_t arrived, int64_t now) const {
  const auto it = entries_.find(name);
  if (it == entries_.end() || it->second.state == DirectoryEntry::State::kAbsent) return nullptr;
  const DirectoryEntry& e = it->second;
  // That a name does not exist is never cached: it may be signed up at any moment.
  const bool cached = e.state == DirectoryEntry::State::kKnown && e.as_of >= trusted_since_ && now <= trusted_until_;
  return cached || e.as_of >= arrived ? &e : nullptr;
}

bool Directory::wait(const std::string& name, uint64_t pid, int64_t now) {
  if (entries_.size() >= kMost) make_room();
  DirectoryEntry& e = entries_[name];
  e.waiting.push_back(pid);
  if (e.asked_at != 0) return false;
  e.asked_at = now;
  return true;
}

void Directory::take(const LookedUp& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
                     std::vector<std::string>* again) {
  if (reply.asked_at == 0) return;
  std::unordered_map<std::string_view, const UserRow*> found;
  for (const auto& u : reply.users) found[u.name] = &u;
  for (const auto& name : reply.names) {
    const auto it = entries_.find(name);
    if (it == entries_.end()) continue;
    DirectoryEntry& e = it->second;
    e.asked_at = 0;
    if (std::exchange(e.stale_when_it_comes, false) && reply.code == Code::kOk) {
      e.asked_at = now;
      again->push_back(name);
      continue;
    }
    if (reply.code == Code::kOk) {
      const auto row = found.find(name);
      e.state = row == found.end() ? DirectoryEntry::State::kNoSuchUser : DirectoryEntry::State::kKnown;
      e.as_of = reply.asked_at;
      if (row != found.end()) {
        e.user = *row->second;
        names_[e.user.uid] = name;
      }
    }
    auto* to = reply.code == Code::kOk ? ready : failed;
    to->insert(to->end(), e.waiting.begin(), e.waiting.end());
    e.waiting.clear();
    if (e.state != DirectoryEntry::State::kKnown && reply.code != Code::kOk) entries_.erase(it);
  }
}

void Directory::forget(uint64_t uid) {
  // A look-up under way may have been answered before the change: it is asked again.
  const auto name = names_.find(uid);
  if (name == names_.end()) {
    for (auto& [unused, e] : entries_) e.stale_when_it_comes |= e.asked_at != 0;
    return;
  }
  DirectoryEntry& e = entries_[name->second];
  e.state = DirectoryEntry::State::kAbsent;
  e.stale_when_it_comes = e.asked_at != 0;
}

void Directory::trust(int64_t now, int64_t until) {
  if (trusted_until_ == 0) trusted_since_ = now;
  trusted_until_ = until;
}

void Directory::make_room() {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const bool idle = it->second.asked_at == 0 && it->second.waiting.empty();
    if (idle) names_.erase(it->second.user.uid);
    it = idle ? entries_.erase(it) : std::next(it);
  }
}

}  // namespace fastchat::worker
