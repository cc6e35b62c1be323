// Limits how much of a device's queue a batch may fill. Adds the messages that the batch has taken so far to the load
// that the database counts (sql/007_queue_load.sql). Made for one batch. One sender, with all of its devices, has at
// most a quarter of a device's limit, so that nobody fills a queue alone. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "common/result.h"

namespace fastchat::worker {

struct QuotaLimits {
  uint64_t rows = 100'000;
  uint64_t bytes = 256 << 20;

  // Returns the limits of one sender: a quarter, at least 1.
  QuotaLimits share() const { return {std::max<uint64_t>(rows / 4, 1), std::max<uint64_t>(bytes / 4, 1)}; }
};

class Quota {
 public:
  explicit Quota(QuotaLimits limits) : limits_(limits) {}

  // Takes the load that the database has for a device, from one sender or (0) from all.
  void measured(uint64_t did, uint64_t from_uid, uint64_t rows, uint64_t bytes) {
    levels_[{did, from_uid}] = {rows, bytes};
  }
  // Accounts for one message and returns kOk, or returns kRecipientFull or kShareFull and accounts for nothing.
  Code take(uint64_t did, uint64_t from_uid, uint64_t bytes);

 private:
  std::map<std::pair<uint64_t, uint64_t>, QuotaLimits> levels_;  // by device and sender, 0: all
  QuotaLimits limits_;
};

}  // namespace fastchat::worker
