// The transfer of one file, up or down: the next chunk, the number of chunks under way, the time of the next try, the
// rate. Pure; times are milliseconds that the owner reads. A Transfer never holds a byte of the file. (PROTOCOL.md,
// "Files".)
//
// WAITING (no session, or a pause after a refusal) -> OPENING (uploads only) -> MOVING -> FINISHING; FAILED is final.
// Requests under way when a transfer falls back to WAITING belong to an older generation: drop their answers.
#pragma once

#include <cstdint>
#include <deque>

#include "common/result.h"

namespace fastchat::core {

enum class Direction : uint8_t { kUp, kDown };

class Transfer {
 public:
  enum class State : uint8_t { kWaiting, kOpening, kMoving, kFinishing, kFailed };
  struct Step {
    enum class Kind : uint8_t {
      kNone,
      kOpen,    // ask the server where the upload stands
      kChunk,   // move chunk `index`
      kFinish,  // every chunk is there
    };
    Kind kind = Kind::kNone;
    uint64_t index = 0;
  };
  struct Progress {
    uint64_t done = 0, size = 0;  // bytes of plaintext
    uint64_t per_second = 0;      // 0: not known yet
    int64_t seconds_left = -1;    // -1: not known
  };

  // The largest number of chunks under way. Each chunk on its way down is a frame that may wait in a worker's socket.
  // The socket holds 64 frames and is notified only of every 32nd frame that was taken.
  static constexpr uint64_t kWindowUp = 32, kWindowDown = 24;
  static constexpr int64_t kNever = INT64_MAX;

  // `done`: the number of chunks already on disk (downloads). An upload learns the number when it opens.
  Transfer(Direction direction, uint64_t size, uint64_t chunks, uint64_t done);

  void attached();
  void detached();
  // Returns the next step; call it until it returns kNone.
  Step next(int64_t now);
  // Takes the server's answer to kOpen. Returns false when the answer is invalid: the transfer has failed.
  bool opened(uint64_t next);
  // Records that every chunk below `upto` is stored at the server, or on this disk.
  void moved(int64_t now, uint64_t upto);
  // Records a refusal or a timeout. Returns true when it is final. `random`: for the backoff's jitter.
  bool refused(int64_t now, Code code, uint64_t random);

  State state() const { return state_; }
  // Grows whenever the requests under way become void.
  uint64_t generation() const { return generation_; }
  uint64_t chunks_done() const { return done_; }
  uint64_t window() const { return window_; }
  Progress progress() const;
  int64_t next_wake() const { return state_ == State::kWaiting && attached_ ? retry_at_ : kNever; }

 private:
  void fall_back(int64_t retry_at);
  void measure(int64_t now);
  uint64_t bytes_of(uint64_t chunks) const;

  const Direction direction_;
  const uint64_t size_, chunks_;
  State state_ = State::kWaiting;
  bool attached_ = false;
  uint64_t done_ = 0, asked_ = 0;  // chunks moved; chunks requested
  bool finish_asked_ = false;
  uint64_t window_ = 2, generation_ = 1;
  std::deque<int64_t> asked_at_;  // request times of the chunks [done_, asked_)
  int attempt_ = 0;
  int64_t retry_at_ = 0;
  int64_t mark_at_ = kNever;  // rate: when the sample began
  uint64_t mark_bytes_ = 0, rate_ = 0;
};

}  // namespace fastchat::core
