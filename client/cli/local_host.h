// The host of a command that opens the profile itself: its own loop, standard output, signals, one graceful end.
// Commands that stay (listen, daemon, rpc) serve the profile to other programs meanwhile, so their output never waits
// for its reader.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "client/cli/host.h"
#include "client/cli/output.h"
#include "client/cli/output_queue.h"
#include "client/cli/runner.h"
#include "client/cli/service.h"
#include "client/runtime/tickets.h"
#include "client/session/serving.h"

namespace fastchat::cli {

class LocalHost final : public Host {
 public:
  // `windows`: makes the object that serves windows while the command stays; may be empty. `draw`: draws each line in
  // front of it; may be empty.
  LocalHost(const Options& options, StartWindows windows, DrawCode draw)
      : Host(loop_, tickets_), options_(options), windows_(std::move(windows)), draw_(std::move(draw)) {}

  // Opens the profile. kLocalProfileInUse and the other errors of Session::open(); kLocalUsage for a bad invite line.
  Result<> open();
  // Runs the command to its end and returns its exit status.
  int run(Runner& runner);

  client::Session& session() override { return *profile_.session; }
  Result<> print(const std::string& line) override;
  void when_written(std::function<void()> call) override { output_.when_written(std::move(call)); }
  void warn(const std::string& line) override { complain(warning_line(line, options_.json)); }
  bool takes_more() const override { return output_.takes_more(); }
  void show_progress(const Progress& progress) override { progress_.draw(progress); }
  void start() override { profile_.session->start(); }
  void stay_offline() override { profile_.session->stop(); }
  Result<e2e::Secret> password(WhichPassword which, const std::string& user) override;
  Result<std::string> text() override;
  void read_input(bool wanted, Input told) override;
  void finished(const Ending& ending, const std::string& error) override;
  void spoilt(const std::string& error) override;
  void log_out() override {}

 private:
  void serve(Runner& runner);
  void complain(const std::string& line);
  void end_when_printed();
  void check_end();

  const Options& options_;
  client::Tickets tickets_;
  Loop loop_;
  const StartWindows windows_;
  const DrawCode draw_;
  client::OpenProfile profile_;
  OutputQueue output_{loop_, STDOUT_FILENO}, errors_{loop_, STDERR_FILENO};
  ProgressLine progress_;
  bool reading_ = false, finished_ = false, stopped_ = false, interrupted_ = false, ends_now_ = false;
  int64_t give_up_us_ = 0;
};

// Prints the error that keeps a command from running, as text or as JSON (`options`), and returns its exit status.
int refuse_to_run(const Options& options, const Error& error);

}  // namespace fastchat::cli
