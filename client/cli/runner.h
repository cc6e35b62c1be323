// The base class of every command: a loop, a session, the deadline, signals, and one way to end. A command overrides
// the functions that it needs. Lives on the main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/quarantine_lines.h"
#include "client/session/session.h"
#include "common/loop.h"

namespace fastchat::cli {

// Time limits without --timeout: of a command that waits for an answer, and of one that makes or changes something.
constexpr double kAnswerTimeoutS = 30, kChangeTimeoutS = 60;

class Runner : public client::Listener {
 public:
  explicit Runner(const Options& options) : options_(options) {}

  // Opens the profile, runs the command, answers the exit code.
  int run();

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
  virtual void on_turn() {}
  // The deadline passed. Default: exit code 6.
  virtual void on_timeout();
  virtual void on_interrupt() { finish(kExitUnexpected, "interrupted"); }

  // Unlocks (asking for the password when it is not remembered) and connects; on_attached() follows.
  void connect();
  // Unlocks without a connection, then `then`.
  void unlocked(std::function<void()> then);

  // Ends the program politely: settles the session, says bye. `error`: one line on standard error, or empty; `cause`
  // names it in JSON, where kOk stands for the usual cause of this exit status.
  void finish(int status, const std::string& error = "", Code cause = Code::kOk);
  // A line on standard error beside the work.
  void warn(const std::string& line) const { print_warning(line, options_.json); }
  // Turns an end with 0 into status 2: the last writes failed.
  void spoil(const std::string& error);
  void fail(const Error& error) { finish(exit_code(error.code), explain(error, server()), error.code); }
  bool finishing() const { return exit_.has_value(); }
  // Prints a line. One that cannot be written ends the command with status 2, whatever it ends with later: then false.
  bool print_line(const std::string& line);

  // False while options_.peer is a group that this device does not know yet: it may be just on its way.
  bool peer_known();
  // The recipient: options_.peer, or the current name of that group. Call after peer_known().
  const client::PeerName& peer() const { return peer_.empty() ? options_.peer : peer_; }

  // (Re)starts the deadline; nothing when `seconds` is not positive.
  void deadline_in(double seconds);
  std::string server() const;
  // With --timeout: why there is no connection at the moment, for the line that says that time is up; may be empty.
  std::string offline_reason() const;

  const Options& options_;
  Loop loop_;
  std::unique_ptr<client::Session> session_;

 private:
  void check_end();

  std::optional<int> exit_;
  int64_t give_up_us_ = 0;
  bool stopped_ = false;
  bool was_attached_ = false, was_live_ = false;
  Bytes group_;            // that is written to
  client::PeerName peer_;  // its name now
  int refusals_ = 0;
  std::optional<Error> offline_;  // why, while the link is down
  Loop::TimerId deadline_ = 0;
  QuarantineLines quarantine_lines_;
};

}  // namespace fastchat::cli
