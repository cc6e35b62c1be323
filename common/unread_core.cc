#include "common/unread_core.h"

#include <algorithm>

namespace fastchat {

int64_t wire_bytes(size_t payload) {
  constexpr size_t kCurve = 8 + 8 + 16 + 1;  // the command's name, a nonce, a MAC, flags
  const size_t body = payload + kCurve;
  return static_cast<int64_t>(body + (body > 255 ? 9 : 2));
}

template <class Change>
void UnreadCore::change(int fd, Change change) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  total_ -= found->second.unread();
  change(found->second);
  total_ += found->second.unread();
}

void UnreadCore::closed(int fd) {
  change(fd, [](Connection& c) { c.ends = true; });
  connections_.erase(fd);
}

void UnreadCore::taken(int fd, int64_t bytes) {
  change(fd, [&](Connection& c) { c.taken = std::max(c.taken, bytes); });
}

void UnreadCore::handled(int fd, int64_t bytes) {
  change(fd, [&](Connection& c) { c.handled += bytes; });
}

// Counts a frame that libzmq takes in at this moment twice: forgiven now, and handled later. The error is one frame for
// each connection and does not grow, since only missing bytes are forgiven.
void UnreadCore::all_handled() {
  for (auto& [fd, c] : connections_) c.handled = std::max(c.handled, c.taken);
  total_ = 0;
}

std::vector<int> UnreadCore::over(int64_t bound) {
  std::vector<int> out;
  while (total_ > bound) {
    out.push_back(fullest());
    change(out.back(), [](Connection& c) { c.ends = true; });
  }
  return out;
}

int UnreadCore::fullest() const {
  std::unordered_map<std::string, int64_t> of_address;
  for (const auto& [fd, c] : connections_) of_address[c.address] += c.unread();
  const auto most = std::max_element(of_address.begin(), of_address.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  int fullest = -1;
  int64_t bytes = 0;
  for (const auto& [fd, c] : connections_) {
    if (c.address != most->first || c.unread() <= bytes) continue;
    fullest = fd;
    bytes = c.unread();
  }
  return fullest;
}

}  // namespace fastchat
