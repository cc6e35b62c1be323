#include "client/cli/local_host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "client/cli/output.h"
#include "client/cli/password.h"
#include "client/cli/text_input.h"
#include "client/runtime/loop_machine.h"
#include "common/clock.h"
#include "common/standard_streams.h"

namespace fastchat::cli {
namespace {

constexpr int64_t kSettleUs = 3'000'000;

bool is_file(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

bool is_same(int a, int b) {
  struct stat x {
  }, y{};
  return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

}  // namespace

int refuse_to_run(const Options& options, const Error& error) {
  print_error(err(error.code, explain(error, "")), exit_code(error.code), options.json);
  return exit_code(error.code);
}

Result<> LocalHost::open() {
  client::SessionOptions so;
  so.data_dir = options_.data_dir;
  so.downloads = options_.downloads;
  so.agent = "fastchat " FASTCHAT_VERSION;
  if (!options_.server.empty()) {
    Result<InviteLine> invite = parse_invite_line(options_.server);
    if (!invite.ok()) return err(Code::kLocalUsage, "--server: " + invite.error().text);
    so.invite = std::move(*invite);
  }
  Result<std::unique_ptr<client::Session>> session =
      client::Session::open(std::make_unique<client::LoopMachine>(loop_), std::move(so), profile_.listeners);
  if (!session.ok()) return session.error();
  profile_.session = std::move(*session);
  return Unit{};
}

int LocalHost::run(Runner& runner) {
  profile_.listeners.join(runner);
  loop_.on_turn_end([this, &runner](int64_t) {
    if (!runner.ending()) runner.on_turn();
    if (options_.command != Command::kRpc) output_.watch(!runner.ending() && !takes_more());
    check_end();
  });
  // A signal ends the program while it asks for a password. The program serves nobody before it has the password.
  runner.begin_on(*this);
  loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this, &runner](int) {
    interrupted_ = true;
    if (!runner.ending()) runner.on_interrupt();
  });
  if (!runner.ending() && stays(options_)) serve(runner);
  loop_.run();
  profile_.serving.reset();
  if (!output_.empty() || !errors_.empty()) profile_.session.reset();  // frees the profile for others meanwhile
  if (!interrupted_) {                                                 // a signal ends the program without its reader
    output_.finish();
    errors_.finish();
  }
  if (runner.ending()->status == kExitOk) {
    if (const Result<> written = finish_output(); !written.ok()) return refuse_to_run(options_, written.error());
  }
  return runner.ending()->status;
}

void LocalHost::serve(Runner& runner) {
  auto service = std::make_unique<Service>(loop_, profile_, options_, windows_, [this, &runner] {
    ends_now_ = true;  // a log-out, or a window that ends the daemon
    runner.finish(kExitOk);
  });
  Service& serves = *service;
  profile_.serving = std::move(service);
  if (const Result<> made = serves.open(); !made.ok()) {
    if (options_.command == Command::kDaemon || options_.command == Command::kRpc) return runner.fail(made.error());
    warn(made.error().text + "; other commands cannot use this profile meanwhile");
  }
  if (options_.command != Command::kRpc) return;
  serves.serve_streams(STDIN_FILENO, STDOUT_FILENO, [&runner] { runner.finish(kExitOk); });
}

Result<> LocalHost::print(const std::string& line) {
  progress_.clear();
  // A file has no reader. A line that a full disk refuses is taken back whole.
  return stays(options_) && !is_file(STDOUT_FILENO) ? output_.add(line) : write_line(draw_ ? draw_(line) + line : line);
}

// Prints a line on standard error. Drops the line when too many wait for their reader.
void LocalHost::complain(const std::string& line) {
  progress_.clear();
  if (stays(options_) && !is_file(STDERR_FILENO)) {
    // One reader of both outputs gets whole lines, as long as standard output takes any.
    const bool shared = options_.command != Command::kRpc && is_same(STDOUT_FILENO, STDERR_FILENO);
    if (!shared || !output_.offer(line)) (void)errors_.offer(line);
    return;
  }
  std::fprintf(stderr, "%s\n", line.c_str());
}

Result<e2e::Secret> LocalHost::password(WhichPassword which, const std::string& user) {
  if (which == WhichPassword::kToDelete) {
    if (const Result<> sure = confirm_deletion(options_, user); !sure.ok()) return sure.error();
  }
  if (which == WhichPassword::kNew) return read_new_password(options_, user);
  return read_password(options_, user, which == WhichPassword::kOfNewAccount);
}

Result<std::string> LocalHost::text() {
  return text_or_input(options_);
}

void LocalHost::read_input(bool wanted, Input told) {
  if (wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) return loop_.remove_fd(STDIN_FILENO);
  loop_.add_fd(STDIN_FILENO, POLLIN, [told = std::move(told)](short) {
    char buffer[65536];
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n < 0) {
      return told(err(Code::kLocalDisk, std::string("cannot read standard input: ") + std::strerror(errno)));
    }
    told(std::string_view(buffer, static_cast<size_t>(n)));
  });
}

void LocalHost::spoilt(const std::string& error) {
  complain(error_line(err(Code::kLocalDisk, error), kExitUnexpected, options_.json));
}

void LocalHost::finished(const Ending& ending, const std::string& error) {
  if (!error.empty()) {
    complain(error_line(err(ending.cause, error), ending.status, options_.json));
  }
  finished_ = true;
  end_when_printed();
}

// Ends the session of a finished command. A command that stays goes on serving the profile until the reader has the
// lines, because the session shows each message as seen once its line is written.
void LocalHost::end_when_printed() {
  if (give_up_us_ != 0 || (output_.waits() && !interrupted_ && !ends_now_)) return;
  give_up_us_ = Clock::monotonic_us() + kSettleUs;
  if (profile_.serving) profile_.serving->end();
  profile_.session->settle();
  loop_.at(give_up_us_, [](int64_t) {});
}

void LocalHost::check_end() {
  if (!finished_ || loop_.stopping()) return;
  end_when_printed();
  if (give_up_us_ == 0) return;
  if (!stopped_) {
    const bool serves = profile_.serving && !profile_.serving->ended();
    const bool prints = !output_.empty() || !errors_.empty();
    if ((serves || prints || !profile_.session->settled()) && Clock::monotonic_us() < give_up_us_) return;
    stopped_ = true;
    profile_.session->stop();
    return;
  }
  loop_.stop();
}

}  // namespace fastchat::cli
