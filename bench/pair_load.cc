#include "bench/pair_load.h"

#include <sys/prctl.h>

#include <algorithm>

namespace fastchat::bench {
namespace {

constexpr uint64_t kPairPollNs = 50'000'000;
constexpr double kSettleS = 0.5;    // from logins to the first message: presence has spread
constexpr double kLastWordS = 5.0;  // for messages in flight when the measurement ends

}  // namespace

PairLoad::PairLoad(Bench& bench) : bench_(bench), body_(static_cast<size_t>(bench.options().body), 'x') {
  users_.resize(static_cast<size_t>(bench.options().users));
  bench_.set_load(this);
}

void PairLoad::start() {
  bench_.login(0, bench_.options().users);
  bench_.spin(kSettleS);
  began_ns_ = now_ns();
}

void PairLoad::send(Link& link, uint64_t due_ns, uint64_t now) {
  User& user = users_[static_cast<size_t>(link.id)];
  write_head(body_, {Kind::kPair, due_ns, now, user.next++, link.id, 0});
  ++user.under_way;
  ++sent_;
  bench_.driver().message(link, link.id ^ 1, body_);
}

void PairLoad::fill(Link& link) {
  const User& user = users_[static_cast<size_t>(link.id)];
  const uint64_t now = now_ns();
  while (user.under_way < bench_.options().window) send(link, now, now);
}

void PairLoad::on_message(Link& link, ByteView body) {
  const auto head = parse_head(body);
  if (!head || head->kind != Kind::kPair || body.size() != body_.size()) {
    ++bad_;
    return;
  }
  if (head->sent_ns < began_ns_) {  // an earlier run left the message in a queue
    ++stale_;
    return;
  }
  User& user = users_[static_cast<size_t>(link.id)];
  if (head->from != (link.id ^ 1) || head->seq != user.expected) ++wrong_;
  user.expected = head->seq + 1;
  ++delivered_;
  if (head->due_ns < from_ns_ || head->due_ns >= to_ns_) return;
  const uint64_t now = now_ns();
  latency_.add(now - head->due_ns);
  from_send_.add(now - head->sent_ns);
}

void PairLoad::on_confirm(Link& link, uint32_t count) {
  confirmed_ += count;
  users_[static_cast<size_t>(link.id)].under_way -= static_cast<int>(count);
  if (refill_) fill(link);
}

void PairLoad::settle() {
  refill_ = false;
  const uint64_t end = now_ns() + seconds_ns(kLastWordS);
  while (now_ns() < end && (delivered_ < sent_ || confirmed_ < sent_)) bench_.turn(now_ns() + kPairPollNs);
}

void PairLoad::put_checks(Json& j) const {
  j.add_number("bad", bad_).add_number("out_of_order", wrong_);
  j.add_number("queued", bench_.driver().queued())
      .add_number("rejected", bench_.rejected())
      .add_number("stale", stale_);
}

void PairLoad::run_w1() {
  const Options& o = bench_.options();
  start();
  refill_ = true;
  for (int user = 0; user < o.users; ++user) {
    if (sends(user)) fill(bench_.link(user));
  }
  bench_.spin(o.warm);
  const Snapshot a = bench_.snapshot();
  const Hub::Counters h0 = bench_.hub().counters();
  const uint64_t d0 = delivered_, c0 = confirmed_;
  from_ns_ = a.at_ns;
  bench_.spin(o.secs);
  const Snapshot b = bench_.snapshot();
  const Hub::Counters h1 = bench_.hub().counters();
  const uint64_t delivered = delivered_ - d0, confirmed = confirmed_ - c0;
  const double wall = static_cast<double>(b.at_ns - a.at_ns) / 1e9;
  const auto per_s = [wall](uint64_t x, uint64_t y) { return static_cast<double>(y - x) / wall; };

  Json j = bench_.head("w1", "e2e");
  j.add_number("users", static_cast<uint64_t>(o.users));
  j.add_number("senders", static_cast<uint64_t>(o.bidir ? o.users : o.users / 2));
  j.add_number("window", static_cast<uint64_t>(o.window)).add_number("body", body_.size());
  j.add_decimal("msgs_per_s", static_cast<double>(delivered) / wall, 0);
  j.add_decimal("confirms_per_s", static_cast<double>(confirmed) / wall, 0);
  bench_.put_use(j, a, b, delivered, "srv_cpu_s_per_M");
  j.add_decimal("mb_in_per_s", per_s(h0.bytes_in, h1.bytes_in) / 1e6, 1);
  j.add_decimal("mb_out_per_s", per_s(h0.bytes_out, h1.bytes_out) / 1e6, 1);
  j.add_decimal("frames_in_per_s", per_s(h0.frames_in, h1.frames_in), 0);
  j.add_decimal("frames_out_per_s", per_s(h0.frames_out, h1.frames_out), 0);
  Bench::put_latency(j, "", latency_);
  settle();
  j.add_number("sent", sent_).add_number("undelivered", sent_ - std::min(sent_, delivered_));
  j.add_number("unconfirmed", sent_ - confirmed_);
  put_checks(j);
  bench_.emit(j);
}

// Sends message k at begin + k / rate. The message's clock is the due time, so that a stall of the server counts for
// every message that it delayed.
void PairLoad::send_on_schedule(uint64_t begin, uint64_t measure, uint64_t end) {
  const Options& o = bench_.options();
  const int senders = o.bidir ? o.users : o.users / 2;
  const double gap = 1e9 / o.rate;
  bool measuring = false;
  for (uint64_t k = 0;; ++k) {
    const uint64_t due = begin + static_cast<uint64_t>(static_cast<double>(k) * gap);
    uint64_t now = now_ns();
    while (now < due && now < end) {
      bench_.turn(std::min(due, end));
      now = now_ns();
    }
    if (!measuring && now >= measure) {
      measuring = true;
      a_ = bench_.snapshot();
      delivered_at_a_ = delivered_;
    }
    if (due >= end) return;
    const int sender = static_cast<int>(k % static_cast<uint64_t>(senders));
    send(bench_.link(o.bidir ? sender : sender * 2), due, now);
    if (due < measure) continue;
    late_.add(now - due);
    ++wanted_;
  }
}

void PairLoad::run_w2() {
  const Options& o = bench_.options();
  start();
  prctl(PR_SET_TIMERSLACK, 1);
  const uint64_t begin = now_ns() + 10'000'000;
  from_ns_ = begin + seconds_ns(o.warm);
  to_ns_ = from_ns_ + seconds_ns(o.secs);
  send_on_schedule(begin, from_ns_, to_ns_);
  const Snapshot b = bench_.snapshot();
  const uint64_t delivered = delivered_ - delivered_at_a_;
  const double wall = static_cast<double>(b.at_ns - a_.at_ns) / 1e9;
  settle();

  Json j = bench_.head("w2", "e2e");
  j.add_number("users", static_cast<uint64_t>(o.users)).add_number("rate", static_cast<uint64_t>(o.rate));
  j.add_number("body", body_.size()).add_decimal("delivered_per_s", static_cast<double>(delivered) / wall, 0);
  Bench::put_latency(j, "", latency_);
  Bench::put_latency(j, "tx_", from_send_);
  j.add_decimal("gen_late_p50_us", static_cast<double>(late_.percentile(50)) / 1e3, 1);
  j.add_decimal("gen_late_p99_us", static_cast<double>(late_.percentile(99)) / 1e3, 1);
  j.add_decimal("gen_late_max_us", static_cast<double>(late_.max()) / 1e3, 1);
  bench_.put_use(j, a_, b, delivered, "srv_cpu_s_per_M");
  j.add_number("measured", latency_.count()).add_number("undelivered", wanted_ - std::min(wanted_, latency_.count()));
  put_checks(j);
  bench_.emit(j);
}

}  // namespace fastchat::bench
