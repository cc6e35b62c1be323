#include "bench/bare_relay.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>
#include <zmq.hpp>

#include "bench/fail.h"
#include "bench/relay_record.h"
#include "common/curve.h"
#include "common/random.h"
#include "common/zap.h"

namespace fastchat::bench {
namespace {

constexpr int kFramesPerTurn = 512;
constexpr int kMaxSockets = 64;
constexpr int kBacklog = 4096;
constexpr char kZapDomain[] = "bench";

class Relay {
 public:
  Relay(const CurvePair& keys, size_t users, size_t batch, bool zap)
      : router_(context(), zmq::socket_type::router), batch_(batch) {
    users_.resize(users);
    if (zap) admit_through_zap();
    router_.set(zmq::sockopt::curve_server, true);
    router_.set(zmq::sockopt::curve_secretkey, zmq::buffer(keys.secret_key));
    router_.set(zmq::sockopt::router_mandatory, true);
    router_.set(zmq::sockopt::linger, 0);
    router_.set(zmq::sockopt::sndhwm, 0);  // windows bound the frames in flight, and a dropped frame ends a run
    router_.set(zmq::sockopt::backlog, kBacklog);
    router_.bind("tcp://127.0.0.1:*");
  }

  std::string endpoint() { return router_.get(zmq::sockopt::last_endpoint); }

  [[noreturn]] void run() {
    for (;;) {
      zmq::pollitem_t items[2] = {{router_.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, -1, ZMQ_POLLIN, 0}};
      if (zap_) items[1].socket = zap_->socket().handle();
      zmq::poll(items, zap_ ? 2 : 1, std::chrono::milliseconds(-1));
      if (zap_) zap_->serve();
      for (int i = 0; i < kFramesPerTurn && receive(); ++i) {
      }
      for (const uint32_t user : touched_) flush(users_[user]);
      touched_.clear();
    }
  }

 private:
  struct User {
    Bytes routing_id;
    RecordBatch out;
  };

  zmq::context_t& context() {
    context_.set(zmq::ctxopt::max_sockets, kMaxSockets);
    return context_;
  }

  void admit_through_zap() {
    auto zap = ZapHandler::open(context_);
    if (!zap) fail(zap.error().text);
    zap_ = std::move(*zap);
    zap_->set_policy(kZapDomain, ZapHandler::admit_all());
    router_.set(zmq::sockopt::zap_domain, kZapDomain);
  }

  bool receive() {
    if (!router_.recv(id_, zmq::recv_flags::dontwait)) return false;
    if (!router_.recv(payload_, zmq::recv_flags::dontwait)) return false;
    ByteView in = payload_.to_string_view();
    Record record;
    while (take_record(in, record)) {
      if (record.from >= users_.size() || record.to >= users_.size()) continue;
      if (record.kind == RecordKind::kHello) users_[record.from].routing_id = id_.to_string();
      record.kind == RecordKind::kGroup ? fan_out(record) : put(record);
    }
    return true;
  }

  void fan_out(const Record& record) {
    const size_t end = std::min(users_.size(), size_t{record.to} + record.count);
    for (uint32_t user = record.to; user < end; ++user) {
      if (user != record.from) put({RecordKind::kMessage, record.from, user, record.body});
    }
  }

  void put(const Record& record) {
    User& user = users_[record.to];
    if (user.out.count == 0) touched_.push_back(record.to);
    put_record(user.out.frame, record);
    if (++user.out.count >= batch_) flush(user);
  }

  void flush(User& user) {
    if (user.out.count == 0) return;
    // Drops the frame of an addressee that is gone. EHOSTUNREACH is an exception of cppzmq, so this is the C call.
    if (zmq_send(router_.handle(), user.routing_id.data(), user.routing_id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
      zmq_send(router_.handle(), user.out.frame.data(), user.out.frame.size(), ZMQ_DONTWAIT);
    }
    user.out = RecordBatch{};
  }

  zmq::context_t context_{1};
  std::unique_ptr<ZapHandler> zap_;
  zmq::socket_t router_;
  const size_t batch_;
  std::vector<User> users_;
  std::vector<uint32_t> touched_;
  zmq::message_t id_, payload_;
};

[[noreturn]] void run_child(int pipe, const CurvePair& keys, size_t users, size_t batch, bool zap) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  seed_libc_rand();
  Relay relay(keys, users, batch, zap);
  const std::string endpoint = relay.endpoint();
  if (write(pipe, endpoint.data(), endpoint.size()) != static_cast<ssize_t>(endpoint.size())) _exit(1);
  close(pipe);
  relay.run();
}

std::string read_all(int fd) {
  std::string text;
  char part[256];
  for (ssize_t n = 0; (n = read(fd, part, sizeof part)) > 0;) text.append(part, static_cast<size_t>(n));
  return text;
}

}  // namespace

BareRelay::BareRelay(size_t users, size_t batch, bool zap) {
  const CurvePair keys = make_curve_pair();
  key_ = keys.public_key;
  int ends[2];
  if (pipe(ends) != 0) fail(std::string("pipe: ") + std::strerror(errno));
  pid_ = fork();
  if (pid_ < 0) fail(std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) {
    close(ends[0]);
    run_child(ends[1], keys, users, batch, zap);
  }
  close(ends[1]);
  endpoint_ = read_all(ends[0]);
  close(ends[0]);
  if (endpoint_.empty()) fail("the bare relay did not start");
}

BareRelay::~BareRelay() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace fastchat::bench
