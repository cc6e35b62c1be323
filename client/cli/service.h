// The service of a profile's holder: JSON-RPC on the profile's socket, and on standard input and output for `fastchat
// rpc`. Each method that is a command runs as a CallHost on the holder's session. Service answers the other methods
// itself. Lives on the loop's thread: made after the session, destroyed before the loop. The loop has no turn after
// that.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/call_host.h"
#include "client/cli/options.h"
#include "client/cli/subscriptions.h"
#include "client/rpc/message.h"
#include "client/rpc/server.h"
#include "client/session/serving.h"
#include "client/session/session.h"
#include "common/loop.h"

namespace fastchat::cli {

// Makes the object that serves the windows of a profile. `end` ends the process gracefully.
using StartWindows =
    std::function<std::unique_ptr<rpc::MoreMethods>(client::OpenProfile& profile, std::function<void()> end)>;

inline constexpr size_t kMaxCalls = 256, kMaxCallsOfOne = 64;  // at a time: of all connections, and of one

class Service final : public client::Serving, public rpc::LineHandler {
 public:
  // `options`: the profile's folder and downloads folder, for the commands. `windows` may be empty. `end` ends the
  // process gracefully.
  Service(Loop& loop, client::OpenProfile& profile, const Options& options, const StartWindows& windows,
          std::function<void()> end);
  ~Service() override;

  // Makes the socket. Fails with kLocalDisk.
  Result<> open();
  // Serves a connection over copies of two descriptors. Calls `gone` when the connection ends.
  void serve_streams(int in, int out, std::function<void()> gone);
  void end() override;
  bool ended() const override { return ended_ && calls_.empty(); }

  // ---- LineHandler
  void on_line(rpc::Peer& peer, std::string line) override;
  void on_end_of_lines(rpc::Peer& peer) override;
  void on_drained(rpc::Peer&) override {}
  void on_gone(rpc::Peer& peer) override;

 private:
  struct Later {
    rpc::Peer* peer;
    std::string line;
    bool fresh = true;
  };

  void turn();
  void forget_gone();
  void end_finished_peers();
  void wake();
  void call(rpc::Peer& peer, rpc::Request request);
  Result<CallRequest> read_call(rpc::Request& request);
  // Runs a method that is no command; returns nullopt for any other method.
  std::optional<Result<std::string>> own_method(rpc::Peer& peer, const rpc::Request& request);
  Result<std::string> steer(rpc::Peer& peer, const rpc::Request& request);
  void answer(rpc::Peer& peer, const rpc::Request& request, const Result<std::string>& result);
  size_t calls_of(const rpc::Peer& peer) const;
  CallHost* find(const rpc::Peer& peer, const std::string& id);

  Holder holder_;
  const Options profile_;
  Subscriptions subscriptions_;
  std::unique_ptr<rpc::MoreMethods> windows_;  // or null
  rpc::Server server_;
  std::vector<std::unique_ptr<CallHost>> calls_;
  std::vector<Later> later_;
  std::vector<rpc::Peer*> ending_, gone_;
  rpc::Peer* streams_ = nullptr;
  std::function<void()> streams_gone_;
  Loop::TimerId timer_ = 0;
  bool ended_ = false;
};

// Serves the profile for a program that is not of the command line. Returns null when the socket cannot be made.
std::unique_ptr<client::Serving> start_serving(Loop& loop, client::OpenProfile& profile, const Options& options,
                                               const StartWindows& windows, std::function<void()> end);

}  // namespace fastchat::cli
