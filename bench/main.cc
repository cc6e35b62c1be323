// fastchat-bench: the command line, the chosen workload, one line of JSON. Exit status 0, 1 for a wrong command line, 3
// when the server could not be used.
#include <cstdio>

#include "bench/bench.h"
#include "bench/group_load.h"
#include "bench/idle_load.h"
#include "bench/offline_load.h"
#include "bench/pair_load.h"
#include "common/process.h"
#include "common/standard_streams.h"

namespace fastchat::bench {
namespace {

constexpr uint64_t kOpenFiles = 1 << 17;

void run(Bench& bench) {
  const std::string& workload = bench.options().workload;
  if (workload == "w1") PairLoad(bench).run_w1();
  if (workload == "w2") PairLoad(bench).run_w2();
  if (workload == "w3") GroupLoad(bench).run();
  if (workload == "w4") OfflineLoad(bench).run();
  if (workload == "w5") IdleLoad(bench).run_w5();
  if (workload == "register") IdleLoad(bench).run_register();
  if (workload == "probe") IdleLoad(bench).run_probe();
}

int main(int argc, const char* const* argv) {
  auto options = parse_options(argc, argv);
  if (!options) {
    const bool help = options.code() == Code::kOk;
    std::fprintf(help ? stdout : stderr, "%s\n", options.error().text.c_str());
    return help ? 0 : 1;
  }
  ignore_sigpipe();
  if (auto files = raise_open_files(kOpenFiles); !files) std::fprintf(stderr, "%s\n", files.error().text.c_str());
  Bench bench(std::move(*options));
  run(bench);
  return 0;
}

}  // namespace
}  // namespace fastchat::bench

int main(int argc, char** argv) {
  fastchat::open_standard_streams();
  return fastchat::bench::main(argc, argv);
}
