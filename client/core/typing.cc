#include "client/core/typing.h"

#include <algorithm>

namespace fastchat::core {

bool TypingPace::due(const std::string& peer, int64_t now) {
  std::erase_if(sent_, [now](const auto& entry) { return now - entry.second >= kEveryMs; });
  return sent_.emplace(peer, now).second;
}

TypingBoard::Typist& TypingBoard::get(const std::string& peer, const std::string& who) {
  auto& room = rooms_[peer];
  const auto at = std::find_if(room.begin(), room.end(), [&](const Typist& t) { return t.name == who; });
  return at == room.end() ? room.emplace_back(Typist{.name = who}) : *at;
}

bool TypingBoard::on_signal(const std::string& peer, const std::string& who, int64_t sent_ms, int64_t now) {
  Typist& typist = get(peer, who);
  if (sent_ms <= typist.last_message_ms) return false;
  const bool began = typist.until == 0;
  typist.until = now + kShownMs;
  if (!began) return false;
  auto& room = rooms_[peer];
  std::rotate(room.begin() + (&typist - room.data()), room.begin() + (&typist - room.data()) + 1, room.end());
  return true;
}

bool TypingBoard::on_message(const std::string& peer, const std::string& who, int64_t sent_ms) {
  Typist& typist = get(peer, who);
  typist.last_message_ms = std::max(typist.last_message_ms, sent_ms);
  const bool typed = typist.until != 0;
  typist.until = 0;
  return typed;
}

std::vector<std::string> TypingBoard::expire(int64_t now) {
  std::vector<std::string> changed;
  for (auto& [peer, room] : rooms_) {
    bool stopped = false;
    for (Typist& typist : room) {
      if (typist.until == 0 || now < typist.until) continue;
      typist.until = 0;
      stopped = true;
    }
    if (stopped) changed.push_back(peer);
  }
  return changed;
}

std::vector<std::string> TypingBoard::who(const std::string& peer) const {
  std::vector<std::string> out;
  const auto room = rooms_.find(peer);
  if (room == rooms_.end()) return out;
  for (const Typist& typist : room->second) {
    if (typist.until != 0) out.push_back(typist.name);
  }
  return out;
}

int64_t TypingBoard::next_wake() const {
  int64_t next = INT64_MAX;
  for (const auto& [peer, room] : rooms_) {
    for (const Typist& typist : room) {
      if (typist.until != 0) next = std::min(next, typist.until);
    }
  }
  return next;
}

}  // namespace fastchat::core
