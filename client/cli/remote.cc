#include "client/cli/remote.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "client/cli/exit_code.h"
#include "client/cli/local_host.h"
#include "client/cli/output.h"
#include "client/cli/password.h"
#include "client/cli/progress.h"
#include "client/cli/text_input.h"
#include "client/e2e/sanitise.h"
#include "client/rpc/lines.h"
#include "client/rpc/message.h"
#include "client/rpc/socket_file.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/codes.h"
#include "common/loop.h"
#include "common/standard_streams.h"

namespace fastchat::cli {
namespace {

using Kind = JsonValue::Kind;

constexpr size_t kMaxAnswer = 32 * 1024 * 1024;
constexpr size_t kPiece = 64 * 1024;     // of standard input
constexpr int64_t kGraceUs = 5'000'000;  // for the answer of a holder after the time of --timeout
constexpr const char* kId = "1";
const char* const kEnded = "the program that has this profile open ended before it answered";

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// One call over one connection.
class RemoteCall {
 public:
  RemoteCall(int fd, bool json, DrawCode draw = nullptr) : fd_(fd), json_(json), draw_(std::move(draw)) {}

  // Gives up when a holder that stands still has not answered this call some seconds after `timeout_s`.
  void limit(double timeout_s) {
    loop_.at(Clock::monotonic_us() + static_cast<int64_t>(timeout_s * 1e6) + kGraceUs, [this](int64_t) {
      if (loop_.stopping()) return;
      fail(err(Code::kLocalTimeout, "the program that has this profile open does not answer: let it go on, or end it"));
    });
  }

  // Prints the lines that arrive and returns the exit status. `quiet`: prints no result and keeps the user that the
  // answer names.
  int run(const std::string& method, const std::string& params, bool quiet = false) {
    quiet_ = quiet;
    if (!send_line(rpc::request_line(kId, method, params))) return ended();
    loop_.add_fd(fd_, POLLIN, [this](short) { read_some(); });
    if (!quiet) loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { interrupt(); });
    loop_.run();
    loop_.remove_fd(fd_);
    return exit_;
  }
  const std::string& user() const { return user_; }

 private:
  int ended() {
    progress_.clear();
    print_error(err(Code::kOk, kEnded), kExitUnexpected, json_);
    return kExitUnexpected;
  }
  void end(int code) {
    if (loop_.stopping()) return;
    exit_ = code;
    loop_.stop();
  }
  bool send_line(std::string line) { return send_all(fd_, line += '\n'); }

  void interrupt() {
    if (std::exchange(interrupted_, true)) return end(kExitUnexpected);
    send_line(rpc::notification_line("cancel", "{\"id\":" + std::string(kId) + "}"));
  }

  void read_some() {
    char buffer[65536];
    const ssize_t n = read(fd_, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) return end(ended());
    lines_.add({buffer, static_cast<size_t>(n)});
    while (!loop_.stopping()) {
      const std::optional<std::string> line = lines_.next();
      if (!line) break;
      take(*line);
    }
    if (lines_.too_long()) end(ended());
  }

  void take(const std::string& line) {
    const Result<rpc::Answer> answer = rpc::read_answer(line);
    if (!answer.ok())
      return fail(err(Code::kLocalDisk, "the program that has this profile open answers in another way"));
    if (answer->method == "progress") return progress(answer->params);
    if (answer->method == "output") return print(answer->params);
    if (answer->method == "warning") return warn(answer->params);
    if (answer->method == "wants_input") return want_input();
    if (!answer->method.empty() || (answer->id != kId && answer->id != "null")) return;
    if (!answer->result) return refused(*answer);
    if (const JsonValue* user = answer->result->find("user")) user_ = user->text;
    if (quiet_) return end(kExitOk);
    const Result<> written = finish_output();
    if (!written.ok()) return fail(written.error());
    end(kExitOk);
  }

  void refused(const rpc::Answer& answer) {
    const int status = answer.code > 0 ? answer.code : kExitUnexpected;
    Code cause = Code::kOk;
    if (const JsonValue* name = answer.data.find("name")) {
      for (const CodeFacts& facts : all_codes()) cause = name->text == facts.name ? facts.code : cause;
    }
    progress_.clear();
    if (!answer.text.empty()) print_error(err(cause, answer.text), status, json_);
    end(status);
  }

  void print(const JsonValue& params) {
    progress_.clear();
    const JsonValue* value = params.find("value");
    const JsonValue* text = params.find("line");
    const std::string line = value != nullptr ? e2e::escape_hidden(value->str()) : text != nullptr ? text->text : "";
    const Result<> written = write_line(draw_ ? draw_(line) + line : line);
    if (!written.ok()) fail(written.error());
  }
  void warn(const JsonValue& params) {
    progress_.clear();
    const JsonValue* text = params.find("text");
    if (text != nullptr) print_warning(text->text, json_);
  }
  void progress(const JsonValue& params) {
    const JsonValue* transfer = params.find("transfer");
    const JsonValue* line = params.find("line");
    Progress now;
    if (transfer != nullptr) now.transfer = read_progress(*transfer);
    if (line != nullptr) now.line = e2e::sanitise_line(line->text);
    progress_.draw(now);
  }
  void fail(const Error& error) {
    progress_.clear();
    print_error(error, exit_code(error.code), json_);
    end(exit_code(error.code));
  }

  // ---- standard input, a piece when the holder asks for one

  void want_input() {
    if (std::exchange(reading_, true)) return;
    loop_.add_fd(STDIN_FILENO, POLLIN, [this](short) { read_input(); });
  }

  void read_input() {
    char buffer[kPiece];
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n < 0) return fail(err(Code::kLocalDisk, std::string("cannot read standard input: ") + std::strerror(errno)));
    input_.append(buffer, static_cast<size_t>(n));
    // Takes complete lines, so that no character is cut in two.
    const size_t end = n == 0 || input_.size() > kPiece ? input_.size() : input_.rfind('\n') + 1;
    const std::string piece = input_.substr(0, end);
    if (n != 0 && piece.empty()) return;
    input_.erase(0, end);
    if (!valid_utf8(piece)) return fail(err(Code::kLocalUsage, "the message is not UTF-8 text"));
    loop_.remove_fd(STDIN_FILENO);
    reading_ = false;
    send_input(piece);
  }

  void send_input(const std::string& piece) {
    const std::string text = piece.empty() ? "" : ",\"text\":" + json_quoted(piece);
    send_line(rpc::notification_line("input", "{\"id\":" + std::string(kId) + text + "}"));
  }

  const int fd_;
  const bool json_;
  const DrawCode draw_;
  Loop loop_;
  rpc::LineBuffer lines_{kMaxAnswer};
  std::string input_, user_;
  ProgressLine progress_;
  int exit_ = kExitUnexpected;
  bool quiet_ = false, interrupted_ = false, reading_ = false;
};

// Joins standard input and output to a connection to the holder, byte for byte. Returns the exit status.
int join_streams(int fd) {
  pollfd both[2] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};
  char buffer[65536];
  for (;;) {
    if (poll(both, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return kExitUnexpected;
    }
    if (both[1].revents != 0) {
      const ssize_t n = read(fd, buffer, sizeof buffer);
      if (n <= 0) return both[0].fd < 0 && n == 0 ? kExitOk : kExitUnexpected;
      const Result<> written = write_output({buffer, static_cast<size_t>(n)});
      if (!written.ok()) return kExitUnexpected;
    }
    if (both[0].fd >= 0 && both[0].revents != 0) {
      const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
      if (n > 0 && send_all(fd, {buffer, static_cast<size_t>(n)})) continue;
      shutdown(fd, SHUT_WR);
      both[0].fd = -1;
    }
  }
}

bool needs_text(const Options& o) {
  return !o.text && ((o.command == Command::kSend && !o.lines && o.files.empty()) || o.command == Command::kEdit);
}

// Returns the parameters as one object, with the data that only this process can read: standard input, passwords.
Result<std::string> params_of(const Options& options, const Call& call, int fd) {
  std::string out;
  const auto add = [&](const std::string& name, std::string_view value) {
    out.append(out.empty() ? "" : ",").append(json_quoted(name)).append(":").append(value);
  };
  for (const auto& [name, value] : call.params) add(name, value);
  add("stream", "true");
  if (needs_text(options)) {
    const Result<std::string> text = text_or_input(options);
    if (!text.ok()) return text.error();
    if (!valid_utf8(*text)) return err(Code::kLocalUsage, "the message is not UTF-8 text");
    add("text", json_quoted(*text));
  }
  if (options.command == Command::kPasswd || options.command == Command::kRekey ||
      options.command == Command::kAccount || options.lost) {
    RemoteCall status(fd, options.json);
    if (options.timeout_s) status.limit(*options.timeout_s);
    if (const int code = status.run("status", "{}", true); code != kExitOk) {
      return err(code == kExitTimeout ? Code::kLocalTimeout : Code::kLocalProfileInUse, "");
    }
    const Result<e2e::Secret> before = read_password(options, status.user(), false);
    if (!before.ok()) return before.error();
    add("password", json_quoted(before->view()));
    if (options.command == Command::kRekey) return "{" + out + "}";
    if (options.command == Command::kAccount) {
      if (const Result<> sure = confirm_deletion(options, status.user()); !sure.ok()) return sure.error();
      if (!options.yes) add("yes", "true");
      return "{" + out + "}";
    }
    const Result<e2e::Secret> next = read_new_password(options, status.user());
    if (!next.ok()) return next.error();
    add("new_password", json_quoted(next->view()));
  }
  return "{" + out + "}";
}

}  // namespace

int run_remotely(const Options& options, const Call& call, const rpc::Descriptor& holder, const Error& in_use,
                 const DrawCode& draw) {
  const Command command = options.command;
  if (command == Command::kSignUp || command == Command::kLogIn || command == Command::kDaemon) {
    return refuse_to_run(options, in_use);
  }
  if (command == Command::kRpc) return join_streams(holder.get());
  for (const auto& [name, value] : call.params) {
    if (!valid_utf8(value)) {
      return refuse_to_run(options, err(Code::kLocalUsage, "\"" + name + "\" is not UTF-8 text"));
    }
  }
  Result<std::string> params = params_of(options, call, holder.get());
  if (!params.ok()) {
    return params.error().text.empty() ? exit_code(params.code()) : refuse_to_run(options, params.error());
  }
  RemoteCall remote(holder.get(), options.json, draw);
  if (options.timeout_s) remote.limit(*options.timeout_s);
  const int status = remote.run(call.method, *params);
  e2e::cleanse(*params);
  return status;
}

}  // namespace fastchat::cli
