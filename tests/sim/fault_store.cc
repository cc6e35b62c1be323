#include "tests/sim/fault_store.h"

namespace fastchat::sim {

int64_t StoreLane::latency() {
  const bool slow = database_.slow_until > world_.now();
  return slow ? world_.rng.skewed(10 * kMs, 6 * kSecond) : world_.rng.between(knobs_.store_low, knobs_.store_high);
}

void StoreLane::submit(Job job) {
  waiting_.push_back(std::move(job));
  if (!at_work_) next();
}

void StoreLane::next() {
  if (waiting_.empty()) return;
  at_work_ = true;
  Job job = std::move(waiting_.front());
  waiting_.pop_front();
  run(std::move(job), 0);
}

// Makes one try: on its way, executed (or not), answered.
void StoreLane::run(Job job, int attempt) {
  const int64_t there = latency() / 2 + 1, back = latency() / 2 + 1;
  world_.after(there, [this, job = std::move(job), attempt, back, epoch = epoch_]() mutable {
    const bool dead = epoch != epoch_;
    const bool refused = world_.rng.chance(database_.busy);
    const bool doubt = world_.rng.chance(database_.doubt);
    const bool down = database_.down_until > world_.now();
    // When the connection breaks, the commit is in doubt: it took effect or it did not.
    const bool executes = !(refused || down || ((doubt || dead) && world_.rng.chance(500)));
    if (executes) job.execute();
    if (dead) return;
    world_.after(back, [this, job = std::move(job), attempt, epoch, fails = refused || doubt || down]() mutable {
      if (epoch != epoch_) return;
      if (!fails) return finish(std::move(job));
      if (attempt == 0) return run(std::move(job), 1);
      job.refuse();
      finish(std::move(job));
    });
  });
}

void StoreLane::finish(Job job) {
  process_.post(process_.life(), Source::kStore, std::move(job.answer));
  at_work_ = false;
  next();
}

void StoreLane::process_died() {
  ++epoch_;
  waiting_.clear();
  at_work_ = false;
}

}  // namespace fastchat::sim
