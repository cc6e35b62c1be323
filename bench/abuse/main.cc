// fastchat-abuse: honest people, or one attack. bench/abuse/run sends commands to both on standard input and reads a
// JSON line for each answer. Exit status 0, 1 for a wrong command line, 3 when the server could not be used.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <sstream>

#include "bench/abuse/attack.h"
#include "bench/abuse/commands.h"
#include "bench/abuse/honest.h"
#include "bench/fail.h"
#include "bench/meter.h"
#include "common/process.h"

namespace fastchat::bench::abuse {
namespace {

constexpr uint64_t kOpenFiles = 1 << 14, kTurnNs = 20'000'000, kAnswerNs = 60'000'000'000;

// Obeys the commands "measure quiet 10", "log-ins quiet 5", "end".
void run_honest(const std::string& invite, const HonestOptions& options) {
  Honest honest(invite, options);
  honest.prepare();
  Commands commands;
  for (;;) {
    const auto line = commands.next();
    if (!line) {
      honest.rest();
      continue;
    }
    std::istringstream words(*line);
    std::string what, label;
    double seconds = 0;
    words >> what >> label >> seconds;
    if (what == "measure") {
      honest.measure(label, seconds);
    } else if (what == "log-ins") {
      honest.log_ins(label, seconds);
    } else if (what == "end") {
      return honest.finish();
    } else {
      fail("unknown command \"" + *line + "\"");
    }
  }
}

// Prepares, reports that, and waits for a line. Then attacks until "end", and until the first answer on a busy machine.
void run_attack(const AttackOptions& options) {
  const auto attack = make_attack(options);
  if (!attack) fail("no attack has the name " + options.name);
  attack->prepare();
  say(Json().add("attack", options.name).str());
  Commands commands;
  bool began = false;
  std::optional<uint64_t> patience_ns;  // the deadline, set when "end" was read
  for (;;) {
    const auto line = commands.next();
    const uint64_t now = now_ns();
    if (line == "end" && !patience_ns) patience_ns = now + kAnswerNs;
    if (patience_ns && (!began || attack->answered() || now >= *patience_ns)) break;
    began = began || line.has_value();
    if (began) attack->go_on(now);
    attack->turn(now + kTurnNs);
  }
  say(attack->report());
}

int main(int argc, const char* const* argv) {
  AttackOptions attack;
  HonestOptions& honest = attack.honest;
  std::string invite;
  CLI::App app{"Honest people, or one attack (D1 to D10), for bench/abuse/run; docs/performance.md explains them.",
               "fastchat-abuse"};
  app.add_option("what", attack.name, "honest, or the attack")->required();
  app.add_option("--invite", invite, "the broker's invite line")->required()->envname("FASTCHAT_INVITE");
  app.add_option("--prefix", honest.prefix, "prefix of the honest users' names (honest)");
  app.add_option("--block", honest.block, "second number of their addresses (200)")->check(CLI::Range(1, 219));
  app.add_option("--pairs", honest.pairs, "honest pairs (40)")->check(CLI::Range(1, 10'000));
  app.add_option("--rate", honest.rate, "messages a second of a pair (10)")->check(CLI::Range(1, 1000));
  app.add_option("--guests", honest.guests, "honest users who log in and out (200)")->check(CLI::Range(1, 10'000));
  app.add_option("--patience", honest.patience, "seconds that the last messages have (60)")->check(CLI::PositiveNumber);
  app.add_option("--victim", attack.victim, "the name of the client that D10 writes to");
  app.add_option("--scale", attack.scale, "factor for the size of an attack (1)")->check(CLI::Range(0.0001, 10.0));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::printf("%s\n", app.help().c_str());
    return 0;
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  ignore_sigpipe();
  if (auto files = raise_open_files(kOpenFiles); !files) std::fprintf(stderr, "%s\n", files.error().text.c_str());
  attack.invite = invite;
  if (attack.name == "honest") {
    run_honest(invite, honest);
  } else {
    run_attack(attack);
  }
  return 0;
}

}  // namespace
}  // namespace fastchat::bench::abuse

int main(int argc, char** argv) {
  return fastchat::bench::abuse::main(argc, argv);
}
