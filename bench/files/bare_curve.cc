#include "bench/files/bare_curve.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <zmq.hpp>

#include "common/clock.h"
#include "common/curve.h"

namespace fastchat::bench {
namespace {

constexpr int kPatienceMs = 60'000;

[[noreturn]] void send_all(const std::string& endpoint, const CurvePair& server, size_t messages, size_t bytes) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  zmq::context_t context{1};
  zmq::socket_t dealer(context, zmq::socket_type::dealer);
  const CurvePair own = make_curve_pair();
  dealer.set(zmq::sockopt::curve_serverkey, zmq::buffer(server.public_key));
  dealer.set(zmq::sockopt::curve_publickey, zmq::buffer(own.public_key));
  dealer.set(zmq::sockopt::curve_secretkey, zmq::buffer(own.secret_key));
  dealer.set(zmq::sockopt::sndhwm, 16);
  dealer.connect(endpoint);
  const std::string chunk(bytes, 'x');
  for (size_t i = 0; i < messages; ++i) (void)dealer.send(zmq::buffer(chunk), zmq::send_flags::none);
  zmq::message_t end;
  (void)dealer.recv(end);
  _exit(0);
}

}  // namespace

Result<double> bare_curve_speed(size_t messages, size_t bytes) {
  const CurvePair server = make_curve_pair();
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return err(Code::kInternal, "no pipe");
  // Forked before this process has a context: libzmq's threads do not live on in a child.
  const pid_t child = fork();
  if (child < 0) return err(Code::kInternal, "cannot fork");
  if (child == 0) {
    char endpoint[128] = {};
    close(pipe_ends[1]);
    const ssize_t n = read(pipe_ends[0], endpoint, sizeof endpoint - 1);
    if (n <= 0) _exit(1);
    send_all(std::string(endpoint, static_cast<size_t>(n)), server, messages, bytes);
  }
  close(pipe_ends[0]);
  zmq::context_t context{1};
  zmq::socket_t router(context, zmq::socket_type::router);
  router.set(zmq::sockopt::curve_server, true);
  router.set(zmq::sockopt::curve_secretkey, zmq::buffer(server.secret_key));
  router.set(zmq::sockopt::rcvtimeo, kPatienceMs);
  router.set(zmq::sockopt::linger, 1'000);
  router.bind("tcp://127.0.0.1:*");
  const std::string endpoint = router.get(zmq::sockopt::last_endpoint);
  const bool told = write(pipe_ends[1], endpoint.data(), endpoint.size()) == static_cast<ssize_t>(endpoint.size());
  close(pipe_ends[1]);
  zmq::message_t id, chunk;
  int64_t began = 0;
  size_t got = 0;
  for (; told && got < messages; ++got) {
    if (!router.recv(id) || !router.recv(chunk)) break;
    if (got == 0) began = Clock::monotonic_us();
  }
  const int64_t took = Clock::monotonic_us() - began;
  if (got == messages) {
    router.send(id, zmq::send_flags::sndmore);
    router.send(zmq::message_t(), zmq::send_flags::none);
  } else {
    kill(child, SIGKILL);
  }
  waitpid(child, nullptr, 0);
  if (got != messages || messages < 2 || took <= 0) return err(Code::kInternal, "the bare connection did not carry it");
  return static_cast<double>((messages - 1) * bytes) / 1048576.0 * 1e6 / static_cast<double>(took);
}

}  // namespace fastchat::bench
