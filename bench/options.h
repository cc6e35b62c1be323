// The command-line options. The names of workloads and options are those of the generator for other servers, so that
// one script and one table serve all.
#pragma once

#include <string>
#include <vector>

#include "bench/meter.h"
#include "common/result.h"

namespace fastchat::bench {

struct Options {
  std::string workload;  // w1 w2 w3 w4 w5 register probe
  bool bare = false;     // against the bare libzmq relay (bench/bare_relay.h) instead of FastChat
  bool zap = false;      // bare: handshakes pass a ZAP handler
  std::string invite;    // of a broker; needed unless bare
  std::string variant = "default";
  std::string prefix = "bench";                  // of user names
  std::string password = "correct horse bench";  // the accounts' secrets derive from it
  std::string out;                               // the file to which the JSON line is appended
  std::vector<Watched> pids;                     // servers
  int users = 100;
  int window = 16;   // messages without a confirmation, per sender
  int body = 300;    // bytes of an envelope
  int batch = 1024;  // the most sends in a frame
  double secs = 10, warm = 2, idle_secs = 3;
  int rate = 1000;                  // w2, messages a second in total
  bool bidir = false;               // both users of a pair send
  int groups = 10, members = 20;    // w3
  int msgs = 20'000, senders = 20;  // w4
  std::string phases = "setup,store,drain";
  int conc = 32;                   // logins in flight
  int logins = 2000, idle = 5000;  // w5

  bool phase(const char* name) const { return phases.find(name) != std::string::npos; }
};

// Parses the command line. Fails with Code::kOk and the text for --help, or with kLocalUsage and a text for a wrong
// line.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace fastchat::bench
