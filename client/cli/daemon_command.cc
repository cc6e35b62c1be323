// daemon and rpc: hold the profile. The connection stays up, and the Service answers other programs. `rpc` has standard
// input and output as its first connection.
#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

class DaemonCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override { connect(); }
  // Waits for a server that is away, however long.
  void on_offline(const client::ConnectionEvent&) override {}
  void on_interrupt() override { finish(kExitOk); }
  void on_timeout() override { finish(kExitOk); }
};

}  // namespace

std::unique_ptr<Runner> make_daemon(const Options& o) {
  return std::make_unique<DaemonCommand>(o);
}

}  // namespace fastchat::cli
