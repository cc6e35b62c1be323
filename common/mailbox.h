// A mailbox joins two threads: two ends, each owned by one thread, pass std::unique_ptr<T> over inproc PAIR sockets.
// Posting never blocks and never drops while both ends live. The mailbox has no limit, so the protocol on top must
// bound the messages in flight. libzmq frees undelivered values of a destroyed end by closing their messages.
//
//   auto [mine, theirs] = make_mailbox<Answer, Request>(ctx);         // I receive Answers, they receive Requests
//   LoopThread store(ctx, "store", [end = std::move(theirs)](Loop& loop) mutable {
//     end.listen(loop, [&] { while (auto r = end.receive()) end.post(serve(*r)); return false; });
//     loop.run();
//   });
//   mine.listen(loop, ...);  mine.post(std::make_unique<Request>(...));
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "common/loop.h"

namespace fastchat {

namespace mailbox_detail {

// The memory of a message: one Parcel. libzmq frees the Parcel when it closes the message, on any thread. `handed_over`
// orders the two threads for tools that cannot see into libzmq (ThreadSanitizer).
template <class T>
struct Parcel {
  explicit Parcel(std::unique_ptr<T> v) : value(std::move(v)) { handed_over.store(true, std::memory_order_release); }
  std::unique_ptr<T> value;
  std::atomic<bool> handed_over{false};
};

template <class T>
void free_parcel(void* data, void*) {
  auto* parcel = static_cast<Parcel<T>*>(data);
  if (parcel->handed_over.load(std::memory_order_acquire)) delete parcel;
}

// Returns two connected inproc PAIR sockets without high-water marks.
std::pair<zmq::socket_t, zmq::socket_t> connected_pair(zmq::context_t& ctx);
// Moves `parcel_message` in. Returns true when the other end accepted it.
bool post(zmq::socket_t& socket, zmq::message_t& parcel_message);
bool receive(zmq::socket_t& socket, zmq::message_t& parcel_message);

}  // namespace mailbox_detail

// One end: posts Out, receives In. May move to the thread that uses it, before its first use there.
template <class In, class Out>
class MailboxEnd {
 public:
  explicit MailboxEnd(zmq::socket_t socket) : socket_(std::move(socket)) {}

  // Posts a value. Returns false, and frees the value, when the other end is gone.
  bool post(std::unique_ptr<Out> value) {
    using Parcel = mailbox_detail::Parcel<Out>;
    used_ = true;
    auto* parcel = new Parcel(std::move(value));
    zmq::message_t message(static_cast<void*>(parcel), sizeof(Parcel), &mailbox_detail::free_parcel<Out>);
    return mailbox_detail::post(socket_, message);
  }

  // Returns the next value; null when there is none.
  std::unique_ptr<In> receive() {
    used_ = true;
    zmq::message_t message;
    if (!mailbox_detail::receive(socket_, message)) return nullptr;
    auto* parcel = static_cast<mailbox_detail::Parcel<In>*>(message.data());
    if (!parcel->handed_over.load(std::memory_order_acquire)) return nullptr;
    return std::move(parcel->value);
  }

  // Calls `ready` when values wait (Loop::add_socket). This end must not move from now on.
  void listen(Loop& loop, Loop::SocketReady ready) { loop.add_socket(socket_, std::move(ready), &used_); }
  void unlisten(Loop& loop) { loop.remove_socket(socket_); }

 private:
  zmq::socket_t socket_;
  bool used_ = false;  // since the loop's last query of the socket
};

// Returns {the end that receives In and posts Out, its counterpart}.
template <class In, class Out>
std::pair<MailboxEnd<In, Out>, MailboxEnd<Out, In>> make_mailbox(zmq::context_t& ctx) {
  auto [a, b] = mailbox_detail::connected_pair(ctx);
  return {MailboxEnd<In, Out>(std::move(a)), MailboxEnd<Out, In>(std::move(b))};
}

// A thread with a loop of its own. `body(Loop&)` runs on the thread: builds the thread's objects, calls loop.run() and
// returns. stop() makes the loop stop; the destructor stops and joins. All signals are blocked on the thread.
class LoopThread {
 public:
  template <class Body>
  LoopThread(zmq::context_t& ctx, const std::string& name, Body body)
      : LoopThread(mailbox_detail::connected_pair(ctx), name, std::move(body)) {}
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  void stop();

 private:
  template <class Body>
  LoopThread(std::pair<zmq::socket_t, zmq::socket_t> ends, const std::string& name, Body body)
      : control_(std::move(ends.first)), thread_([name, end = std::move(ends.second), run = std::move(body)]() mutable {
          enter(name);
          Loop loop;
          obey(loop, end);
          run(loop);
          loop.remove_socket(end);
        }) {}

  static void enter(const std::string& name);
  static void obey(Loop& loop, zmq::socket_t& control);

  zmq::socket_t control_;
  std::thread thread_;
};

}  // namespace fastchat
