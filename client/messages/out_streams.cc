#include "client/messages/out_streams.h"

#include <utility>

#include "client/e2e/limits.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

// A device counts as new for this long after its login: earlier messages of others were for the user's other devices.
constexpr int64_t kNewDeviceMs = 86'400'000;
// The refs of a run that does not go on exceed those of the previous run by a random number up to this.
constexpr uint64_t kRefGap = uint64_t{1} << 32;

}  // namespace

Result<> OutStreams::load(bool new_device) {
  auto run = store_.streams().run();
  if (!run.ok()) return run.error();
  continuity_ = core::Continuity({run->session_epoch, run->open});
  since_ms_ = run->since_ms;
  if (new_device && since_ms_ == 0) since_ms_ = turn_.wall_ms();
  return Unit{};
}

void OutStreams::rolled_back(const Error&) {
  refs_skipped_ = false;
}

int64_t OutStreams::new_device_until() const {
  const int64_t age = turn_.wall_ms() - since_ms_;
  return since_ms_ == 0 || age < 0 || age >= kNewDeviceMs ? 0 : turn_.now_ms() + kNewDeviceMs - age;
}

void OutStreams::on_session_epoch(uint64_t epoch) {
  if (continuity_.logged_in(epoch)) forget_streams_ = true;
  run_dirty_ = true;
  keep_run();
}

// Stores the run with the first message and with each login, so that any later copy of this profile shows a run in use.
bool OutStreams::keep_run() {
  if (!run_dirty_) return true;
  const auto& now = continuity_.stored();
  if (!turn_.begin() || !turn_.check(store_.streams().put_run({now.session_epoch, now.open, since_ms_}))) return false;
  if (forget_streams_ && !turn_.check(store_.streams().forget_out())) return false;
  turn_.after_rollback([this, forget = forget_streams_](const Error&) {
    run_dirty_ = true;
    forget_streams_ = forget;
  });
  run_used_ = true;
  run_dirty_ = forget_streams_ = false;
  return true;
}

// Leaves a run open that cannot be closed: the next run begins new streams, nothing worse.
void OutStreams::close() {
  if (!run_used_ || run_dirty_ || !store_.begin().ok()) return;
  const auto closed = continuity_.closed();
  if (store_.streams().put_run({closed.session_epoch, closed.open, since_ms_}).ok()) {
    (void)store_.commit();
  } else {
    store_.rollback();
  }
}

bool OutStreams::follow(store::OutStream& stream) {
  run_dirty_ |= continuity_.sealing();
  if (!keep_run()) return false;
  if (!stream.stream.empty() && continuity_.may_follow(stream.stream)) return true;
  stream = {random_bytes(e2e::kStream), 1, {}};
  continuity_.began(stream.stream);
  if (continuity_.goes_on() || std::exchange(refs_skipped_, true)) return true;
  return turn_.begin() && turn_.check(store_.outbox().skip_refs(random_u64() % kRefGap));
}

}  // namespace fastchat::client
