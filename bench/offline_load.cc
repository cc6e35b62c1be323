#include "bench/offline_load.h"

#include <algorithm>

namespace fastchat::bench {
namespace {

constexpr double kPauseS = 0.5, kLimitS = 45;
constexpr double kSilenceS = 4;  // the drain is over after this long without a message
constexpr uint64_t kOfflinePollNs = 20'000'000;

}  // namespace

OfflineLoad::OfflineLoad(Bench& bench)
    : bench_(bench),
      body_(static_cast<size_t>(bench.options().body), 'x'),
      msgs_(static_cast<uint32_t>(bench.options().msgs)),
      seen_(msgs_, false) {
  bench_.set_load(this);
}

void OfflineLoad::run() {
  const Options& o = bench_.options();
  Json j = bench_.head("w4", "queued");
  j.add_number("users", static_cast<uint64_t>(o.users)).add_number("msgs", msgs_);
  j.add_number("senders", static_cast<uint64_t>(o.senders)).add_number("window", static_cast<uint64_t>(o.window));
  j.add_number("body", body_.size());
  if (o.phase("setup")) set_up();
  if (o.phase("store")) store(j);
  if (o.phase("drain")) drain(j);
  j.add_number("rejected", bench_.rejected());
  bench_.emit(j);
}

// Logs each user in and out once, since a device has a queue after its first login.
void OfflineLoad::set_up() {
  bench_.login(0, bench_.options().users);
  bench_.spin(kPauseS);
  bench_.logout_all();
  bench_.spin(kPauseS);
}

void OfflineLoad::send_next(Link& link) {
  const uint64_t now = now_ns();
  const uint32_t seq = next_++;
  write_head(body_, {Kind::kStored, now, now, seq, link.id, 0});
  ++sent_;
  bench_.driver().message(link, static_cast<int>(seq % static_cast<uint32_t>(bench_.options().users)), body_);
}

void OfflineLoad::on_confirm(Link& link, uint32_t count) {
  if (!storing_) return;
  confirmed_ += count;
  last_confirm_ns_ = now_ns();
  while (count-- > 0 && next_ < msgs_) send_next(link);
}

void OfflineLoad::store(Json& j) {
  const Options& o = bench_.options();
  bench_.driver().set_confirm_queued(true);
  bench_.login(o.users, o.senders);
  bench_.spin(kPauseS);
  storing_ = true;
  const Snapshot a = bench_.snapshot();
  last_confirm_ns_ = a.at_ns;
  for (int k = 0; k < o.window; ++k) {
    for (int s = 0; s < o.senders && next_ < msgs_; ++s) send_next(bench_.link(o.users + s));
  }
  const uint64_t end = a.at_ns + seconds_ns(kLimitS);
  while (confirmed_ < msgs_ && now_ns() < end) bench_.turn(now_ns() + kOfflinePollNs);
  const Snapshot b = bench_.snapshot();
  storing_ = false;
  const double wall = std::max(1e-9, static_cast<double>(last_confirm_ns_ - a.at_ns) / 1e9);
  const double servers = b.servers.cpu_s - a.servers.cpu_s, gen = b.gen_cpu_s - a.gen_cpu_s;
  const double per_million = confirmed_ == 0 ? 0 : 1e6 / static_cast<double>(confirmed_);
  j.add_decimal("store_per_s", static_cast<double>(confirmed_) / wall, 0).add_decimal("store_s", wall);
  j.add_number("store_unconfirmed", sent_ - confirmed_).add_decimal("store_srv_cpu_s_per_M", servers * per_million, 2);
  j.add_decimal("store_other_cores", (b.all_cpu_s - a.all_cpu_s - servers - gen) / wall);
  j.add_decimal("store_srv_cores", servers / wall).add_decimal("store_gen_cores", gen / wall);
  j.add_decimal("srv_rss_mb", static_cast<double>(b.servers.rss_kb) / 1024, 1);
  bench_.spin(kPauseS);
  bench_.logout_all();
  bench_.spin(kPauseS);
}

void OfflineLoad::on_message(Link& link, ByteView body) {
  const auto head = parse_head(body);
  if (!head || head->kind != Kind::kStored || body.size() != body_.size()) {
    ++bad_;
    return;
  }
  const auto users = static_cast<uint32_t>(bench_.options().users);
  if (head->seq >= msgs_ || static_cast<int>(head->seq % users) != link.id) {
    ++wrong_;
  } else if (seen_[head->seq]) {
    ++dups_;
  } else {
    seen_[head->seq] = true;
    ++drained_;
    last_progress_ns_ = now_ns();
  }
}

void OfflineLoad::drain(Json& j) {
  const Options& o = bench_.options();
  const Snapshot a = bench_.snapshot();
  last_progress_ns_ = a.at_ns;
  bench_.login(0, o.users);
  const double login_s = static_cast<double>(now_ns() - a.at_ns) / 1e9;
  const uint64_t end = a.at_ns + seconds_ns(kLimitS);
  while (drained_ < msgs_ && now_ns() < std::min(end, last_progress_ns_ + seconds_ns(kSilenceS))) {
    bench_.turn(now_ns() + kOfflinePollNs);
  }
  const Snapshot b = bench_.snapshot();
  const double wall = std::max(1e-9, static_cast<double>(last_progress_ns_ - a.at_ns) / 1e9);
  const double servers = b.servers.cpu_s - a.servers.cpu_s, gen = b.gen_cpu_s - a.gen_cpu_s;
  j.add_decimal("drain_per_s", static_cast<double>(drained_) / wall, 0).add_decimal("drain_s", wall);
  j.add_decimal("drain_login_s", login_s);
  j.add_decimal("drain_srv_cpu_s_per_M", drained_ == 0 ? 0 : servers / static_cast<double>(drained_) * 1e6, 2);
  j.add_decimal("drain_srv_cores", servers / wall).add_decimal("drain_gen_cores", gen / wall);
  bench_.spin(kPauseS);  // duplicates come now
  j.add_number("drained", drained_).add_number("missing", msgs_ - drained_).add_number("dups", dups_);
  j.add_number("wrong", wrong_ + bad_);
  bench_.logout_all();
  bench_.spin(kPauseS);
}

}  // namespace fastchat::bench
