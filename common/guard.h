// The connection guard of one listening ROUTER: a thread that watches its monitor and, every 50 ms, what was taken from
// the connections that received something, and ends offenders with shutdown(2), never close(2) (the descriptors are
// libzmq's). Memory that they held goes back to the system a moment later. This class is the owner's end of it:
// it lives on the owner's thread and is the only interface to the guard. The owner hears of every connection that
// ended, by routing id.
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
  bool round = false;  // `progressed` is the owner's round
  std::vector<uint64_t> progressed;
  bool counts = false;  // the rest is the owner's news of what it read
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
  // Takes the router's monitor. Call before the router is bound, on its thread. kInternal on failure.
  static Result<std::unique_ptr<Guard>> start(zmq::context_t& ctx, zmq::socket_t& router, const GuardLimits& limits);

  // For every complete message, before it is answered: a few nanoseconds after the first of a connection. True for the
  // first of one that is still there.
  bool saw(uint64_t rid, int fd, size_t payload);
  // Everything that had come was read.
  void read_all() { read_all_ = none_waits_ = true; }
  // Ends the connection of `rid`, GuardLimits::linger_us later; peer_gone follows when it did. Needs one saw() before.
  // An offence is held against its address as a flood is.
  enum class Offence { kNo, kYes };
  void end(uint64_t rid, Offence offence = Offence::kNo);
  // At every turn's end: passes on what is new; every 0.5 s the round of who finished a message, sooner when the guard
  // asked for it and nobody's message waits; every 50 ms how much was read, sooner when the guard asked.
  void flush(int64_t now_us);

  // Calls `gone(rid)` for every connection that ended.
  void listen(Loop& loop, std::function<void(uint64_t rid)> gone);
  // As of the last message from the guard (at most some 2 s old).
  const GuardCounters& counters() const { return counters_; }

 private:
  struct Slot {
    uint64_t rid = 0;
    uint64_t past = 0;  // the last one before it that was read late
    bool seen = false;
    bool progressed = false;
    int64_t handled = 0;  // bytes, since the guard was told last
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
  bool none_waits_ = false;  // the socket was found empty since the guard was told, and nothing came after that
  GuardCounters counters_;
  MailboxEnd<FromGuard, ToGuard> mailbox_;
  LoopThread thread_;  // last: joined first
};

}  // namespace fastchat
