// What a command runs on: a loop, an open session, somewhere to print to. A command of its own process has a LocalHost,
// which opens the profile; a command that another process asked for has a CallHost (client/cli/call_host.h) inside the
// process that holds the profile. Lives on the loop's thread, longer than its command.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "client/cli/options.h"
#include "client/e2e/secret.h"
#include "client/session/session.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::cli {

// The commands that are there. A callback of the session may come after its command ended, and looks here first.
class Tickets {
 public:
  uint64_t take() { return *held_.insert(held_.end(), ++last_); }
  void give_back(uint64_t ticket) { held_.erase(ticket); }
  bool holds(uint64_t ticket) const { return held_.contains(ticket); }

 private:
  std::set<uint64_t> held_;
  uint64_t last_ = 0;
};

struct Ending;

enum class WhichPassword { kPresent, kNew, kOfNewAccount };

class Host {
 public:
  using Input = std::function<void(const Result<std::string_view>&)>;  // an empty piece is the end

  // Both live as long as this.
  Host(Loop& loop, Tickets& tickets) : loop_(loop), tickets_(tickets) {}
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Loop& loop() { return loop_; }
  Tickets& tickets() { return tickets_; }
  virtual client::Session& session() = 0;

  // Prints a line of the result, at once. Errors: the reader is gone, the disk is full.
  virtual Result<> print(const std::string& line) = 0;
  // A line on standard error beside the work.
  virtual void warn(const std::string& line) = 0;
  // False while the reader is slow: print more in a later turn.
  virtual bool takes_more() const { return true; }
  // A person watches, so that progress may be drawn on standard error.
  virtual bool has_terminal() const { return false; }

  // Connects an unlocked session; the command hears of each state of the link, also of the present one.
  virtual void start() = 0;
  // Goes on without a connection.
  virtual void stay_offline() = 0;
  virtual Result<e2e::Secret> password(WhichPassword which, const std::string& user) = 0;
  // The message of the command: its argument, or all of standard input. kLocalUsage, kLocalDisk.
  virtual Result<std::string> text() = 0;
  // Calls with each piece of standard input while it is wanted.
  virtual void read_input(bool wanted, Input told) = 0;

  // The command said how it ends: `error` is its line on standard error, or empty. Its last writes are not on disk yet.
  virtual void finished(const Ending& ending, const std::string& error) = 0;
  // After finished(): the last writes failed, and the exit status is another one.
  virtual void spoilt(const std::string& error) = 0;
  // The profile is logged out: whoever holds it ends.
  virtual void log_out() = 0;

 private:
  Loop& loop_;
  Tickets& tickets_;
};

}  // namespace fastchat::cli
