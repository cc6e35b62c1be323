// The base class of every command: a session, the deadline, and one way to end. A command overrides the functions that
// it needs. Only its Host depends on the process that runs the command and on the reader of its lines. Lives on the
// thread of the host's loop.
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

// Time limits in seconds without --timeout: of a command that waits for an answer, and of a command that makes or
// changes something.
constexpr double kAnswerTimeoutS = 30, kChangeTimeoutS = 60, kAuditTimeoutS = 600;

struct Ending {
  int status = 0;
  Code cause = Code::kOk;  // of the error; kOk: no error, or an error without a code
};

class Runner : public client::Listener {
 public:
  explicit Runner(const Options& options) : options_(options) {}
  ~Runner() override;

  // Begins the command on an open profile. `host` outlives the command.
  void begin_on(Host& host);
  // Ends the command. `error`: one line on standard error, or empty. `cause`: the code of the error in JSON; kOk stands
  // for the usual cause of this exit status.
  void finish(int status, const std::string& error = "", Code cause = Code::kOk);
  virtual void fail(const Error& error) { finish(exit_code(error.code), explain(error, server()), error.code); }
  // Returns the end of the command, once that is known.
  const std::optional<Ending>& ending() const { return ending_; }

  // Called at the end of each turn of the loop, after the session's, until the command ends.
  virtual void on_turn() {}
  virtual void on_interrupt() { finish(kExitUnexpected, "interrupted"); }

  void on_connection(const client::ConnectionEvent& event) override;
  void on_notice(const client::Notice& notice) override;

 protected:
  // Called once, with the session open. The loop runs afterwards unless finish() was called.
  virtual void begin() = 0;
  // Called on each connect and reconnect, when the session catches up or is live.
  virtual void on_attached() {}
  virtual void on_live() {}
  // Called when the link is down and a retry follows. Default: a command that is not yet attached gives up when the
  // server refused or could not be reached in all tries of a round.
  virtual void on_offline(const client::ConnectionEvent& event);
  // Called when the deadline passed. Default: exit code 6.
  virtual void on_timeout();

  // Unlocks (asking for the password when it is not remembered) and connects; on_attached() follows.
  void connect();
  // Unlocks without a connection, then calls `then`.
  void unlocked(std::function<void()> then);

  // Prints a line on standard error beside the result.
  void warn(const std::string& line) const { host_->warn(line); }
  // Turns an end with 0 into status 2: the last writes failed.
  void spoil(const std::string& error);
  bool finishing() const { return ending_.has_value(); }
  // Prints a line. A line that cannot be written ends the command with status 2, whatever result it would have later.
  // Returns false then.
  bool print_line(const std::string& line);

  // Starts the deadline again; removes it when `seconds` is not positive.
  void deadline_in(double seconds);
  std::string server() const;
  // Returns the reason that there is no connection at the moment, for the line about the timeout; empty when there is
  // none.
  std::string offline_reason() const;

  // Makes a callback of the session that does nothing once this command is gone: a shared session outlives commands.
  template <class Call>
  auto guarded(Call call) {
    return host_->tickets().guarded(ticket_, std::move(call));
  }

  const Options& options_;
  Host* host_ = nullptr;
  client::Session* session_ = nullptr;  // the host's
  bool was_live_ = false;               // the session was live once: earlier messages and groups have arrived

 private:
  std::optional<Ending> ending_;
  uint64_t ticket_ = 0;
  bool was_attached_ = false;
  int refusals_ = 0;
  std::optional<Error> offline_;  // the reason, while the link is down
  Loop::TimerId deadline_ = 0;
  QuarantineLines quarantine_lines_;
};

}  // namespace fastchat::cli
