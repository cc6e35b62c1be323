#include "common/link_meter.h"

#include <algorithm>

namespace fastchat {
namespace {

constexpr int64_t kLookFrom = 256 << 10;  // bytes sent since the last look
constexpr int64_t kFrameOverhead = 42;    // CURVE 33, ZMTP at most 9

}  // namespace

void LinkMeter::saw(uint64_t rid, int fd) {
  if (const auto other = rid_of_.find(fd); other != rid_of_.end() && other->second != rid) links_.erase(other->second);
  rid_of_[fd] = rid;
  const int64_t now = acknowledged_(fd);
  links_[rid] = {fd, now, now};
}

void LinkMeter::sent(uint64_t rid, size_t bytes) {
  if (const auto it = links_.find(rid); it != links_.end()) {
    it->second.sent += static_cast<int64_t>(bytes) + kFrameOverhead;
  }
}

uint64_t LinkMeter::unsent(uint64_t rid) {
  const auto it = links_.find(rid);
  if (it == links_.end()) return 0;
  Link& link = it->second;
  if (link.sent - link.acknowledged <= kLookFrom) return 0;
  const int64_t now = acknowledged_(link.fd);
  // Without the kernel's answer only the count of frames bounds the waiting data.
  if (now < 0) return 0;
  link.acknowledged = now;
  link.sent = std::max(link.sent, now);
  return static_cast<uint64_t>(link.sent - now);
}

void LinkMeter::gone(uint64_t rid) {
  const auto it = links_.find(rid);
  if (it == links_.end()) return;
  const auto by_fd = rid_of_.find(it->second.fd);
  if (by_fd != rid_of_.end() && by_fd->second == rid) rid_of_.erase(by_fd);
  links_.erase(it);
}

}  // namespace fastchat
