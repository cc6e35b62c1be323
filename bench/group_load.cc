#include "bench/group_load.h"

#include <algorithm>

namespace fastchat::bench {
namespace {

constexpr double kGroupSettleS = 1.0, kGroupLastWordS = 5.0;
constexpr uint64_t kPollNs = 50'000'000;

}  // namespace

GroupLoad::GroupLoad(Bench& bench) : bench_(bench), body_(static_cast<size_t>(bench.options().body), 'x') {
  const Options& o = bench_.options();
  groups_.resize(static_cast<size_t>(o.groups));
  for (Group& g : groups_) g.missing.resize(static_cast<size_t>(o.window) * 2);
  expected_.resize(static_cast<size_t>(o.groups * o.members));
  bench_.set_load(this);
}

void GroupLoad::fill(int group) {
  const Options& o = bench_.options();
  Group& g = groups_[static_cast<size_t>(group)];
  Link& sender = bench_.link(group * o.members);
  const uint64_t now = now_ns();
  while (g.under_way < o.window) {
    write_head(body_, {Kind::kGroup, now, now, g.next, sender.id, group});
    g.missing[g.next++ % g.missing.size()] = o.members - 1;
    ++g.under_way;
    ++sent_;
    bench_.driver().group_message(sender, {sender.id, o.members}, body_);
  }
}

void GroupLoad::on_message(Link& link, ByteView body) {
  const auto head = parse_head(body);
  if (!head || head->kind != Kind::kGroup || body.size() != body_.size() ||
      static_cast<size_t>(head->group) >= groups_.size()) {
    ++bad_;
    return;
  }
  if (head->sent_ns < began_ns_) {
    ++stale_;
    return;
  }
  uint32_t& expected = expected_[static_cast<size_t>(link.id)];
  if (head->seq != expected || head->group != link.id / bench_.options().members) ++wrong_;
  expected = head->seq + 1;
  ++delivered_;
  if (head->due_ns >= from_ns_) latency_.add(now_ns() - head->due_ns);
  Group& g = groups_[static_cast<size_t>(head->group)];
  if (--g.missing[head->seq % g.missing.size()] != 0) return;
  ++complete_;
  --g.under_way;
  if (refill_) fill(head->group);
}

void GroupLoad::on_confirm(Link& link, uint32_t count) {
  static_cast<void>(link);
  confirmed_ += count;
}

void GroupLoad::run() {
  const Options& o = bench_.options();
  bench_.login(0, o.groups * o.members);
  const uint64_t before = now_ns();
  for (int group = 0; group < o.groups; ++group) bench_.make_group({group * o.members, o.members});
  const double make_s = static_cast<double>(now_ns() - before) / 1e9;
  bench_.spin(kGroupSettleS);
  began_ns_ = now_ns();
  for (int group = 0; group < o.groups; ++group) fill(group);
  bench_.spin(o.warm);
  const Snapshot a = bench_.snapshot();
  const uint64_t d0 = delivered_, c0 = complete_;
  from_ns_ = a.at_ns;
  bench_.spin(o.secs);
  const Snapshot b = bench_.snapshot();
  const uint64_t delivered = delivered_ - d0, complete = complete_ - c0;
  const double wall = static_cast<double>(b.at_ns - a.at_ns) / 1e9;

  Json j = bench_.head("w3", "e2e");
  j.add("mode", "group").add_number("groups", static_cast<uint64_t>(o.groups));
  j.add_number("members", static_cast<uint64_t>(o.members));
  j.add_number("window", static_cast<uint64_t>(o.window)).add_number("body", body_.size());
  j.add_decimal("deliveries_per_s", static_cast<double>(delivered) / wall, 0);
  j.add_decimal("messages_per_s", static_cast<double>(complete) / wall, 0);
  j.add_decimal("make_groups_s", make_s);
  bench_.put_use(j, a, b, delivered, "srv_cpu_s_per_M");
  Bench::put_latency(j, "", latency_);
  refill_ = false;
  const uint64_t all = sent_ * static_cast<uint64_t>(o.members - 1), end = now_ns() + seconds_ns(kGroupLastWordS);
  while (now_ns() < end && (delivered_ < all || confirmed_ < all)) bench_.turn(now_ns() + kPollNs);
  j.add_number("undelivered", all - std::min(all, delivered_)).add_number("unconfirmed", all - confirmed_);
  j.add_number("bad", bad_).add_number("out_of_order", wrong_).add_number("echoes", 0);
  j.add_number("queued", bench_.driver().queued())
      .add_number("rejected", bench_.rejected())
      .add_number("stale", stale_);
  bench_.emit(j);
}

}  // namespace fastchat::bench
