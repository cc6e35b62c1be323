#include "client/core/transfer.h"

#include <algorithm>

#include "client/core/backoff.h"

namespace fastchat::core {
namespace {

constexpr uint64_t kChunk = 256 * 1024;
constexpr int64_t kFirstMs = 250, kMaxMs = 8'000;
// The window grows after a quick chunk and halves after a slow one, so that a slow link keeps room for messages.
constexpr int64_t kQuickMs = 1'000, kSlowMs = 4'000;
// At 4 MB/s and more the window is full after two round trips, and then holds at most two seconds of data.
constexpr int64_t kVeryQuickMs = 64;
constexpr uint64_t kStep = 1, kLongStep = 4;
constexpr int64_t kSampleMs = 500;

bool is_final(Code code) {
  switch (code) {
    case Code::kTooLarge:
    case Code::kStorageFull:
    case Code::kUnknownFile:
    case Code::kUnknownUser:
    case Code::kUnknownGroup:
    case Code::kStaleEpoch:
    case Code::kNotAllowed:
    case Code::kNameNotAllowed:
    case Code::kRefused:
    case Code::kNotAcceptedYet:
      return true;
    default:
      return false;
  }
}

}  // namespace

Transfer::Transfer(Direction direction, uint64_t size, uint64_t chunks, uint64_t done)
    : direction_(direction), size_(size), chunks_(chunks), done_(done), asked_(done) {}

void Transfer::attached() {
  attached_ = true;
  attempt_ = 0;
  retry_at_ = 0;
}

void Transfer::detached() {
  attached_ = false;
  // A finishing transfer waits for the local disk only, so it continues.
  if (state_ != State::kFinishing && state_ != State::kFailed) fall_back(0);
}

void Transfer::fall_back(int64_t retry_at) {
  state_ = State::kWaiting;
  ++generation_;
  asked_ = done_;
  asked_at_.clear();
  retry_at_ = retry_at;
  mark_at_ = kNever;
  rate_ = 0;
  finish_asked_ = false;
}

Transfer::Step Transfer::next(int64_t now) {
  using Kind = Step::Kind;
  if (state_ == State::kWaiting && direction_ == Direction::kDown && done_ == chunks_) state_ = State::kFinishing;
  if (state_ == State::kWaiting && attached_ && now >= retry_at_) {
    if (direction_ == Direction::kUp) {
      state_ = State::kOpening;
      return {Kind::kOpen, 0};
    }
    state_ = State::kMoving;
  }
  if (state_ == State::kMoving && asked_ < chunks_ && asked_ - done_ < window_) {
    if (mark_at_ == kNever) {
      mark_at_ = now;
      mark_bytes_ = bytes_of(done_);
    }
    asked_at_.push_back(now);
    return {Kind::kChunk, asked_++};
  }
  if (state_ == State::kFinishing && !finish_asked_) {
    finish_asked_ = true;
    return {Kind::kFinish, 0};
  }
  return {};
}

bool Transfer::opened(uint64_t next) {
  if (state_ != State::kOpening) return true;
  if (next > chunks_) {
    state_ = State::kFailed;
    return false;
  }
  done_ = asked_ = next;
  state_ = done_ == chunks_ ? State::kFinishing : State::kMoving;
  return true;
}

void Transfer::moved(int64_t now, uint64_t upto) {
  if (state_ != State::kMoving || upto <= done_ || upto > asked_) return;
  const int64_t took = now - asked_at_[upto - done_ - 1];
  asked_at_.erase(asked_at_.begin(), asked_at_.begin() + static_cast<ptrdiff_t>(upto - done_));
  done_ = upto;
  attempt_ = 0;
  const uint64_t most = direction_ == Direction::kUp ? kWindowUp : kWindowDown;
  if (took <= kQuickMs) window_ = std::min(window_ + (took <= kVeryQuickMs ? kLongStep : kStep), most);
  if (took >= kSlowMs) window_ = std::max(window_ / 2, uint64_t{1});
  measure(now);
  if (done_ == chunks_) state_ = State::kFinishing;
}

bool Transfer::refused(int64_t now, Code code, uint64_t random) {
  if (state_ == State::kFailed) return true;
  if (is_final(code)) {
    fall_back(0);
    state_ = State::kFailed;
    return true;
  }
  fall_back(now + backoff_ms(kFirstMs, kMaxMs, attempt_++, random));
  if (code == Code::kLocalTimeout) window_ = 1;
  if (code == Code::kBusy) window_ = std::max(window_ / 2, uint64_t{1});
  return false;
}

uint64_t Transfer::bytes_of(uint64_t chunks) const {
  return chunks == chunks_ ? size_ : chunks * kChunk;
}

void Transfer::measure(int64_t now) {
  const int64_t took = now - mark_at_;
  if (took < kSampleMs && (rate_ != 0 || took <= 0)) return;
  const uint64_t sample = (bytes_of(done_) - mark_bytes_) * 1000 / static_cast<uint64_t>(took);
  rate_ = rate_ == 0 ? sample : (rate_ * 3 + sample) / 4;
  mark_at_ = now;
  mark_bytes_ = bytes_of(done_);
}

Transfer::Progress Transfer::progress() const {
  Progress p{bytes_of(done_), size_, state_ == State::kMoving ? rate_ : 0, -1};
  if (p.per_second != 0) p.seconds_left = static_cast<int64_t>((size_ - p.done + p.per_second - 1) / p.per_second);
  return p;
}

}  // namespace fastchat::core
