#include "worker/core/store_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fastchat::worker {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Two: one at work and one on its way, so that the writer never waits for a turn of the loop.
constexpr int kInsertsUnderWay = 2;

}  // namespace

void StoreQueue::insert(const Pending& p, const Target& t) {
  if (inserts_.empty() || inserts_.back().pid != p.pid) {
    inserts_.push_back({.pid = p.pid,
                        .from_uid = p.from_uid,
                        .from_did = p.from_did,
                        .ref = p.ref,
                        .to_uid = p.to_uid,
                        .to_gid = p.to_gid,
                        .stream = p.stream,
                        .seq = p.seq,
                        .envelope = p.envelope,
                        .dids = {},
                        .owners = {}});
  }
  inserts_.back().dids.push_back(t.did);
  inserts_.back().owners.push_back(t.member == kNoMember ? p.from_uid : p.members[t.member].uid);
}

// How many of the first messages go into one commit.
size_t StoreQueue::batch_size() const {
  size_t targets = 0;
  for (size_t n = 0; n < inserts_.size(); ++n) {
    targets += inserts_[n].dids.size();
    if (n == config_.insert_rows_most || (n > 0 && targets > config_.insert_targets_most)) return n;
  }
  return inserts_.size();
}

void StoreQueue::remove_done(RemoveDone reply, int64_t now) {
  removing_ = false;
  if (reply.code == Code::kOk) return;
  append(removes_.rows, std::move(reply.batch.rows));
  append(removes_.keep_receipts, std::move(reply.batch.keep_receipts));
  append(removes_.drop_receipts, std::move(reply.batch.drop_receipts));
  append(removes_.tell, std::move(reply.batch.tell));
  retry_at_ = now + config_.retry_store;
}

void StoreQueue::flush(int64_t now) {
  while (!inserts_.empty() && inserts_under_way_ < kInsertsUnderWay) {
    InsertBatch batch;
    if (const size_t n = batch_size(); n == inserts_.size()) {
      batch.rows.swap(inserts_);
    } else {
      const auto cut = inserts_.begin() + static_cast<ptrdiff_t>(n);
      batch.rows.assign(std::make_move_iterator(inserts_.begin()), std::make_move_iterator(cut));
      inserts_.erase(inserts_.begin(), cut);
    }
    ++inserts_under_way_;
    ports_.store(std::move(batch));
  }
  if (!removing_ && !removes_empty() && now >= retry_at_) {
    removing_ = true;
    retry_at_ = 0;
    ports_.store(std::exchange(removes_, RemoveBatch{}));
  }
}

}  // namespace fastchat::worker
