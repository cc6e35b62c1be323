#include "bench/files/bare_curve.h"

#include <sys/prctl.h>
#include <sys/resource.h>
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

// Returns the CPU time of this process and its ended children.
double cpu_seconds_with_children() {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  double all = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage u{};
    getrusage(who, &u);
    all += seconds(u.ru_utime) + seconds(u.ru_stime);
  }
  return all;
}

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

// Returns MiB a second; negative on failure. The sender is a child of the caller.
double move_all(size_t messages, size_t bytes) {
  const CurvePair server = make_curve_pair();
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return -1;
  // Fork before there is a context: libzmq's threads do not survive a fork.
  const pid_t child = fork();
  if (child < 0) return -1;
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
  if (got != messages || messages < 2 || took <= 0) return -1;
  return static_cast<double>((messages - 1) * bytes) / 1048576.0 * 1e6 / static_cast<double>(took);
}

struct Job {
  size_t messages, bytes;
};

// Runs the child: answers each job until the pipe closes.
[[noreturn]] void serve(int ask, int answer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Job job{};
  while (read(ask, &job, sizeof job) == sizeof job) {
    const double before = cpu_seconds_with_children();
    BareCurve::Run run{move_all(job.messages, job.bytes), 0};
    run.cpu_s = cpu_seconds_with_children() - before;
    if (write(answer, &run, sizeof run) != sizeof run) break;
  }
  _exit(0);
}

}  // namespace

BareCurve::BareCurve() {
  int ask[2], answer[2];
  if (pipe(ask) != 0) return;
  if (pipe(answer) != 0) {
    close(ask[0]);
    close(ask[1]);
    return;
  }
  child_ = fork();
  if (child_ == 0) {
    close(ask[1]);
    close(answer[0]);
    serve(ask[0], answer[1]);
  }
  close(ask[0]);
  close(answer[1]);
  ask_ = ask[1];
  answer_ = answer[0];
}

BareCurve::~BareCurve() {
  if (ask_ >= 0) close(ask_);
  if (answer_ >= 0) close(answer_);
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

Result<BareCurve::Run> BareCurve::run(size_t messages, size_t bytes) {
  const Job job{messages, bytes};
  Run out;
  if (child_ > 0 && write(ask_, &job, sizeof job) == sizeof job && read(answer_, &out, sizeof out) == sizeof out &&
      out.mib_s > 0) {
    return out;
  }
  return err(Code::kInternal, "the bare connection did not carry it");
}

}  // namespace fastchat::bench
