// One turn of a session's loop, which is one transaction of its store. The rooms of a session write into the turn. The
// turn's end commits it; only then do frames leave and listeners get events. When the disk refuses, the whole turn is
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
  // Works once a turn, before the commit.
  virtual void work() {}
  // Called when the turn is on disk, before any call of after_commit().
  virtual void committed() {}
  // Called when the turn is undone: restores the memory to the state on disk.
  virtual void rolled_back(const Error& error) { static_cast<void>(error); }
  // Called after the commit: begins work that nothing waits for.
  virtual void idle() {}
  // Returns the time of the part's next work when no event comes before (ms, monotonic; Loop::kNever: none).
  virtual int64_t next_wake() const { return Loop::kNever; }
};

class Turn {
 public:
  // Receives the disk's error, after all else of the turn was undone.
  using Refused = std::function<void(const Error&)>;
  Turn(Machine& machine, store::Store& store, Refused refused)
      : machine_(machine), store_(store), refused_(std::move(refused)) {}
  ~Turn() { machine_.cancel(timer_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Adds a part, which lives as long as the turn. Parts are called in the order in which they were added.
  void add(TurnPart& part) { parts_.push_back(&part); }

  // Opens the transaction of this turn, unless it is open. Returns false when the disk refuses.
  bool begin() { return check(store_.begin()); }
  // Does the same, for a caller that reports the failure; the turn goes on without it.
  Result<> try_begin() { return store_.begin(); }
  // Remembers the first failure of the turn. Returns true when `r` has no error.
  bool check(const Result<>& r);
  template <class T>
  bool check(const Result<T>& r) {
    if (!r.ok()) check(Result<>(r.error()));
    return r.ok();
  }
  // Returns the first failure of the turn.
  const std::optional<Error>& error() const { return error_; }

  // Calls `call` once this turn is on disk; never when the turn is undone.
  void after_commit(std::function<void()> call) { after_commit_.push_back(std::move(call)); }
  // Calls `call` when this turn is undone, after rolled_back() of all parts.
  void after_rollback(std::function<void(const Error&)> call) { after_rollback_.push_back(std::move(call)); }
  // Calls `call` at the start of the next commit, which may be the commit of this turn. Writes of `call` join that
  // commit. The call is made even when the turn has an error and is undone.
  void before_commit(std::function<void()> call) {
    before_commit_.push_back(std::move(call));
    wake();
  }

  // Calls work() of the parts and commits. The calls after the commit may write into the same turn a few times.
  void run();
  // Returns true when calls after a commit or an open transaction wait for another turn.
  bool unfinished() const { return !after_commit_.empty() || store_.in_transaction(); }

  // Returns the earliest next_wake() of the parts.
  int64_t next_wake() const;
  // Starts the next turn at once.
  void wake();
  // Starts the next turn at this time (ms, monotonic; Loop::kNever: at the next event), unless wake() was called.
  void wake_at(int64_t at_ms);
  // Returns ms, monotonic.
  int64_t now_ms() const;
  // Returns ms since 1970.
  int64_t wall_ms() const { return machine_.wall_ms(); }

 private:
  void commit();
  void roll_back();

  Machine& machine_;
  store::Store& store_;
  const Refused refused_;
  std::vector<TurnPart*> parts_;
  std::vector<std::function<void()>> before_commit_, after_commit_;
  std::vector<std::function<void(const Error&)>> after_rollback_;
  std::optional<Error> error_;
  Machine::TimerId timer_ = 0;
  int64_t timer_at_ = Loop::kNever;  // us; 0: at once
};

}  // namespace fastchat::client
