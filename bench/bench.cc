#include "bench/bench.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "bench/bare_driver.h"
#include "bench/fail.h"
#include "bench/fastchat_driver.h"

namespace fastchat::bench {
namespace {

constexpr uint64_t kSweepNs = 1'000'000'000;
constexpr uint64_t kLoginTurnNs = 100'000'000;

int users_of(const Options& o) {
  if (o.workload == "w3") return o.groups * o.members;
  if (o.workload == "w4") return o.users + o.senders;
  if (o.workload == "w5") return o.idle;
  if (o.workload == "probe") return 1;
  return o.users;
}

double per_million(double seconds, uint64_t count) {
  return count == 0 ? 0 : seconds / static_cast<double>(count) * 1e6;
}

}  // namespace

Bench::Bench(Options options)
    : options_(std::move(options)),
      accounts_(options_.prefix, options_.password),
      users_(users_of(options_)),
      relay_(options_.bare ? std::make_unique<BareRelay>(static_cast<size_t>(users_),
                                                         static_cast<size_t>(options_.batch), options_.zap)
                           : nullptr),
      watched_(relay_ ? std::vector<Watched>{{"relay", relay_->pid()}} : options_.pids),
      speed_(options_.workload[0] == 'w' ? machine_speed() : Speed{}) {
  driver_ = make_driver();
  hub_.set_events(driver_.get());
  links_.resize(static_cast<size_t>(users_));
}

std::unique_ptr<Driver> Bench::make_driver() {
  const auto users = static_cast<size_t>(users_), batch = static_cast<size_t>(options_.batch);
  if (relay_) return std::make_unique<BareDriver>(hub_, *this, relay_->endpoint(), relay_->key(), users, batch);
  auto invite = parse_invite_line(options_.invite);
  if (!invite) fail(invite.error().text);
  FastchatDriver::Config config;
  config.broker = std::move(*invite);
  config.users = users_;
  config.batch = batch;
  config.sign_up = options_.workload == "register";
  return std::make_unique<FastchatDriver>(hub_, *this, accounts_, std::move(config));
}

Link& Bench::link(int user) {
  auto& link = links_[static_cast<size_t>(user)];
  if (!link) link = std::make_unique<Link>(user);
  return *link;
}

void Bench::turn(uint64_t until_ns) {
  const uint64_t now = now_ns();
  if (now >= next_sweep_ns_) {
    next_sweep_ns_ = now + kSweepNs;
    for (const auto& link : links_) {
      if (link && hub_.is_open(*link)) driver_->keep_alive(*link, now);
    }
  }
  hub_.turn(std::min(until_ns, next_sweep_ns_));
}

void Bench::spin(double seconds) {
  const uint64_t end = now_ns() + seconds_ns(seconds);
  while (now_ns() < end) turn(end);
}

void Bench::login(int first, int count, double limit_s) {
  const int base = ready_;
  int started = 0;
  const uint64_t end = now_ns() + seconds_ns(limit_s);
  while (ready_ - base < count) {
    while (started < count && started - (ready_ - base) < options_.conc) driver_->login(link(first + started++));
    turn(now_ns() + kLoginTurnNs);
    if (now_ns() > end) {
      fail("login timed out: " + std::to_string(ready_ - base) + " of " + std::to_string(count) + " after " +
           std::to_string(static_cast<int>(limit_s)) + " s");
    }
  }
}

void Bench::make_group(Members members, double limit_s) {
  const int base = groups_;
  const uint64_t end = now_ns() + seconds_ns(limit_s);
  driver_->make_group(link(members.first), members);
  while (groups_ == base) {
    turn(now_ns() + kLoginTurnNs);
    if (now_ns() > end) fail("no answer about a group after " + std::to_string(static_cast<int>(limit_s)) + " s");
  }
}

void Bench::logout_all() {
  for (const auto& link : links_) {
    if (link && hub_.is_open(*link)) driver_->logout(*link);
  }
}

void Bench::on_ready(Link& link) {
  ++ready_;
  if (options_.workload == "register") driver_->logout(link);
}

void Bench::on_rejected(Link& link, const std::string& why) {
  if (rejected_++ == 0)
    std::fprintf(stderr, "fastchat-bench: a message of user %d was refused: %s\n", link.id, why.c_str());
}

void Bench::on_lost(Link& link, const std::string& why) {
  fail("user " + std::to_string(link.id) + ": connection lost: " + why);
}

Json Bench::head(std::string_view workload, std::string_view confirm) const {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char at[32];
  strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
  Json j;
  j.add("peer", options_.bare ? "libzmq" : "fastchat").add("variant", options_.variant);
  j.add("workload", workload).add("at", at).add_number("tls", 1).add("confirm", confirm);
  j.add_decimal("alu_ns", speed_.alu_ns).add_decimal("sock_ns", speed_.sock_ns, 0);
  j.add_number("batch", options_.batch);
  return j;
}

void Bench::put_use(Json& j, const Snapshot& a, const Snapshot& b, uint64_t messages, const char* per) const {
  const double wall = static_cast<double>(b.at_ns - a.at_ns) / 1e9;
  const double servers = b.servers.cpu_s - a.servers.cpu_s, gen = b.gen_cpu_s - a.gen_cpu_s;
  const double all = b.all_cpu_s - a.all_cpu_s;
  j.add_decimal("wall_s", wall).add_decimal(per, per_million(servers, messages), 2);
  j.add_decimal("gen_cpu_s_per_M", per_million(gen, messages), 2);
  j.add_decimal("srv_cores", servers / wall).add_decimal("gen_cores", gen / wall);
  // The generator's children (a bare relay) count as servers only.
  j.add_decimal("other_cores", (all - servers - gen) / wall).add_decimal("steal_cores", (b.steal_s - a.steal_s) / wall);
  j.add_decimal("srv_rss_mb", static_cast<double>(b.servers.rss_kb) / 1024, 1);
  for (size_t i = 0; i < watched_.size(); ++i) {
    if (watched_[i].label.empty()) continue;
    j.add_decimal(watched_[i].label + "_cores", (b.each[i].cpu_s - a.each[i].cpu_s) / wall);
    j.add_decimal(watched_[i].label + "_rss_mb", static_cast<double>(b.each[i].rss_kb) / 1024, 1);
  }
}

void Bench::put_latency(Json& j, const std::string& prefix, const Histogram& h) {
  const auto us = [](uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  j.add_decimal(prefix + "p50_us", us(h.percentile(50)), 1).add_decimal(prefix + "p90_us", us(h.percentile(90)), 1);
  j.add_decimal(prefix + "p99_us", us(h.percentile(99)), 1).add_decimal(prefix + "p999_us", us(h.percentile(99.9)), 1);
  j.add_decimal(prefix + "max_us", us(h.max()), 1);
}

void Bench::emit(const Json& j) const {
  const std::string line = j.str() + "\n";
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
  if (options_.out.empty()) return;
  FILE* file = std::fopen(options_.out.c_str(), "ae");
  if (file == nullptr || std::fputs(line.c_str(), file) < 0 || std::fclose(file) != 0)
    fail("cannot write " + options_.out);
}

}  // namespace fastchat::bench
