#include "client/transparency/head_gossip.h"

#include <algorithm>

#include "client/e2e/hash.h"

namespace fastchat::client {

Result<> HeadGossip::load() {
  auto heads = table_.heads();
  if (!heads.ok()) return heads.error();
  heads_ = std::move(*heads);
  return Unit{};
}

void HeadGossip::attached() {
  ++session_;
  asking_ = false;
  ask_at_ = turn_.now_ms();
}

std::optional<LogHead> HeadGossip::due(const store::ConversationId& peer) {
  const LogHead& head = log_.head();
  if (head.size == 0 || head.signature.empty() || peer.user() == account_.profile().user) return std::nullopt;
  auto row = table_.gossip(peer);
  if (!turn_.check(row)) return std::nullopt;
  const int64_t now = turn_.wall_ms(), wait = row->heard && !peer.is_group() ? KeyLog::kDayMs : kWeekMs;
  if (row->sent_ms <= now && now - row->sent_ms < wait) return std::nullopt;
  // Nothing goes to somebody who has not answered: strangers may get three messages.
  const auto wrote = table_.others_wrote(peer);
  if (!turn_.check(wrote) || !*wrote) return std::nullopt;
  row->sent_ms = now;
  if (!turn_.begin() || !turn_.check(table_.put_gossip(peer, *row))) return std::nullopt;
  return head;
}

bool HeadGossip::known(const LogHead& head) const {
  return !log_.head().signature.empty() && head.size == log_.head().size && head.root == log_.head().root;
}

bool HeadGossip::on_head(const store::ConversationId& peer, const std::string& from, const LogHead& head) {
  if (!turn_.begin()) return false;
  if (from != account_.profile().user) {
    auto row = table_.gossip(peer);
    if (!turn_.check(row)) return false;
    if (!row->heard) {
      row->heard = true;
      if (!turn_.check(table_.put_gossip(peer, *row))) return false;
    }
  }
  if (!log_.pinned()) return true;
  const store::LogHeadRow row{peer, from, head, turn_.wall_ms()};
  if (!log_.holds(head)) return not_signed(row);
  const bool waits = std::any_of(heads_.begin(), heads_.end(),
                                 [&](const store::LogHeadRow& h) { return h.peer == peer && h.from == from; });
  if (waits || known(head) || heads_.size() >= kMaxHeads) return true;
  heads_.push_back(row);
  turn_.wake();
  return turn_.check(table_.put_head(row));
}

bool HeadGossip::drop(const store::LogHeadRow& row) {
  std::erase_if(heads_, [&](const store::LogHeadRow& h) { return h.peer == row.peer && h.from == row.from; });
  return turn_.begin() && turn_.check(table_.drop_head(row.peer, row.from));
}

// One alarm a day for a sender in all conversations together: a head costs its sender nothing.
bool HeadGossip::not_signed(const store::LogHeadRow& row) {
  LogAlarm found = alarm(
      row,
      " sent a list of keys (" + describe_log_head(row.head) + ") that the server's log key did not sign. Either " +
          row.from + " is shown another server than you, or the program of " + row.from + " is wrong: ask " + row.from,
      "head key" + std::to_string(row.since_ms / KeyLog::kDayMs));
  found.anywhere = true;
  return alarms_.raise(found);
}

LogAlarm HeadGossip::alarm(const store::LogHeadRow& row, const std::string& what, ByteView subject) const {
  LogAlarm alarm;
  alarm.peer = row.peer;
  alarm.text = "ALARM: " + (row.from == account_.profile().user ? "another device of yours" : row.from) + what;
  alarm.subject = e2e::concat({row.from, subject});
  alarm.held = log_.head();
  alarm.shown = row.head;
  if (log_.holds(row.head)) alarm.key = log_.key();
  return alarm;
}

void HeadGossip::work() {
  if (asking_ || heads_.empty() || !server_.attached() || turn_.now_ms() < ask_at_) return;
  const std::vector<store::LogHeadRow> asked(
      heads_.begin(), heads_.begin() + static_cast<ptrdiff_t>(std::min(heads_.size(), KeyLog::kMaxHeads)));
  if (!log_.kept()) return;  // nobody can be asked here; KeyLog tells of a log that is missing for a day
  if (!log_.usable()) return judge(asked, std::vector<LogFit>(asked.size(), LogFit::kNoAnswer));
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
  std::vector<LogHead> heads;
  for (const store::LogHeadRow& row : asked) heads.push_back(row.head);
  asking_ = true;
  log_.fit(std::move(heads), [this, asked, session = session_](const std::vector<LogFit>& fits) {
    if (session != session_) return;
    asking_ = false;
    judge(asked, fits);
  });
}

void HeadGossip::judge(const std::vector<store::LogHeadRow>& asked, const std::vector<LogFit>& fits) {
  for (size_t i = 0; i < asked.size(); ++i) {
    if (!judge_one(asked[i], fits[i])) return;
  }
  if (fits.front() == LogFit::kNoAnswer || fits.front() == LogFit::kNotYet) return;
  ask_at_ = turn_.now_ms();
  turn_.wake();
}

bool HeadGossip::judge_one(const store::LogHeadRow& row, LogFit fit) {
  const std::string lists = " knows a list of keys (" + describe_log_head(row.head) + ") that ";
  switch (fit) {
    case LogFit::kFits:
      return drop(row);
    case LogFit::kNotYet:
      return true;
    case LogFit::kNoAnswer:
      if (!log_.fair()) return true;
      if (turn_.wall_ms() - row.since_ms < KeyLog::kDayMs && turn_.wall_ms() >= row.since_ms) return true;
      return alarms_.raise(alarm(row,
                                 lists + "the server has not compared with yours (" + describe_log_head(log_.head()) +
                                     ") for a day. Somebody may show the two of you different keys: ask the operator",
                                 e2e::concat({"head unanswered", row.head.root}))) &&
             drop(row);
    case LogFit::kSmaller:
    case LogFit::kForked:
      break;
  }
  return alarms_.raise(alarm(row,
                             lists + "does not fit the one that the server shows you (" +
                                 describe_log_head(log_.head()) + "). " + kTwoListsAdvice +
                                 ", and compare safety numbers before you write anything secret",
                             e2e::concat({"head forked", row.head.root}))) &&
         drop(row);
}

void HeadGossip::rolled_back(const Error&) {
  (void)load();
  ++session_;
  asking_ = false;
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
}

int64_t HeadGossip::next_wake() const {
  return asking_ || heads_.empty() || !log_.usable() ? Loop::kNever : ask_at_;
}

}  // namespace fastchat::client
