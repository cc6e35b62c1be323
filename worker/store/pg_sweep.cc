// PgStore's part that deletes data that nobody waits for: on a lane of its own, a slice in each transaction, so that
// nothing else ever waits for it.
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "common/pg/end_device.h"
#include "worker/store/pg_store.h"
#include "worker/store/statements.h"
#include "worker/store/transaction.h"
#include "worker/store/vault_statements.h"

namespace fastchat::worker {
namespace {

constexpr int64_t kReapAfter = 60'000'000;      // us
constexpr int64_t kSweepEvery = 3'600'000'000;  // us
constexpr int64_t kSlice = 4'096;               // bodies of a transaction
constexpr int kSlicesAtOnce = 32;
constexpr int64_t kPartsAtOnce = 512;  // of vaults, in a transaction
// Stored receipts of a device. A client that comes back asks for the state of each open message (Query), and so learns
// it without a receipt, too.
constexpr int64_t kMaxReceipts = 50'000;

}  // namespace

Reaped PgStore::serve(const Reap& request) {
  Reaped out;
  const int64_t now = Clock::monotonic_us();
  for (const uint64_t mid : request.mids) to_reap_.emplace_back(now, static_cast<int64_t>(mid));
  reap_removed();
  reap_deleted();
  if (now < sweep_at_) return out;
  if (swept_upto_ == 0) {
    const std::vector<int64_t> attached(request.attached.begin(), request.attached.end());
    (void)with_connection([&] { return session_.write(sql::kInUse, pg::Params().bigints(attached)); });
    if (options_.device_days != 0) expire_devices(&out);
  }
  if (sweep_bodies(&out)) return out;
  for (const char* step : {sql::kReapReceipts, sql::kReleaseOld, sql::kReapLoad}) {
    (void)with_connection([&] { return session_.write(step, pg::Params()); });
  }
  reap_parts();
  (void)with_connection([&] { return session_.write(sql::kTrimReceipts, pg::Params().bigint(kMaxReceipts)); });
  swept_upto_ = 0;
  sweep_at_ = now + kSweepEvery;
  return out;
}

// Deletes the bodies of rows that were removed kReapAfter ago. Leaves those that fail here to the next sweep.
void PgStore::reap_removed() {
  const int64_t now = Clock::monotonic_us();
  while (!to_reap_.empty() && to_reap_.front().first + kReapAfter <= now) {
    std::vector<int64_t> mids;
    while (!to_reap_.empty() && to_reap_.front().first + kReapAfter <= now && std::ssize(mids) < kSlice) {
      mids.push_back(to_reap_.front().second);
      to_reap_.pop_front();
    }
    (void)with_connection([&] { return session_.write(sql::kReap, pg::Params().bigints(mids)); });
  }
}

// Deletes the parts of vaults that no vault named for an hour.
void PgStore::reap_parts() {
  (void)with_connection([&] { return session_.write(sql::kUnlistDeleted, pg::Params()); });
  for (int i = 0; i < kSlicesAtOnce; ++i) {
    const auto done =
        with_connection([&] { return session_.write(sql::kReapParts, pg::Params().bigint(kPartsAtOnce)); });
    if (!done.ok() || done->affected() < kPartsAtOnce) return;
  }
}

void PgStore::reap_deleted() {
  for (int i = 0; i < kSlicesAtOnce; ++i) {
    const auto more = with_connection([&] { return in_transaction(session_, [&] { return reap_gone_device(); }); });
    if (!more.ok() || *more != Code::kOk) return;
  }
}

// Returns kUnknownDevice when there is none. Nothing is queued for such a device any more (kInsert), so its row goes
// with the last message.
pg::PgResult<Code> PgStore::reap_gone_device() {
  auto gone = session_.write(sql::kGoneDevice, pg::Params());
  if (!gone) return gone.failure();
  if (gone->size() == 0) return Code::kUnknownDevice;
  const int64_t did = gone->bigint(0, 0);
  auto reaped = session_.write(sql::kReapGone, pg::Params().bigint(did).bigint(kSlice));
  if (!reaped) return reaped.failure();
  if (reaped->affected() == kSlice) return Code::kOk;
  if (auto done = session_.write(sql::kGoneDone, pg::Params().bigint(did)); !done) return done.failure();
  return Code::kOk;
}

bool PgStore::sweep_bodies(Reaped* out) {
  for (int i = 0; i < kSlicesAtOnce; ++i) {
    const auto more = with_connection([&] { return sweep_slice(out); });
    // A slice that fails comes again with the next Reap.
    if (!more.ok() || !*more) return !more.ok();
  }
  return true;
}

pg::PgResult<bool> PgStore::sweep_slice(Reaped* out) {
  auto slice = session_.read(sql::kSlice, pg::Params().bigint(swept_upto_).bigint(kSlice));
  if (!slice) return slice.failure();
  if (slice->is_null(0, 0)) return false;
  const int64_t upto = slice->bigint(0, 0);
  const auto range = [&] { return pg::Params().bigint(swept_upto_).bigint(upto); };
  if (options_.queue_days != 0) {
    auto expired = session_.write(sql::kExpire, range().bigint(options_.queue_days));
    if (!expired) return expired.failure();
    out->messages += static_cast<uint64_t>(expired->affected());
  }
  auto reaped = session_.write(sql::kReapSlice, range());
  if (!reaped) return reaped.failure();
  swept_upto_ = upto;
  return true;
}

void PgStore::expire_devices(Reaped* out) {
  const auto old =
      with_connection([&] { return session_.read(sql::kOldDevices, pg::Params().bigint(options_.device_days)); });
  if (!old.ok()) return;
  for (int i = 0; i < old->size(); ++i) {
    const int64_t did = old->bigint(i, 0);
    const auto gone = with_connection([&] { return expire_device(did); });
    if (!gone.ok() || *gone != Code::kOk) continue;
    ++out->devices;
    log::info("device_expired", {{"did", did}});
  }
}

// Deletes the device, unless somebody logged in to it just now. Does not mark the device as ended: with the password it
// may come back.
pg::PgResult<Code> PgStore::expire_device(int64_t did) {
  return in_transaction(session_, [&]() -> pg::PgResult<Code> {
    auto locked = session_.write(sql::kLockOldDevice, pg::Params().bigint(did).bigint(options_.device_days));
    if (!locked) return locked.failure();
    if (locked->size() == 0) return Code::kUnknownDevice;
    if (auto dropped = pg::drop_device(session_, did); !dropped) return dropped.failure();
    return Code::kOk;
  });
}

}  // namespace fastchat::worker
