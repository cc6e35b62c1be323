// The base class of every command: a session, the deadline, and one way to end. A command overrides the functions that
// it needs, and knows neither whose process it runs in nor who reads its lines: its Host does. Lives on the thread of
// the host's loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/cli/exit_code.h"
#include "client/cli/host.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/quarantine_lines.h"
#include "client/session/session.h"
#include "common/loop.h"

namespace fastchat::cli {

// Time limits without --timeout: of a command that waits for an answer, and of one that makes or changes something.
constexpr double kAnswerTimeoutS = 30, kChangeTimeoutS = 60;

struct Ending {
  int status = 0;
  Code cause = Code::kOk;  // of the error; kOk: it ended without one, or without a code
};

class Runner : public client::Listener {
 public:
  explicit Runner(const Options& options) : options_(options) {}
  ~Runner() override;

  // Begins the command on an open profile. `host` lives longer.
  void begin_on(Host& host);
  // Ends the command. `error`: one line on standard error, or empty; `cause` names it in JSON, where kOk stands for the
  // usual cause of this exit status.
  void finish(int status, const std::string& error = "", Code cause = Code::kOk);
  void fail(const Error& error) { finish(exit_code(error.code), explain(error, server()), error.code); }
  // How it ends, once that is known.
  const std::optional<Ending>& ending() const { return ending_; }

  // At the end of each turn of the loop, after the session's, until the command ends.
  virtual void on_turn() {}
  virtual void on_interrupt() { finish(kExitUnexpected, "interrupted"); }

  void on_connection(const client::ConnectionEvent& event) override;
  void on_notice(const client::Notice& notice) override;

 protected:
  // Called once, the session open; the loop runs afterwards unless finish() was called.
  virtual void begin() = 0;
  // The session catches up or is live; on each (re)connect.
  virtual void on_attached() {}
  virtual void on_live() {}
  // The link is down, a retry comes. Default: commands that are not yet attached give up when the server refused or
  // could not be reached in all tries of a round.
  virtual void on_offline(const client::ConnectionEvent& event);
  // The deadline passed. Default: exit code 6.
  virtual void on_timeout();

  // Unlocks (asking for the password when it is not remembered) and connects; on_attached() follows.
  void connect();
  // Unlocks without a connection, then `then`.
  void unlocked(std::function<void()> then);

  // A line on standard error beside the work.
  void warn(const std::string& line) const { host_->warn(line); }
  // Turns an end with 0 into status 2: the last writes failed.
  void spoil(const std::string& error);
  bool finishing() const { return ending_.has_value(); }
  // Prints a line. One that cannot be written ends the command with status 2, whatever it ends with later: then false.
  bool print_line(const std::string& line);

  // (Re)starts the deadline; nothing when `seconds` is not positive.
  void deadline_in(double seconds);
  std::string server() const;
  // With --timeout: why there is no connection at the moment, for the line that says that time is up; may be empty.
  std::string offline_reason() const;

  // Makes a callback of the session that is not called once this command is gone: a shared session outlives commands.
  template <class Call>
  auto guarded(Call call) {
    return [tickets = &host_->tickets(), ticket = ticket_, call = std::move(call)](auto&&... values) {
      if (tickets->holds(ticket)) call(std::forward<decltype(values)>(values)...);
    };
  }

  const Options& options_;
  Host* host_ = nullptr;
  client::Session* session_ = nullptr;  // the host's
  bool was_live_ = false;               // the session was, once: what this device did not know yet has come

 private:
  std::optional<Ending> ending_;
  uint64_t ticket_ = 0;
  bool was_attached_ = false;
  int refusals_ = 0;
  std::optional<Error> offline_;  // why, while the link is down
  Loop::TimerId deadline_ = 0;
  QuarantineLines quarantine_lines_;
};

}  // namespace fastchat::cli
