// The event loop of one thread: sockets, descriptors, timers, signals, an engine's tick. Every handler runs on the
// thread that calls run(), and never inside another handler. Handlers may add and remove anything, themselves too. A
// turn is: overslept?, signals, timers, sockets, descriptors, tick, turn end.
//
//   Loop loop;
//   loop.add_socket(router, [&] { return owner.drain_router(); });   // true: stopped at its budget, may have more
//   loop.set_tick([&] { return engine.next_tick_us(); }, [&](int64_t now_us) { owner.perform(engine.tick(now_us)); });
//   loop.on_turn_end([&](int64_t) { owner.flush(); });
//   loop.on_signals({SIGTERM, SIGINT}, [&](int) { loop.stop(); });
//   loop.run();
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>
#include <zmq.hpp>

namespace fastchat {

class Loop {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kOversleptUs = 10'000'000;

  // Drains its socket up to a budget of its own. Returns true when it stopped at the budget (the next poll does not
  // wait).
  using SocketReady = std::function<bool()>;
  using FdReady = std::function<void(short revents)>;  // poll(2) bits
  using TimerCall = std::function<void(int64_t now_us)>;
  using TimerId = uint64_t;  // never 0, never reused

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Calls `ready` in each turn in which messages wait. The socket must outlive its registration.
  //
  // ZMQ_FD is edge-triggered: any call on the socket can consume the event. So the loop queries the socket's events in
  // every turn, which costs two system calls, unless the socket was not used since the last query. `used`, when given,
  // is set by code that sends or receives elsewhere than in `ready` (as a mailbox does; see there).
  void add_socket(zmq::socket_t& socket, SocketReady ready, bool* used = nullptr);
  // Adds a socket that only its `ready` uses.
  void add_quiet_socket(zmq::socket_t& socket, SocketReady ready);
  void remove_socket(zmq::socket_t& socket);

  // Adds a descriptor, which stays the caller's. `events` are POLLIN and/or POLLOUT; set_fd_events changes them.
  void add_fd(int fd, short events, FdReady ready);
  void set_fd_events(int fd, short events);
  void remove_fd(int fd);

  // Calls `call` once at a monotonic time (Clock::monotonic_us) or as soon after as possible, with 0.1 ms precision.
  TimerId at(int64_t when_us, TimerCall call);
  void cancel(TimerId id);  // ignores unknown and past ids

  // Blocks the signals in this thread (call before any thread is made) and calls back from the loop (signalfd).
  void on_signals(std::initializer_list<int> signals, std::function<void(int signal)> call);

  // `next_us` returns the monotonic time of the wanted tick (kNever: none; the past: at once). Called before every
  // poll.
  void set_tick(std::function<int64_t()> next_us, TimerCall tick);

  // Calls `call` at the end of every turn: owners send here the frames that the turn produced.
  void on_turn_end(TimerCall call);

  // Calls `call` before any other event when a turn comes `gap_us` (over 10 s) later than asked for: SIGSTOP, suspend.
  void on_overslept(std::function<void(int64_t gap_us)> call);

  // Runs turns until stop(). stop() from a handler lets the turn end first.
  void run();
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  // Runs one turn that waits at most `max_wait_us` for an event. For tests and for programs with a loop of their own.
  void run_once(int64_t max_wait_us);

  // Returns the time at which the current turn began.
  int64_t now_us() const { return now_us_; }

  // Shifts the expected time of waking by `us` into the past, for on_overslept's test.
  void shift_expectation_for_test(int64_t us) { expected_boot_us_ -= us; }

 private:
  struct Source {
    zmq::socket_t* socket = nullptr;  // or none
    int fd = -1;                      // also the descriptor of a socket
    short events = 0;
    SocketReady socket_ready;
    FdReady fd_ready;
    bool quiet = false;     // only socket_ready uses the socket
    bool* used = nullptr;   // or set by other users of the socket
    bool ask = true;        // query the socket's events before the next wait
    bool readable = false;  // the socket's state at the last query
    bool removed = false;
  };

  int64_t wait_us(int64_t max_wait_us) const;
  void poll(int64_t wait_us);
  Source& add(zmq::socket_t& socket, SocketReady ready);
  static void ask(Source& source);
  bool ask_sockets();
  void check_overslept();
  void run_timers();
  void dispatch();
  void read_signals();
  Source* find_fd(int fd);
  void forget_removed();

  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<pollfd> polled_;  // sources_ in order
  bool polled_stale_ = true;
  bool any_removed_ = false;
  bool more_ = false;  // a socket stopped at its budget
  std::map<std::pair<int64_t, TimerId>, TimerCall> timers_;
  std::unordered_map<TimerId, int64_t> timer_times_;
  TimerId next_timer_ = 1;
  int signal_fd_ = -1;
  std::function<void(int)> signal_call_;
  std::function<int64_t()> next_tick_;
  TimerCall tick_;
  std::vector<TimerCall> turn_end_;
  std::vector<std::function<void(int64_t)>> overslept_;
  int64_t now_us_ = 0;
  int64_t expected_boot_us_ = 0;
  bool stopping_ = false;
};

}  // namespace fastchat
