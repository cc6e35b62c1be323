#include "worker/store/quota.h"

namespace fastchat::worker {
namespace {

bool full(const QuotaLimits& level, const QuotaLimits& limits) {
  return level.rows >= limits.rows || level.bytes >= limits.bytes;
}

}  // namespace

Code Quota::take(uint64_t did, uint64_t from_uid, uint64_t bytes) {
  QuotaLimits zero{0, 0};
  QuotaLimits& all = levels_.try_emplace({did, 0}, zero).first->second;
  QuotaLimits& share = levels_.try_emplace({did, from_uid}, zero).first->second;
  if (full(all, limits_)) return Code::kRecipientFull;
  if (full(share, limits_.share())) return Code::kShareFull;
  for (QuotaLimits* level : {&all, &share}) {
    ++level->rows;
    level->bytes += bytes;
  }
  return Code::kOk;
}

}  // namespace fastchat::worker
