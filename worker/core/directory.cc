#include "worker/core/directory.h"

#include <utility>

namespace fastchat::worker {

const DirectoryEntry* Directory::usable(const std::string& name, int64_t arrived, int64_t now) const {
  const auto it = entries_.find(name);
  if (it == entries_.end() || it->second.state == DirectoryEntry::State::kAbsent) return nullptr;
  const DirectoryEntry& e = it->second;
  // Data from before the message arrived never refuses the message: the name may have signed up since.
  const bool cached = e.state == DirectoryEntry::State::kKnown && trusted(e, now);
  return cached || e.as_of >= arrived ? &e : nullptr;
}

bool Directory::absent(const std::string& name, int64_t now) const {
  const auto it = entries_.find(name);
  if (it == entries_.end() || it->second.state != DirectoryEntry::State::kNoSuchUser) return false;
  const DirectoryEntry& e = it->second;
  return trusted(e, now) && now - e.as_of <= absent_life_ && e.asked_after == last_stranger_;
}

bool Directory::wait(const std::string& name, uint64_t pid, int64_t now) {
  if (entries_.size() >= kMax) make_room();
  DirectoryEntry& e = entries_[name];
  if (pid != 0) e.waiting.push_back(pid);
  if (e.asked_at != 0) return false;
  e.asked_at = now;
  e.asked_after = last_stranger_;
  ++asked_;
  return true;
}

bool Directory::under_way(const std::string& name) const {
  const auto it = entries_.find(name);
  return it != entries_.end() && it->second.asked_at != 0;
}

bool Directory::overtaken(const DirectoryEntry& e, const UserRow* row) const {
  if (e.asked_after < forgotten_upto_) return true;
  if (row == nullptr) return e.asked_after < last_stranger_;
  const auto it = strangers_.find(row->uid);
  return it != strangers_.end() && it->second > e.asked_after;
}

void Directory::take(const LookedUp& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
                     std::vector<std::string>* again) {
  std::unordered_map<std::string_view, const UserRow*> found;
  for (const auto& u : reply.users) found[u.name] = &u;
  for (const auto& name : reply.names) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.asked_at == 0) continue;
    DirectoryEntry& e = it->second;
    const auto place = found.find(name);
    const UserRow* row = place == found.end() ? nullptr : place->second;
    const bool stale = std::exchange(e.stale_when_it_comes, false) || overtaken(e, row);
    if (stale && reply.code == Code::kOk) {
      e.asked_at = now;
      e.asked_after = last_stranger_;
      again->push_back(name);
      continue;
    }
    e.asked_at = 0;
    --asked_;
    auto* to = reply.code == Code::kOk ? ready : failed;
    to->insert(to->end(), e.waiting.begin(), e.waiting.end());
    e.waiting.clear();
    if (reply.code != Code::kOk) {
      if (e.state != DirectoryEntry::State::kKnown) entries_.erase(it);
      continue;
    }
    e.state = row == nullptr ? DirectoryEntry::State::kNoSuchUser : DirectoryEntry::State::kKnown;
    e.as_of = reply.asked_at;
    if (row == nullptr) {
      found_absent(name, e, now);
    } else {
      e.user = *row;
      names_[e.user.uid] = name;
    }
  }
  if (asked_ == 0) strangers_.clear();
}

// Caches that nobody has the name, and drops old names. A name that a message waits for is used in the same turn, so
// the bound is far above the names of a look-up.
void Directory::found_absent(const std::string& name, DirectoryEntry& e, int64_t now) {
  e.absent_at = now;
  absent_.emplace_back(now, name);
  while (absent_.size() > kMaxAbsent || absent_.front().first + absent_life_ < now) {
    const auto it = entries_.find(absent_.front().second);
    const bool idle = it != entries_.end() && it->second.state != DirectoryEntry::State::kKnown &&
                      it->second.asked_at == 0 && it->second.absent_at == absent_.front().first;
    if (idle) entries_.erase(it);
    absent_.pop_front();
  }
}

void Directory::forget(uint64_t uid) {
  const auto name = names_.find(uid);
  if (name == names_.end()) {
    // A new user: any of the names that nobody had may be theirs, and a look-up under way may have been answered before
    // their login.
    ++last_stranger_;
    if (asked_ == 0) return;
    if (strangers_.size() >= kMaxStrangers) {
      strangers_.clear();
      forgotten_upto_ = last_stranger_;
    }
    strangers_[uid] = last_stranger_;
    return;
  }
  // A look-up under way may have been answered before the change: it is asked again.
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
