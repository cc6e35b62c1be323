#include "client/runtime/turn.h"

#include <algorithm>
#include <utility>

namespace fastchat::client {
namespace {

constexpr int kCommits = 4;  // commits per run(): the calls after a commit may write into the same turn

}  // namespace

bool Turn::check(const Result<>& r) {
  if (!r.ok() && !error_) error_ = r.error();
  return r.ok();
}

int64_t Turn::now_ms() const {
  return machine_.monotonic_us() / 1000;
}

void Turn::wake() {
  if (timer_at_ == 0) return;
  machine_.cancel(timer_);
  timer_at_ = 0;
  timer_ = machine_.at(0, [this] { timer_at_ = Loop::kNever; });
}

void Turn::wake_at(int64_t at_ms) {
  const int64_t at_us = at_ms == Loop::kNever ? at_ms : at_ms * 1000;
  if (at_us == timer_at_ || timer_at_ == 0) return;
  machine_.cancel(timer_);
  timer_at_ = at_us;
  if (at_us != Loop::kNever) timer_ = machine_.at(at_us, [this] { timer_at_ = Loop::kNever; });
}

int64_t Turn::next_wake() const {
  int64_t next = Loop::kNever;
  for (const TurnPart* part : parts_) next = std::min(next, part->next_wake());
  return next;
}

void Turn::run() {
  for (TurnPart* part : parts_) part->work();
  for (int i = 0; i < kCommits; ++i) {
    commit();
    if (before_commit_.empty() && !unfinished()) break;
  }
  for (TurnPart* part : parts_) part->idle();
}

void Turn::commit() {
  for (auto& call : std::exchange(before_commit_, {})) call();
  if (error_) return roll_back();
  if (auto r = store_.commit(); !r.ok()) {
    error_ = r.error();
    return roll_back();
  }
  after_rollback_.clear();
  for (TurnPart* part : parts_) part->committed();
  for (auto& call : std::exchange(after_commit_, {})) call();
}

void Turn::roll_back() {
  const Error error = *std::exchange(error_, std::nullopt);
  store_.rollback();
  after_commit_.clear();
  for (TurnPart* part : parts_) part->rolled_back(error);
  for (auto& call : std::exchange(after_rollback_, {})) call(error);
  refused_(error);
}

}  // namespace fastchat::client
