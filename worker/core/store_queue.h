// Group commit: collects the store writer's inserts and removals and sends them in batches, a new one while the last is
// at work. Each batch takes from the senders in turn. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/core/config.h"
#include "worker/core/fair_queue.h"
#include "worker/core/lanes.h"
#include "worker/core/pending.h"

namespace fastchat::worker {

class StoreQueue {
 public:
  StoreQueue(const EngineConfig& config, Lanes& lanes) : config_(config), lanes_(lanes) {}

  // Adds the targets of p that are on their way into the queue (kQueuing).
  void insert(const Pending& p);
  void remove(DidMid row) { removes_.rows.push_back(row); }
  void keep_receipt(DidRef receipt) { removes_.keep_receipts.push_back(receipt); }
  void tell(ToTell receipt) { removes_.tell.push_back(receipt); }
  void drop_receipt(DidReceipt receipt) { removes_.drop_receipts.push_back(receipt); }

  void insert_done() { --inserts_under_way_; }
  // Takes the reply. After a failure, the batch is tried again from `retry_at_` on.
  void remove_done(RemoveDone reply, int64_t now);
  // Notes the new generation of the database, and drops the pending removals: their ids mean nothing in it.
  void store_changed(uint64_t generation);

  void flush(int64_t now);
  int64_t wake_at() const { return !removing_ && retry_at_ != 0 ? retry_at_ : INT64_MAX; }
  bool idle() const { return inserts_.empty() && inserts_under_way_ == 0 && !removing_ && removes_empty(); }

 private:
  bool removes_empty() const {
    return removes_.rows.empty() && removes_.keep_receipts.empty() && removes_.drop_receipts.empty();
  }
  InsertBatch next_batch();
  const EngineConfig& config_;
  Lanes& lanes_;
  FairQueue<QueueInsert> inserts_;
  int inserts_under_way_ = 0;
  RemoveBatch removes_;
  bool removing_ = false;
  int64_t retry_at_ = 0;
  uint64_t generation_ = 0;
};

}  // namespace fastchat::worker
