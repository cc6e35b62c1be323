#include "worker/core/store_queue.h"

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

void StoreQueue::insert(const Pending& p) {
  QueueInsert row{.pid = p.pid,
                  .from_uid = p.from_uid,
                  .from_did = p.from_did,
                  .ref = p.ref,
                  .to_uid = p.to_uid,
                  .to_gid = p.to_gid,
                  .stream = p.stream,
                  .seq = p.seq,
                  .envelope = p.envelope,
                  .dids = {},
                  .owners = {},
                  .reached = {},
                  .stranger = p.stranger()};
  for (const Target& t : p.targets) {
    if (t.state != TargetState::kQueuing) continue;
    row.dids.push_back(t.did);
    row.owners.push_back(t.member == kNoMember ? p.from_uid : p.members[t.member].uid);
    if (t.member != kNoMember && p.members[t.member].reached) row.reached.push_back(row.owners.back());
  }
  inserts_.push({p.from_uid, p.session}, std::move(row));
}

InsertBatch StoreQueue::next_batch() {
  InsertBatch batch;
  size_t targets = 0;
  while (inserts_.next() && batch.rows.size() < config_.max_insert_rows) {
    targets += inserts_.front().dids.size();
    if (!batch.rows.empty() && targets > config_.max_insert_targets) break;
    batch.rows.push_back(inserts_.take());
  }
  return batch;
}

void StoreQueue::remove_done(RemoveDone reply, int64_t now) {
  removing_ = false;
  if (reply.code == Code::kOk || reply.batch.store != generation_) return;
  append(removes_.rows, std::move(reply.batch.rows));
  append(removes_.keep_receipts, std::move(reply.batch.keep_receipts));
  append(removes_.drop_receipts, std::move(reply.batch.drop_receipts));
  append(removes_.tell, std::move(reply.batch.tell));
  retry_at_ = now + config_.retry_store;
}

void StoreQueue::store_changed(uint64_t generation) {
  generation_ = generation;
  removes_ = RemoveBatch{};
}

void StoreQueue::flush(int64_t now) {
  while (!inserts_.empty() && inserts_under_way_ < kInsertsUnderWay) {
    ++inserts_under_way_;
    lanes_.own(next_batch());
  }
  if (!removing_ && !removes_empty() && now >= retry_at_) {
    removing_ = true;
    retry_at_ = 0;
    removes_.store = generation_;
    lanes_.own(std::exchange(removes_, RemoveBatch{}));
  }
}

}  // namespace fastchat::worker
