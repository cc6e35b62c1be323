// Items that wait for their turn: round robin over users, within a user over the sessions, within a session in order. A
// user with ten thousand waiting items delays nobody by more than one of them. A session may be held back, which costs
// the others nothing. Pure; every call takes constant time on average.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/check.h"
#include "worker/core/store.h"

namespace fastchat::worker {

// The owner of an item. {0, 0}: the worker itself, whose items take turns as those of a user.
struct Asker {
  uint64_t user = 0;
  SessionId session = 0;
};

template <class T>
class FairQueue {
 public:
  void push(const Asker& by, T item) {
    Line& line = lines_[by.session];
    line.user = by.user;
    line.items.push_back(std::move(item));
    ++size_;
    if (!line.held) stand(by.session, line);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Returns the session whose turn it is; nullopt when nothing waits, or only items of sessions that are held back.
  std::optional<SessionId> next() {
    while (!ring_.empty()) {
      User& user = users_[ring_.front()];
      while (!user.sessions.empty() && !standing(user.sessions.front())) user.sessions.pop_front();
      if (!user.sessions.empty()) return user.sessions.front();
      users_.erase(ring_.front());
      ring_.pop_front();
    }
    return std::nullopt;
  }

  // Returns the item whose turn it is. next() must return a session.
  const T& front() {
    const auto session = next();
    FC_CHECK(session);
    return lines_[*session].items.front();
  }
  T take() {
    FC_CHECK(next());
    const uint64_t whose = ring_.front();
    User& user = users_[whose];
    const SessionId session = user.sessions.front();
    Line& line = lines_[session];
    T item = std::move(line.items.front());
    line.items.pop_front();
    --size_;
    user.sessions.pop_front();
    line.stands = false;
    ring_.pop_front();
    user.in_ring = false;
    if (line.items.empty()) {
      if (!line.held) lines_.erase(session);
    } else {
      stand(session, line);
    }
    if (user.sessions.empty()) {
      users_.erase(whose);
    } else if (!user.in_ring) {
      user.in_ring = true;
      ring_.push_back(whose);
    }
    return item;
  }

  // Gives this session no turn until release(). Both may be called at any time.
  void hold(SessionId session) {
    Line& line = lines_[session];
    line.held = true;
    line.stands = false;
  }
  void release(SessionId session) {
    const auto it = lines_.find(session);
    if (it == lines_.end()) return;
    it->second.held = false;
    if (it->second.items.empty()) {
      lines_.erase(it);
    } else {
      stand(session, it->second);
    }
  }
  // Drops the waiting items of a session, and that it is held back.
  void drop(SessionId session) {
    const auto it = lines_.find(session);
    if (it == lines_.end()) return;
    size_ -= it->second.items.size();
    lines_.erase(it);
  }

 private:
  struct Line {
    uint64_t user = 0;
    std::deque<T> items;
    bool held = false;
    bool stands = false;  // is in its user's `sessions`, once
  };
  struct User {
    std::deque<SessionId> sessions;  // sessions that may have a turn; next() skips those that no longer stand
    bool in_ring = false;
  };

  bool standing(SessionId session) const {
    const auto it = lines_.find(session);
    return it != lines_.end() && it->second.stands && !it->second.items.empty();
  }
  void stand(SessionId session, Line& line) {
    if (std::exchange(line.stands, true)) return;
    User& user = users_[line.user];
    // A place from before the session was held back would count twice.
    std::erase(user.sessions, session);
    user.sessions.push_back(session);
    if (!std::exchange(user.in_ring, true)) ring_.push_back(line.user);
  }

  std::unordered_map<SessionId, Line> lines_;
  std::unordered_map<uint64_t, User> users_;
  std::deque<uint64_t> ring_;  // users with something that may have a turn, each once
  size_t size_ = 0;
};

}  // namespace fastchat::worker
