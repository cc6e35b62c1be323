// sim: runs schedules and reports the seeds that break a rule.
//
//   sim --seed N [--verbose]        one schedule; with --verbose all that happens
//   sim --runs K --from S           K schedules, each in a process of its own
//   sim --seeds FILE                the seeds of a list: a number, then its reason
//   sim --must-fail NAME [--runs K] breaks a rule on purpose: passes when a schedule breaks a rule
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sim/schedule.h"
#include "tests/sim/session_schedule.h"

namespace fastchat::sim {
namespace {

constexpr unsigned kMaxSeconds = 120;  // real seconds, for one schedule
constexpr int kRuleBroken = 3;         // the exit status of a child; a sanitizer ends a program with 1

// The result of a schedule in a process of its own. kNone: the process died, or its time was over.
enum class Verdict { kHolds, kBroken, kNone };

struct Options {
  std::optional<uint64_t> seed;
  uint64_t runs = 0, from = 1;
  std::string seeds, must_fail;
  bool verbose = false;
};

// Returns the folder for the folders of clients, in memory where the system has such a place.
std::string scratch(pid_t of) {
  const std::filesystem::path memory = "/dev/shm";
  const auto root = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  return root / ("fastchat-sim-" + std::to_string(of));
}

Outcome outcome_of(uint64_t seed, Trace trace, Sabotage sabotage) {
  if (seed < kFirstSessionSeed) return Schedule(seed, trace, sabotage).run();
  return SessionSchedule(seed, trace, sabotage, scratch(getpid())).run();
}

bool run_one(uint64_t seed, Trace trace, Sabotage sabotage) {
  const Outcome first = outcome_of(seed, trace, sabotage);
  if (first.ok) {
    if (trace == Trace::kAll) std::printf("settled in %lld ms\n", static_cast<long long>(first.settled_ms));
    return true;
  }
  std::printf("seed %llu breaks: %s\n  %s\n  %s\n", static_cast<unsigned long long>(seed), first.rule.c_str(),
              first.text.c_str(), first.knobs.c_str());
  std::fflush(stdout);
  if (trace == Trace::kAll || sabotage != Sabotage::kNone) return false;
  // Runs the seed once more and keeps the events: a seed always does the same.
  const Outcome told = outcome_of(seed, Trace::kLast, sabotage);
  if (told.text != first.text) std::printf("  and another rule when it was run again: %s\n", told.text.c_str());
  for (size_t i = told.last_lines.size() > 25 ? told.last_lines.size() - 25 : 0; i < told.last_lines.size(); ++i) {
    std::printf("    %s\n", told.last_lines[i].c_str());
  }
  return false;
}

// Prints the reason why a schedule has no result.
void print_end(uint64_t seed, int status) {
  std::printf("seed %llu ", static_cast<unsigned long long>(seed));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    std::printf("has no result: it took longer than %u real seconds\n", kMaxSeconds);
  } else if (WIFSIGNALED(status)) {
    std::printf("ends by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else {
    std::printf("ends with status %d\n", WEXITSTATUS(status));
  }
}

// Runs the schedule in a child, so that a check that aborts or a loop without end costs one schedule and names its
// seed.
Verdict run_apart(uint64_t seed, Sabotage sabotage) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kMaxSeconds);
    const bool ok = run_one(seed, Trace::kOff, sabotage);
    std::fflush(stdout);
    _exit(ok ? 0 : kRuleBroken);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::filesystem::remove_all(scratch(child));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Verdict::kHolds;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kRuleBroken) return Verdict::kBroken;
  print_end(seed, status);
  return Verdict::kNone;
}

std::vector<uint64_t> read_seeds(const std::string& path) {
  std::vector<uint64_t> seeds;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    uint64_t seed = 0;
    if (std::istringstream(line) >> seed) seeds.push_back(seed);
  }
  return seeds;
}

std::vector<uint64_t> seeds_of(const Options& o) {
  if (!o.seeds.empty()) return read_seeds(o.seeds);
  std::vector<uint64_t> seeds;
  for (uint64_t i = 0; i < o.runs; ++i) seeds.push_back(o.from + i);
  return seeds;
}

bool parse(int argc, char** argv, Options* o) {
  const auto number = [](const char* text, uint64_t* out) {
    const char* end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, *out);
    return error == std::errc() && at == end;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--verbose") {
      o->verbose = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const char* value = argv[++i];
    uint64_t n = 0;
    if (arg == "--seeds") {
      o->seeds = value;
    } else if (arg == "--must-fail") {
      o->must_fail = value;
    } else if (!number(value, &n)) {
      return false;
    } else if (arg == "--seed") {
      o->seed = n;
    } else if (arg == "--runs") {
      o->runs = n;
    } else if (arg == "--from") {
      o->from = n;
    } else {
      return false;
    }
  }
  return o->seed || o->runs != 0 || !o->seeds.empty();
}

// Runs the schedules one after another and returns true when no one fails. Of a sabotage, returns true when a schedule
// breaks a rule, and ends there: a schedule without a result noticed nothing.
bool run_all(const std::vector<uint64_t>& seeds, Sabotage sabotage) {
  const bool must_fail = sabotage != Sabotage::kNone;
  size_t ran = 0, broken = 0, none = 0;
  for (const uint64_t seed : seeds) {
    const Verdict verdict = run_apart(seed, sabotage);
    ++ran;
    broken += verdict == Verdict::kBroken ? 1 : 0;
    none += verdict == Verdict::kNone ? 1 : 0;
    if (must_fail && broken > 0) break;
  }
  std::printf("%zu schedules, %zu failed, %zu without a result\n", ran, broken, none);
  if (must_fail) return broken > 0;
  return broken + none == 0 && ran > 0;
}

int run(const Options& o) {
  Sabotage sabotage = Sabotage::kNone;
  if (!o.must_fail.empty()) {
    const auto named = sabotage_named(o.must_fail);
    if (!named) return 2;
    sabotage = *named;
  }
  if (o.seed) return run_one(*o.seed, o.verbose ? Trace::kAll : Trace::kOff, sabotage) ? 0 : 1;
  return run_all(seeds_of(o), sabotage) ? 0 : 1;
}

}  // namespace
}  // namespace fastchat::sim

int main(int argc, char** argv) {
  fastchat::sim::Options options;
  if (!fastchat::sim::parse(argc, argv, &options)) {
    std::fprintf(stderr, "usage: sim --seed N [--verbose] | --runs K [--from S] | --seeds FILE [--must-fail NAME]\n");
    return 2;
  }
  return fastchat::sim::run(options);
}
