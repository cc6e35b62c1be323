#include "bench/meter.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>

namespace fastchat::bench {
namespace {

struct ProcessStat {
  int parent = 0;
  double cpu_s = 0;
  uint64_t rss_kb = 0;
};

using File = std::unique_ptr<FILE, int (*)(FILE*)>;
File open_file(const std::string& path) {
  return {std::fopen(path.c_str(), "re"), &std::fclose};
}

std::string read_start(const std::string& path) {
  std::string text(4096, '\0');
  const File file = open_file(path);
  text.resize(file ? std::fread(text.data(), 1, text.size(), file.get()) : 0);
  return text;
}

// Parses /proc/PID/stat (proc(5)). The command name may hold spaces and brackets, so fields count from the last
// bracket.
bool parse_stat(const std::string& text, ProcessStat* out) {
  const size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return false;
  std::istringstream in(text.substr(bracket + 1));
  std::string field;
  uint64_t ticks = 0, pages = 0;
  for (int number = 3; number <= 24 && in >> field; ++number) {
    uint64_t value = 0;
    std::from_chars(field.data(), field.data() + field.size(), value);
    if (number == 4) out->parent = static_cast<int>(value);
    if (number >= 14 && number <= 17) ticks += value;  // utime stime cutime cstime
    if (number == 24) pages = value;
  }
  static const double kTicks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const auto kPageKb = static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
  out->cpu_s = static_cast<double>(ticks) / kTicks;
  out->rss_kb = pages * kPageKb;
  return bool(in);
}

std::map<int, ProcessStat> all_processes() {
  std::map<int, ProcessStat> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), &closedir);
  if (!folder) return all;
  while (const dirent* entry = readdir(folder.get())) {
    int pid = 0;
    const std::string name = entry->d_name;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), pid).ptr;
    if (end != name.data() + name.size()) continue;
    ProcessStat stat;
    if (parse_stat(read_start("/proc/" + name + "/stat"), &stat)) all[pid] = stat;
  }
  return all;
}

TreeUse tree_use(const std::map<int, ProcessStat>& all, int root) {
  TreeUse use;
  std::vector<int> open;
  if (all.count(root) != 0) open.push_back(root);
  while (!open.empty()) {
    const int pid = open.back();
    open.pop_back();
    use.cpu_s += all.at(pid).cpu_s;
    use.rss_kb += all.at(pid).rss_kb;
    for (const auto& [child, stat] : all) {
      if (stat.parent == pid && child != pid) open.push_back(child);
    }
  }
  return use;
}

double host_steal_s() {
  unsigned long long t[8] = {};
  const std::string text = read_start("/proc/stat");
  const int n = std::sscanf(text.c_str(), "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3],
                            &t[4], &t[5], &t[6], &t[7]);
  return n == 8 ? static_cast<double>(t[7]) / static_cast<double>(sysconf(_SC_CLK_TCK)) : 0;
}

double socket_pair_ns() {
  int fd[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0) return 0;
  char message[300] = {};
  constexpr int kCount = 50'000;
  const uint64_t begin = now_ns();
  int done = 0;
  while (done < kCount && write(fd[0], message, sizeof message) == sizeof message &&
         read(fd[1], message, sizeof message) == sizeof message) {
    ++done;
  }
  const uint64_t end = now_ns();
  close(fd[0]);
  close(fd[1]);
  return done == kCount ? static_cast<double>(end - begin) / kCount : 0;
}

}  // namespace

uint64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

Snapshot take_snapshot(const std::vector<Watched>& watched) {
  Snapshot s;
  const auto all = all_processes();
  for (const auto& [pid, stat] : all) s.all_cpu_s += stat.cpu_s;
  for (const Watched& w : watched) {
    s.each.push_back(tree_use(all, w.pid));
    s.servers.cpu_s += s.each.back().cpu_s;
    s.servers.rss_kb += s.each.back().rss_kb;
  }
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  s.gen_cpu_s = static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
                static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
  s.steal_s = host_steal_s();
  s.at_ns = now_ns();
  return s;
}

Speed machine_speed() {
  constexpr int kSteps = 20'000'000;
  uint64_t x = 88172645463325252u;
  const uint64_t begin = now_ns();
  for (int i = 0; i < kSteps; ++i) {  // xorshift: each step needs the result of the previous one
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  const volatile uint64_t keep = x;
  static_cast<void>(keep);
  const double alu = static_cast<double>(now_ns() - begin) / kSteps;
  return {alu, socket_pair_ns()};
}

}  // namespace fastchat::bench
