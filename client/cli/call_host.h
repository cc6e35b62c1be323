// The host of a command that a connection requested, inside the process that holds the profile. The command shares the
// holder's session, its lines go to the connection, and its end is an answer. Lives on the loop's thread; the Service
// owns it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/host.h"
#include "client/cli/runner.h"
#include "client/rpc/message.h"
#include "client/rpc/server.h"
#include "client/runtime/listeners.h"
#include "client/runtime/tickets.h"

namespace fastchat::cli {

// The parts of the holder that its calls use.
struct Holder {
  Loop& loop;
  client::Session& session;
  client::Listeners& listeners;
  std::function<void()> end;  // ends the process gracefully
  client::Tickets tickets{};
};

inline constexpr size_t kMaxResult = 8 * 1024 * 1024;  // bytes of an answer; a stream has no such bound

// A call as a connection made it.
struct CallRequest {
  std::string id;  // as JSON; empty: nobody waits for an answer
  std::string method;
  Options options;
  bool streams = false;                // each line is sent when it is printed
  e2e::Secret password, new_password;  // of passwd
};

class CallHost final : public Host {
 public:
  CallHost(Holder& holder, rpc::Peer& peer, CallRequest request);
  ~CallHost() override;

  void begin();
  // Runs at the end of each turn of the loop, after the session's. Returns true when the call is answered and may be
  // destroyed.
  bool turn();
  // Cancels the command, because its connection is gone. Nobody receives the rest.
  void peer_gone();
  // Answers with an error of the protocol, whatever result the command has later.
  void refuse(int code, const std::string& text);
  void cancel();
  // Gives the command the next piece of its standard input; empty: the end. Returns false when the command asked for
  // none.
  bool take_input(const std::string& piece);
  // Ends a command that runs until somebody ends it. A message that no server has taken yet is waited for. A send
  // answers itself how far its accepted message came; the others are refused.
  void end_with_holder(int code, const std::string& text);
  const rpc::Peer* peer() const { return peer_; }
  const std::string& id() const { return request_.id; }

  // ---- Host
  client::Session& session() override { return holder_.session; }
  Result<> print(const std::string& line) override;
  void warn(const std::string& line) override;
  bool takes_more() const override;
  void show_progress(const Progress& progress) override;
  void start() override;
  Result<e2e::Secret> password(WhichPassword which, const std::string& user) override;
  Result<std::string> text() override;
  void read_input(bool wanted, Input told) override;
  void finished(const Ending& ending, const std::string& error) override;
  void spoilt(const std::string& error) override { error_ = error; }
  void log_out() override { logs_out_ = true; }

 private:
  void notify(const char* what, const std::string& field);
  void answer();

  Holder& holder_;
  rpc::Peer* peer_;
  CallRequest request_;
  std::unique_ptr<Runner> runner_;
  std::vector<std::string> lines_;
  size_t bytes_ = 0;
  std::string error_;
  Input input_;
  Loop::TimerId timer_ = 0;
  int turns_after_ = -1;  // turns since the command finished; -1: it has not
  bool wants_input_ = false, asked_input_ = false, logs_out_ = false;
};

}  // namespace fastchat::cli
