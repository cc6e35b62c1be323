#include "worker/core/session.h"

#include "common/check.h"

namespace fastchat::worker {

uint64_t UnackedList::push(const Unacked& u) {
  items_.push_back(u);
  bytes_ += u.bytes;
  return last_tag();
}

void UnackedList::ack_upto(uint64_t tag, const std::function<void(const Unacked&)>& f) {
  if (empty() || tag > last_tag()) return;
  while (!empty() && first_tag_ <= tag) {
    const Unacked u = items_[head_];
    ++head_;
    ++first_tag_;
    bytes_ -= u.bytes;
    f(u);
  }
  if (empty()) {
    items_.clear();
    if (items_.capacity() > 64) items_.shrink_to_fit();
    head_ = 0;
  } else if (head_ >= 1024) {
    items_.erase(items_.begin(), items_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
}

void UnackedList::each(const std::function<void(const Unacked&)>& f) const {
  for (size_t i = head_; i < items_.size(); ++i) f(items_[i]);
}

Session& Sessions::add(uint64_t rid, uint64_t did, uint64_t uid) {
  FC_CHECK(by_rid(rid) == nullptr && by_did(did) == nullptr);
  auto owned = std::make_unique<Session>();
  Session& s = *owned;
  s.id = next_++;
  s.rid = rid;
  s.did = did;
  s.uid = uid;
  by_uid_[uid].push_back(&s);
  by_rid_[rid] = &s;
  by_did_[did] = &s;
  by_id_[s.id] = std::move(owned);
  return s;
}

void Sessions::remove(SessionId id) {
  const auto it = by_id_.find(id);
  FC_CHECK(it != by_id_.end());
  by_rid_.erase(it->second->rid);
  by_did_.erase(it->second->did);
  const auto user = by_uid_.find(it->second->uid);
  std::erase(user->second, it->second.get());
  if (user->second.empty()) by_uid_.erase(user);
  by_id_.erase(it);
}

std::vector<SessionId> Sessions::ids() const {
  std::vector<SessionId> out;
  out.reserve(by_id_.size());
  for (const auto& entry : by_id_) out.push_back(entry.first);
  return out;
}

}  // namespace fastchat::worker
