#include "common/mailbox.h"

#include <pthread.h>

#include <cerrno>
#include <csignal>

#include "common/bytes.h"
#include "common/check.h"
#include "common/random.h"

namespace fastchat {
namespace mailbox_detail {

std::pair<zmq::socket_t, zmq::socket_t> connected_pair(zmq::context_t& ctx) {
  zmq::socket_t a(ctx, zmq::socket_type::pair), b(ctx, zmq::socket_type::pair);
  for (zmq::socket_t* s : {&a, &b}) {
    s->set(zmq::sockopt::linger, 0);
    s->set(zmq::sockopt::sndhwm, 0);
    s->set(zmq::sockopt::rcvhwm, 0);
  }
  const std::string endpoint = "inproc://mailbox-" + to_hex(random_bytes(16));
  a.bind(endpoint);
  b.connect(endpoint);
  return {std::move(a), std::move(b)};
}

bool post(zmq::socket_t& socket, zmq::message_t& parcel_message) {
  while (zmq_msg_send(parcel_message.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() != EINTR) return false;
  }
  return true;
}

bool receive(zmq::socket_t& socket, zmq::message_t& parcel_message) {
  while (zmq_msg_recv(parcel_message.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() != EINTR) return false;
  }
  return true;
}

}  // namespace mailbox_detail

LoopThread::~LoopThread() {
  stop();
  thread_.join();
}

void LoopThread::stop() {
  zmq::message_t empty;
  mailbox_detail::post(control_, empty);
}

void LoopThread::enter(const std::string& name) {
  sigset_t all;
  sigfillset(&all);
  FC_CHECK(pthread_sigmask(SIG_BLOCK, &all, nullptr) == 0);
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void LoopThread::obey(Loop& loop, zmq::socket_t& control) {
  loop.add_quiet_socket(control, [&loop, &control] {
    zmq::message_t word;
    if (mailbox_detail::receive(control, word)) loop.stop();
    return false;
  });
}

}  // namespace fastchat
