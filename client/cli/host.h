// The host of a command: a loop, an open session and an output. A command in its own process has a LocalHost, which
// opens the profile. A command that another process requested has a CallHost (client/cli/call_host.h) inside the
// process that holds the profile. Lives on the loop's thread, longer than its command.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "client/cli/options.h"
#include "client/cli/progress.h"
#include "client/e2e/secret.h"
#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::cli {

struct Ending;

// kToDelete: the person confirms first that the account shall be deleted.
enum class WhichPassword { kPresent, kNew, kOfNewAccount, kToDelete };

class Host {
 public:
  using Input = std::function<void(const Result<std::string_view>&)>;  // an empty piece is the end

  // `loop` and `tickets` live as long as the Host.
  Host(Loop& loop, client::Tickets& tickets) : loop_(loop), tickets_(tickets) {}
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Loop& loop() { return loop_; }
  client::Tickets& tickets() { return tickets_; }
  virtual client::Session& session() = 0;

  // Prints a line of the result, at once. Errors: the reader is gone, the disk is full.
  virtual Result<> print(const std::string& line) = 0;
  // Calls `call` once the lines printed so far left this process.
  virtual void when_written(std::function<void()> call) { call(); }
  void mark_seen_once_written(const client::ChatMessage& message) {
    when_written([this, message] { session().mark_seen(message); });
  }
  // Prints a line on standard error beside the result.
  virtual void warn(const std::string& line) = 0;
  // Returns false while the reader is slow. The command then prints more in a later turn.
  virtual bool takes_more() const { return true; }
  // Shows the progress to a person who watches standard error, in place of the progress before. Does nothing when
  // nobody watches.
  virtual void show_progress(const Progress& progress) = 0;

  // Connects an unlocked session. The command gets each state of the link, also the present state.
  virtual void start() = 0;
  // Goes on without a connection of its own.
  virtual void stay_offline() {}
  virtual Result<e2e::Secret> password(WhichPassword which, const std::string& user) = 0;
  // Returns the message of the command: its argument, or all of standard input. Fails with kLocalUsage or kLocalDisk.
  virtual Result<std::string> text() = 0;
  // Calls `told` with each piece of standard input while `wanted` is true.
  virtual void read_input(bool wanted, Input told) = 0;

  // Called when the command reports its end. `error`: its line on standard error, or empty. The command's last writes
  // are not on disk yet.
  virtual void finished(const Ending& ending, const std::string& error) = 0;
  // Called after finished() when the last writes failed: the exit status has changed.
  virtual void spoilt(const std::string& error) = 0;
  // Ends the holder, because the profile is logged out.
  virtual void log_out() = 0;

 private:
  Loop& loop_;
  client::Tickets& tickets_;
};

}  // namespace fastchat::cli
