#include "bench/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

#include "bench/body.h"
#include "common/names.h"
#include "common/wire.h"

namespace fastchat::bench {
namespace {

const std::set<std::string> kWorkloads = {"w1", "w2", "w3", "w4", "w5", "register", "probe"};

// Parses "worker=12,broker=34" or "12,34".
std::vector<Watched> parse_pids(const std::string& text) {
  std::vector<Watched> out;
  if (text.empty()) return out;
  for (const std::string& item : CLI::detail::split(text, ',')) {
    const size_t sign = item.find('=');
    Watched w;
    if (sign != std::string::npos) w.label = item.substr(0, sign);
    const std::string number = sign == std::string::npos ? item : item.substr(sign + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), w.pid);
    if (error != std::errc() || end != number.data() + number.size() || w.pid <= 0) {
      throw CLI::ValidationError("--pids", "\"" + item + "\" is not a process id");
    }
    out.push_back(w);
  }
  return out;
}

void add_traffic(CLI::App& app, Options& o, std::string& envelope) {
  const CLI::Range positive(1, 1'000'000);
  app.add_option("--users", o.users, "connected users (100); w4: users who are away; register: accounts")
      ->check(positive);
  app.add_option("--window", o.window, "messages without a confirmation, per sender (16)")
      ->check(CLI::Range(1, static_cast<int>(wire::kMaxInFlight)));
  app.add_option("--body", o.body, "bytes of an envelope (300)")
      ->check(CLI::Range(static_cast<int>(kHeadSize), static_cast<int>(wire::kMaxEnvelope)));
  app.add_option("--envelope", envelope, "real: as large as the sealed envelope of a line of text")
      ->check(CLI::IsMember({"real"}));
  app.add_option("--batch", o.batch, "messages in a frame at most (1024; bare: also the relay's)")
      ->check(CLI::Range(1, static_cast<int>(wire::kMaxSendsPerFrame)));
  app.add_option("--secs", o.secs, "measured seconds (10)")->check(CLI::PositiveNumber);
  app.add_option("--warm", o.warm, "seconds before (2)")->check(CLI::NonNegativeNumber);
  app.add_option("--rate", o.rate, "w2: messages a second in total (1000)")->check(positive);
  app.add_flag("--bidir", o.bidir, "both users of a pair send");
  app.add_option("--groups", o.groups, "w3 (10)")->check(CLI::Range(1, 65'535));
  app.add_option("--members", o.members, "w3: members of each group (20)")
      ->check(CLI::Range(2, static_cast<int>(wire::kMaxGroupMembers)));
  app.add_option("--msgs", o.msgs, "w4: messages stored (20000)")->check(CLI::Range(1, 100'000'000));
  app.add_option("--senders", o.senders, "w4 (20)")->check(positive);
  app.add_option("--phases", o.phases, "w4: of setup,store,drain");
}

void add_connections(CLI::App& app, Options& o) {
  const CLI::Range positive(1, 1'000'000);
  app.add_option("--conc", o.conc, "logins under way at a time (32)")->check(positive);
  app.add_option("--logins", o.logins, "w5: timed logins (2000)")->check(positive);
  app.add_option("--idle", o.idle, "w5: idle users (5000)")->check(positive);
  app.add_option("--idle-secs", o.idle_secs, "w5: seconds of watching them (3)")->check(CLI::PositiveNumber);
  app.add_flag("--zap", o.zap, "bare: libzmq asks a handler about every handshake, as in FastChat's servers");
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Options o;
  std::vector<std::string> what;
  std::string envelope, pids;
  CLI::App app{"Load generator for FastChat. Prints one JSON object; docs/performance.md explains the workloads.",
               "fastchat-bench"};
  app.add_option("workload", what, "[bare] w1|w2|w3|w4|w5|register|probe; bare: against a bare libzmq relay")
      ->required()
      ->expected(1, 2);
  app.add_option("--invite", o.invite, "the broker's invite line")->envname("FASTCHAT_INVITE");
  app.add_option("--pids", pids, "processes of the server: 12,34 or worker=12,broker=34");
  app.add_option("--out", o.out, "append the result to this file");
  app.add_option("--variant", o.variant, "name of this configuration in the result");
  app.add_option("--prefix", o.prefix, "of user names (bench): bench00000, bench00001 ...");
  app.add_option("--password", o.password, "password of the accounts, the same as at register");
  add_traffic(app, o, envelope);
  add_connections(app, o);
  try {
    app.parse(argc, argv);
    o.pids = parse_pids(pids);
  } catch (const CLI::CallForHelp&) {
    return err(Code::kOk, app.help());
  } catch (const CLI::ParseError& e) {
    return err(Code::kLocalUsage, e.what());
  } catch (const std::logic_error&) {  // as in common/config.cc
    return err(Code::kLocalUsage, "a flag has a value that is neither true nor false");
  }
  o.bare = what[0] == "bare";
  o.workload = what.back();
  if (o.bare != (what.size() == 2)) return err(Code::kLocalUsage, "expected a workload, or bare and a workload");
  if (kWorkloads.count(o.workload) == 0) return err(Code::kLocalUsage, "unknown workload " + o.workload);
  if (o.bare && (o.workload == "w4" || o.workload == "register")) {
    return err(Code::kLocalUsage, "a bare relay has no " + o.workload + ": it stores nothing");
  }
  if (!o.bare && o.invite.empty()) return err(Code::kLocalUsage, "--invite or FASTCHAT_INVITE is missing");
  if (!valid_user_name(o.prefix + "00000")) return err(Code::kLocalUsage, "--prefix does not give valid user names");
  if (envelope == "real") o.body = static_cast<int>(kRealEnvelope);
  if (o.workload == "w1" || o.workload == "w2") o.users = std::max(2, o.users / 2 * 2);
  return o;
}

}  // namespace fastchat::bench
