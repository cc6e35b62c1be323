// Group commit: what goes to the store's writer is collected and sent in batches, a new one while the last is at work.
// Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/core/config.h"
#include "worker/core/pending.h"
#include "worker/core/ports.h"

namespace fastchat::worker {

class StoreQueue {
 public:
  StoreQueue(const EngineConfig& config, Ports& ports) : config_(config), ports_(ports) {}

  void insert(const Pending& p, const Target& t);
  void remove(DidMid row) { removes_.rows.push_back(row); }
  void keep_receipt(DidRef receipt) { removes_.keep_receipts.push_back(receipt); }
  void tell(DidRef receipt) { removes_.tell.push_back(receipt); }
  void drop_receipt(DidReceipt receipt) { removes_.drop_receipts.push_back(receipt); }

  void insert_done() { --inserts_under_way_; }
  // After a failure the batch comes back and is tried again from `retry_at` on.
  void remove_done(RemoveDone reply, int64_t now);

  void flush(int64_t now);
  int64_t wake_at() const { return !removing_ && retry_at_ != 0 ? retry_at_ : INT64_MAX; }
  bool idle() const { return inserts_.empty() && inserts_under_way_ == 0 && !removing_ && removes_empty(); }

 private:
  bool removes_empty() const {
    return removes_.rows.empty() && removes_.keep_receipts.empty() && removes_.drop_receipts.empty();
  }
  size_t batch_size() const;
  const EngineConfig& config_;
  Ports& ports_;
  std::vector<QueueInsert> inserts_;
  int inserts_under_way_ = 0;
  RemoveBatch removes_;
  bool removing_ = false;
  int64_t retry_at_ = 0;
};

}  // namespace fastchat::worker
