// The connection guard of one listening ROUTER. A thread watches the ROUTER's monitor and, every 50 ms, the bytes taken
// from the connections that received data. The thread ends offenders with shutdown(2), never close(2) (libzmq owns the
// descriptors). The memory that they held goes back to the system a moment later. This class is the owner's end: it
// lives on the owner's thread and is the only interface to the guard. The guard reports every ended connection to the
// owner, by routing id.
//
//   auto guard = Guard::start(ctx, router, limits);        // before binding the router
//   (*guard)->listen(loop, [&](uint64_t rid) { owner.peer_gone(rid); });
//   ... for every message received: (*guard)->saw(message.rid, message.fd, message.payload.size());
//   ... when the router has no more: (*guard)->read_all();
//   ... loop.on_turn_end([&](int64_t now_us) { (*guard)->flush(now_us); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>
#include <zmq.hpp>

#include "common/guard_core.h"
#include "common/mailbox.h"
#include "common/monitor.h"
#include "common/result.h"

namespace fastchat {

struct ToGuard {
  struct Seen {
    uint64_t rid;
    int fd;
  };
  std::vector<Seen> seen;
  struct End {
    uint64_t rid;
    bool offence;
  };
  std::vector<End> ends;
  bool round = false;  // `progressed` holds the owner's round
  std::vector<uint64_t> progressed;
  bool counts = false;  // `handled` and `all_handled` hold the bytes that the owner read
  std::vector<GuardCore::Handled> handled;
  bool all_handled = false;
};
struct FromGuard {
  std::vector<uint64_t> gone;
  GuardCounters counters;
  bool round_wanted = false, handled_wanted = false;
};

class Guard {
 public:
  // Starts the guard, which takes the router's monitor. Call before the router is bound, on its thread. Fails with
  // kInternal.
  static Result<std::unique_ptr<Guard>> start(zmq::context_t& ctx, zmq::socket_t& router, const GuardLimits& limits);

  // Reports a complete message, before its answer. Costs a few nanoseconds after a connection's first message. Returns
  // true for the first message of a connection that is still there.
  bool saw(uint64_t rid, int fd, size_t payload);
  // Reports that the owner read all received messages.
  void read_all() { read_all_ = none_waits_ = true; }
  // Ends the connection of `rid`, GuardLimits::linger_us later; listen()'s `gone` follows. Needs one saw() before. An
  // offence counts against the connection's address like a flood.
  enum class Offence { kNo, kYes };
  void end(uint64_t rid, Offence offence = Offence::kNo);
  // Sends news to the guard; called at the end of every turn. Reports the connections that finished a message every 500
  // ms, or sooner when the guard asked and no message waits. Reports the bytes read every 50 ms, or sooner when the
  // guard asked.
  void flush(int64_t now_us);

  // Calls `gone(rid)` for every connection that ended.
  void listen(Loop& loop, std::function<void(uint64_t rid)> gone);
  // Returns the counters of the last message from the guard (at most some 2 s old).
  const GuardCounters& counters() const { return counters_; }

 private:
  struct Slot {
    uint64_t rid = 0;
    uint64_t past = 0;  // the last rid before it whose message was read late
    bool seen = false;
    bool progressed = false;
    int64_t handled = 0;  // bytes since the last report to the guard
  };
  void tell_seen(uint64_t rid, int fd);
  void add_round();
  void add_handled();
  Guard(zmq::context_t& ctx, Monitor monitor, MailboxEnd<FromGuard, ToGuard> mine,
        MailboxEnd<ToGuard, FromGuard> theirs, const GuardLimits& limits);

  std::vector<Slot> slots_;  // by fd
  std::vector<int> progressed_fds_, handled_fds_;
  std::unique_ptr<ToGuard> next_;
  int64_t last_round_us_ = 0, last_handled_us_ = 0;
  bool round_wanted_ = false, read_all_ = false, handled_wanted_ = false;
  bool none_waits_ = false;  // the socket was empty after the last report, and no message came after that
  GuardCounters counters_;
  MailboxEnd<FromGuard, ToGuard> mailbox_;
  LoopThread thread_;  // last: joined first
};

}  // namespace fastchat
