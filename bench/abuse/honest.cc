#include "bench/abuse/honest.h"

#include <algorithm>
#include <utility>

#include "bench/abuse/commands.h"
#include "bench/body.h"
#include "bench/fail.h"
#include "bench/meter.h"

namespace fastchat::bench::abuse {
namespace {

constexpr uint64_t kPrepareNs = 300'000'000'000, kHonestPauseNs = 200'000'000, kFriendNs = 200'000'000;
constexpr uint64_t kGraceNs = 15'000'000'000;  // for late messages of a measurement
constexpr int kLogInsAtOnce = 16;

double ms(uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

}  // namespace

Honest::Honest(const std::string& invite, const HonestOptions& options)
    : Party(invite, options.prefix, first_guest(options.pairs) + options.guests, options.block),
      options_(options),
      writers_(static_cast<size_t>(options.pairs)),
      back_at_ns_(static_cast<size_t>(users())),
      body_(kRealEnvelope, 'x') {}

void Honest::prepare() {
  sign_up(0, users());
  const uint64_t end = now_ns() + kPrepareNs;
  // A device's first login costs more. This loop makes the guests' first logins.
  int started = 0;
  while (ready_ < users() - 1) {
    for (; started < users() && started - ready_ < kLogInsAtOnce; ++started) {
      if (started != away_user(options_.pairs)) login(started);
    }
    come_back(now_ns());
    turn(now_ns() + kHonestPauseNs);
    if (now_ns() > end) fail("the honest users could not log in in time");
  }
  prepared_ = true;
  began_ns_ = friend_at_ns_ = now_ns();
  say(Json().add_number("ready", static_cast<uint64_t>(ready_)).str());
}

void Honest::on_ready(Link& link) {
  if (prepared_ && is_guest(link)) {
    ++logged_in_;
    --knocking_;
  } else {
    ++ready_;
  }
  back_at_ns_[static_cast<size_t>(link.id)] = 0;
  if (is_guest(link)) driver().logout(link);
}

void Honest::on_lost(Link& link, const std::string& why) {
  uint64_t& back = back_at_ns_[static_cast<size_t>(link.id)];
  if (!prepared_) {
    back = now_ns() + kHonestPauseNs;
    return;
  }
  if (is_guest(link)) {
    --knocking_;
    ++turned_away_[code_of(why)];
    return;
  }
  if (back == 0) ++dropped_;
  back = now_ns() + kHonestPauseNs;
  if (link.id >= friend_user(options_.pairs) || link.id % 2 != 0) return;
  Writer& w = writer(link.id / 2);
  for (const auto& [ref, seq] : w.under_way) w.waiting.push_back(seq);
  w.under_way.clear();
}

void Honest::come_back(uint64_t now) {
  for (int user = 0; user < users(); ++user) {
    const uint64_t at = back_at_ns_[static_cast<size_t>(user)];
    if (at != 0 && at <= now && !is_open(user)) login(user);
  }
}

void Honest::write(int pair, uint32_t seq) {
  Writer& w = writer(pair);
  write_head(body_, {Kind::kPair, w.sent[seq].due_ns, now_ns(), seq, 2 * pair, 0});
  w.under_way[driver().send_to(link(2 * pair), 2 * pair + 1, body_)] = seq;
}

void Honest::add_what_is_due(uint64_t now) {
  const double gap = 1e9 / (options_.rate * options_.pairs);
  for (;; ++next_) {
    const uint64_t due = began_ns_ + static_cast<uint64_t>(static_cast<double>(next_) * gap);
    if (due > now) return;
    Writer& w = writer(static_cast<int>(next_ % static_cast<uint64_t>(options_.pairs)));
    w.sent.push_back({due, 0, false, false});
    w.waiting.push_back(static_cast<uint32_t>(w.sent.size() - 1));
  }
}

// Writes the waiting messages. A message whose sender has no session waits for the session, and stays due.
void Honest::write_what_waits(uint64_t now) {
  for (int pair = 0; pair < options_.pairs; ++pair) {
    Writer& w = writer(pair);
    if (w.waiting.empty() || w.not_before_ns > now || back_at_ns_[static_cast<size_t>(2 * pair)] != 0) continue;
    for (const uint32_t seq : std::exchange(w.waiting, {})) write(pair, seq);
  }
}

// Takes the senders in turn, so that every worker uses its own state of the queue.
void Honest::write_to_friend(uint64_t now) {
  const int from = 2 * static_cast<int>(friend_sent_ % static_cast<uint64_t>(options_.pairs));
  if (now < friend_at_ns_ || back_at_ns_[static_cast<size_t>(from)] != 0) return;
  friend_at_ns_ = std::max(now, friend_at_ns_) + kFriendNs;
  driver().send_to(link(from), away_user(options_.pairs), body_);
  ++friend_sent_;
}

void Honest::on_receipt(Link& link, uint64_t ref, Receipt receipt) {
  if (link.id > friend_user(options_.pairs) || link.id % 2 != 0) return;
  Writer& w = writer(link.id / 2);
  const auto found = w.under_way.find(ref);
  if (found == w.under_way.end()) {
    // A message to the offline user, who receives nothing: no `delivered` follows `queued`.
    if (receipt == Receipt::kRejected) ++friend_refused_;
    if (receipt == Receipt::kQueued) ++friend_accepted_;
    return;
  }
  if (receipt == Receipt::kRejected) {
    w.waiting.push_back(found->second);
    w.not_before_ns = now_ns() + kHonestPauseNs;
  } else {
    w.sent[found->second].accepted = true;
  }
  w.under_way.erase(found);
}

void Honest::on_rejected(Link& link, const std::string& why) {
  if (link.id < friend_user(options_.pairs)) ++refused_[why];
}

void Honest::on_message(Link& link, ByteView body) {
  const auto head = parse_head(body);
  if (!head || link.id >= friend_user(options_.pairs) || head->from != link.id - 1) return;
  Writer& w = writer(head->from / 2);
  if (head->seq >= w.sent.size()) return;
  Message& m = w.sent[head->seq];
  if (m.arrived) {
    ++duplicates_;
    return;
  }
  m.arrived = true;
  m.arrived_ns = now_ns();
}

void Honest::guests_knock() {
  while (knocking_ < options_.at_once) {
    const int user = first_guest(options_.pairs) + guest_++ % options_.guests;
    if (is_open(user)) return;
    ++knocking_;
    login(user);
  }
}

void Honest::turn_with(uint64_t until_ns, bool guests) {
  const uint64_t now = now_ns();
  come_back(now);
  add_what_is_due(now);
  write_what_waits(now);
  write_to_friend(now);
  if (guests) guests_knock();
  // The schedule's next message is due soon.
  turn(std::min(until_ns, now + static_cast<uint64_t>(1e9 / (options_.rate * options_.pairs))));
}

void Honest::rest() {
  turn_with(now_ns() + kHonestPauseNs, false);
}

bool Honest::all_arrived(uint64_t from_ns, uint64_t to_ns) const {
  return std::all_of(writers_.begin(), writers_.end(), [&](const Writer& w) {
    return std::all_of(w.sent.begin(), w.sent.end(),
                       [&](const Message& m) { return m.arrived || m.due_ns < from_ns || m.due_ns >= to_ns; });
  });
}

void Honest::put_friend(Json& j) {
  j.add_number("friend_sent", std::exchange(friend_sent_, 0))
      .add_number("friend_accepted", std::exchange(friend_accepted_, 0));
  j.add_number("friend_refused", std::exchange(friend_refused_, 0));
}

void Honest::measure(const std::string& label, double seconds) {
  const uint64_t from = now_ns(), to = from + seconds_ns(seconds);
  const uint64_t dropped = dropped_;
  while (now_ns() < to) turn_with(to, false);
  // A message that arrives after the grace counts as late by the grace.
  while (now_ns() < to + kGraceNs && !all_arrived(from, to)) turn_with(now_ns() + kHonestPauseNs, false);
  Histogram latency;
  uint64_t late = 0;
  for (const Writer& w : writers_) {
    for (const Message& m : w.sent) {
      if (m.due_ns < from || m.due_ns >= to) continue;
      latency.add((m.arrived ? m.arrived_ns : now_ns()) - m.due_ns);
      late += m.arrived ? 0 : 1;
    }
  }
  Json j;
  j.add("label", label).add_number("messages", latency.count()).add_number("late", late);
  j.add_decimal("p50_ms", ms(latency.percentile(50))).add_decimal("p99_ms", ms(latency.percentile(99)));
  j.add_decimal("max_ms", ms(latency.max())).add_number("dropped", dropped_ - dropped);
  put_friend(j);
  say(j.str());
}

void Honest::log_ins(const std::string& label, double seconds) {
  const uint64_t end = now_ns() + seconds_ns(seconds);
  logged_in_ = 0;
  turned_away_.clear();
  while (now_ns() < end) turn_with(end, true);
  Json j;
  j.add("label", label).add_decimal("logins_per_s", static_cast<double>(logged_in_) / seconds, 1);
  j.add_number("log_ins", logged_in_).add("turned_away", counts_json(turned_away_));
  say(j.str());
}

void Honest::finish() {
  const uint64_t stop = now_ns(), end = stop + seconds_ns(options_.patience);
  const auto open = [&] {
    return std::any_of(writers_.begin(), writers_.end(),
                       [](const Writer& w) { return !w.waiting.empty() || !w.under_way.empty(); });
  };
  while (now_ns() < end && (open() || !all_arrived(0, stop))) {
    const uint64_t now = now_ns();
    come_back(now);
    write_what_waits(now);
    turn(now + kHonestPauseNs);
  }
  uint64_t messages = 0, lost = 0, unaccepted = 0;
  for (const Writer& w : writers_) {
    for (const Message& m : w.sent) {
      ++messages;
      lost += m.accepted && !m.arrived ? 1 : 0;
      unaccepted += m.accepted || m.arrived ? 0 : 1;
    }
  }
  Json j;
  j.add("label", "end").add_number("messages", messages).add_number("lost", lost).add_number("unaccepted", unaccepted);
  j.add_number("dropped", dropped_).add_number("duplicates", duplicates_).add("refused", counts_json(refused_));
  put_friend(j);
  say(j.str());
}

}  // namespace fastchat::bench::abuse
