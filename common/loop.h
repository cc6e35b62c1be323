// The event loop of one thread: sockets, descriptors, timers, signals, an engine's tick. Everything runs on the thread
// that calls run(); nothing is called from elsewhere and handlers never run inside each other. Handlers may add and
// remove anything, themselves too. A turn is: overslept?, signals, timers, sockets, descriptors, tick, turn end.
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

  // Drains its socket up to a budget of its own; true when it stopped at the budget (the next poll does not wait).
  using SocketReady = std::function<bool()>;
  using FdReady = std::function<void(short revents)>;  // poll(2) bits
  using TimerCall = std::function<void(int64_t now_us)>;
  using TimerId = uint64_t;  // never 0, never reused

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The socket must outlive its registration. Readable is level-triggered: called again while messages wait.
  //
  // libzmq tells of a message by a descriptor, once, and any call on the socket may take that news away. So a socket is
  // asked what it has in every turn, which costs two system calls, unless it is known that nobody used it since:
  // `used`, when given, is set by whoever sends or receives elsewhere than in `ready` (a mailbox does; see there).
  void add_socket(zmq::socket_t& socket, SocketReady ready, bool* used = nullptr);
  // For a socket that is used in its `ready` only.
  void add_quiet_socket(zmq::socket_t& socket, SocketReady ready);
  void remove_socket(zmq::socket_t& socket);

  // `events` are POLLIN and/or POLLOUT; set_fd_events changes them. The descriptor stays the caller's.
  void add_fd(int fd, short events, FdReady ready);
  void set_fd_events(int fd, short events);
  void remove_fd(int fd);

  // One shot at a monotonic time (Clock::monotonic_us) or as soon after as possible, 0.1 ms precise.
  TimerId at(int64_t when_us, TimerCall call);
  void cancel(TimerId id);  // unknown and past ids are fine

  // Blocks the signals in this thread (call it before any thread is made) and calls back from the loop (signalfd).
  void on_signals(std::initializer_list<int> signals, std::function<void(int signal)> call);

  // `next` says the monotonic time of the wanted tick (kNever: none; the past: at once); asked before every poll.
  void set_tick(std::function<int64_t()> next_us, TimerCall tick);

  // At the end of every turn: owners send here what the turn produced.
  void on_turn_end(TimerCall call);

  // The turn comes `gap_us` (over 10 s) later than asked for: SIGSTOP, suspend. Called before any event is handled.
  void on_overslept(std::function<void(int64_t gap_us)> call);

  // Turns until stop(). stop() from a handler lets the turn end first.
  void run();
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  // One turn that waits at most `max_wait_us` for an event; for tests and for programs with a loop of their own.
  void run_once(int64_t max_wait_us);

  // The time at which the current turn began.
  int64_t now_us() const { return now_us_; }

  // For on_overslept's test: pretend that the loop expected to wake so much earlier.
  void shift_expectation_for_test(int64_t us) { expected_boot_us_ -= us; }

 private:
  struct Source {
    zmq::socket_t* socket = nullptr;  // or none
    int fd = -1;                      // a socket's own, too
    short events = 0;
    SocketReady socket_ready;
    FdReady fd_ready;
    bool quiet = false;     // nobody uses the socket but socket_ready
    bool* used = nullptr;   // or says so here
    bool ask = true;        // query the socket's events before the next wait
    bool readable = false;  // the socket, when it was asked last
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
