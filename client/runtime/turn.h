// One turn of a session's loop is one transaction of its store. The rooms of a session write into it; it is committed
// at the turn's end, and only then does anything leave or is anybody told. When the disk refuses, all of the turn is
// undone: the store by its rollback, the memory of each room by the room itself. Lives on the session's thread.
//
//   turn.add(room);                                   // once
//   if (!turn.check(store.streams().put_run(run))) return;      // the first failure undoes the turn
//   turn.after_commit([this] { tell(); });
//   turn.run();                                       // at the end of each turn of the loop
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "client/runtime/machine.h"
#include "client/store/store.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::client {

// A room with memory of its own.
class TurnPart {
 public:
  virtual ~TurnPart() = default;
  // Once a turn, before the commit.
  virtual void work() {}
  // The turn is on disk, and nobody has been told.
  virtual void committed() {}
  // The turn is gone: memory goes back to what the disk has.
  virtual void rolled_back(const Error& error) { static_cast<void>(error); }
  // After the commit: begins what nobody waits for.
  virtual void idle() {}
  // When it has work again though nothing happens (ms, monotonic; Loop::kNever: not).
  virtual int64_t next_wake() const { return Loop::kNever; }
};

class Turn {
 public:
  // `refused` hears why the disk refused, after all else of the turn was undone.
  using Refused = std::function<void(const Error&)>;
  Turn(Machine& machine, store::Store& store, Refused refused)
      : machine_(machine), store_(store), refused_(std::move(refused)) {}
  ~Turn() { machine_.cancel(timer_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Parts are called in the order in which they were added, and live as long as the turn.
  void add(TurnPart& part) { parts_.push_back(&part); }

  // Opens the transaction of this turn, unless it is open. False when the disk refuses.
  bool begin() { return check(store_.begin()); }
  // The same, where the caller tells of the failure and the turn goes on without it.
  Result<> try_begin() { return store_.begin(); }
  // Remembers the first failure of the turn; true when `r` is well.
  bool check(const Result<>& r);
  template <class T>
  bool check(const Result<T>& r) {
    if (!r.ok()) check(Result<>(r.error()));
    return r.ok();
  }
  // The first failure of the turn.
  const std::optional<Error>& error() const { return error_; }

  // Runs once this turn is on disk; never when it is undone.
  void after_commit(std::function<void()> call) { after_commit_.push_back(std::move(call)); }
  // Runs when this turn is undone, after the parts were told.
  void after_rollback(std::function<void(const Error&)> call) { after_rollback_.push_back(std::move(call)); }
  // Runs in the next turn, whatever becomes of this one.
  void next_turn(std::function<void()> call) {
    next_turn_.push_back(std::move(call));
    wake();
  }

  // Has the parts work, commits, and lets the calls after the commit write into the same turn a few times.
  void run();
  // Something waits for another turn: calls after a commit, or an open transaction.
  bool unfinished() const { return !after_commit_.empty() || store_.in_transaction(); }

  // The earliest of the parts' next_wake().
  int64_t next_wake() const;
  // The next turn comes at once.
  void wake();
  // The next turn comes at this time (ms, monotonic; Loop::kNever: when something happens), unless it comes at once.
  void wake_at(int64_t at_ms);
  // ms, monotonic.
  int64_t now_ms() const;
  // ms since 1970.
  int64_t wall_ms() const { return machine_.wall_ms(); }

 private:
  void commit();
  void roll_back();

  Machine& machine_;
  store::Store& store_;
  const Refused refused_;
  std::vector<TurnPart*> parts_;
  std::vector<std::function<void()>> next_turn_, after_commit_;
  std::vector<std::function<void(const Error&)>> after_rollback_;
  std::optional<Error> error_;
  Machine::TimerId timer_ = 0;
  int64_t timer_at_ = Loop::kNever;  // us; 0: at once
};

}  // namespace fastchat::client
