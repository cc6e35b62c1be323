#include "bench/idle_load.h"

#include <algorithm>
#include <cstdio>

namespace fastchat::bench {
namespace {

constexpr double kLoginLimitS = 120, kRegisterLimitS = 600;

}  // namespace

void IdleLoad::on_message(Link& link, ByteView body) {
  static_cast<void>(link);
  static_cast<void>(body);
}

void IdleLoad::on_confirm(Link& link, uint32_t count) {
  static_cast<void>(link);
  static_cast<void>(count);
}

void IdleLoad::run_w5() {
  const Options& o = bench_.options();
  const int logins = std::min(o.logins, o.idle);
  const Snapshot z = bench_.snapshot();
  bench_.login(0, logins, kLoginLimitS);
  const Snapshot b = bench_.snapshot();
  const double wall = static_cast<double>(b.at_ns - z.at_ns) / 1e9;
  const double servers = b.servers.cpu_s - z.servers.cpu_s, gen = b.gen_cpu_s - z.gen_cpu_s;
  Json j = bench_.head("w5", "e2e");
  j.add_number("logins", static_cast<uint64_t>(logins)).add_number("conc", static_cast<uint64_t>(o.conc));
  j.add_decimal("logins_per_s", logins / wall, 0).add_decimal("login_srv_cpu_ms", servers / logins * 1e3);
  j.add_decimal("srv_cores", servers / wall).add_decimal("gen_cores", gen / wall);
  j.add_decimal("other_cores", (b.all_cpu_s - z.all_cpu_s - servers - gen) / wall);
  if (o.idle > logins) bench_.login(logins, o.idle - logins, kLoginLimitS);
  bench_.spin(o.idle_secs);
  const Snapshot c = bench_.snapshot();
  bench_.spin(o.idle_secs);
  const Snapshot d = bench_.snapshot();
  const auto kb_per_conn = [&](const TreeUse& before, const TreeUse& after) {
    return (static_cast<double>(after.rss_kb) - static_cast<double>(before.rss_kb)) / o.idle;
  };
  j.add_number("idle", static_cast<uint64_t>(o.idle));
  j.add_decimal("rss0_mb", static_cast<double>(z.servers.rss_kb) / 1024, 1);
  j.add_decimal("rss1_mb", static_cast<double>(d.servers.rss_kb) / 1024, 1);
  j.add_decimal("kb_per_conn", kb_per_conn(z.servers, d.servers), 2);
  for (size_t i = 0; i < bench_.watched().size(); ++i) {
    if (bench_.watched()[i].label.empty()) continue;
    j.add_decimal(bench_.watched()[i].label + "_login_cpu_ms", (b.each[i].cpu_s - z.each[i].cpu_s) / logins * 1e3);
    j.add_decimal(bench_.watched()[i].label + "_kb_per_conn", kb_per_conn(z.each[i], d.each[i]), 2);
  }
  const double idle_wall = static_cast<double>(d.at_ns - c.at_ns) / 1e9;
  j.add_decimal("idle_srv_cores", (d.servers.cpu_s - c.servers.cpu_s) / idle_wall);
  j.add_decimal("idle_gen_cores", (d.gen_cpu_s - c.gen_cpu_s) / idle_wall);
  bench_.emit(j);
}

void IdleLoad::run_register() {
  const int users = bench_.options().users;
  const uint64_t begin = now_ns();
  bench_.login(0, users, kRegisterLimitS);
  std::fprintf(stderr, "registered %d users in %.1f s\n", users, static_cast<double>(now_ns() - begin) / 1e9);
}

void IdleLoad::run_probe() {
  bench_.login(0, 1);
  bench_.logout_all();
  bench_.spin(0.1);
}

}  // namespace fastchat::bench
