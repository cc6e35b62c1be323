#include "client/transparency/leaf_reader.h"

#include <algorithm>
#include <bit>
#include <set>

#include "client/e2e/hash.h"
#include "client/e2e/rekey.h"
#include "common/codes.h"

namespace fastchat::client {
namespace {

std::vector<Bytes> split_hashes(const Bytes& all) {
  std::vector<Bytes> out;
  for (size_t at = 0; at + merkle::kHashSize <= all.size(); at += merkle::kHashSize) {
    out.push_back(all.substr(at, merkle::kHashSize));
  }
  return out;
}

Bytes joined(const std::vector<Bytes>& hashes) {
  Bytes out;
  for (const Bytes& hash : hashes) out += hash;
  return out;
}

}  // namespace

Result<> LeafReader::load() {
  auto row = table_.read();
  if (!row.ok()) return row.error();
  row_ = std::move(*row);
  return Unit{};
}

void LeafReader::attached() {
  ++session_;
  asking_ = false;
  ask_at_ = turn_.now_ms() + kPageEveryMs;
}

void LeafReader::begin(const LogHead& head) {
  row_.size = head.size;
  row_.known = head.size == 0;
  row_.hashes.clear();
  row_.target = head;
  row_.stuck_since = 0;
  ++session_;  // an answer that comes now is of the list before
  asking_ = false;
  save();
}

void LeafReader::grew(const LogHead& before, const LogHead& now, const merkle::Path& path) {
  if (row_.known || row_.size != before.size) return;
  const auto frontier = merkle::frontier_of_proof(before.size, before.root, now.size, now.root, path);
  if (!frontier) return;
  row_.hashes = joined(frontier->hashes());
  row_.known = true;
  save();
  turn_.wake();
}

bool LeafReader::due() const {
  return row_.known && row_.size < log_.head().size;
}

// Counts a page of this day. Returns false when the day has no more.
bool LeafReader::may_read() {
  const int64_t now = turn_.wall_ms();
  if (now - row_.day_ms >= KeyLog::kDayMs || now < row_.day_ms) {
    row_.day_ms = now;
    row_.pages = 0;
  }
  if (row_.pages >= kPagesPerDay) return false;
  ++row_.pages;
  return true;
}

void LeafReader::work() {
  if (asking_ || !log_.usable() || !account_.unlocked() || !due() || turn_.now_ms() < ask_at_) return;
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
  if (!may_read()) return;
  if (!aim()) return;
  asking_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_log_leaves()->set_from(row_.size);
  server_.ask(std::move(frame), [this, session = session_](const Result<v1::ServerFrame*>& answer) {
    if (session == session_) on_leaves(answer);
  });
}

// Chooses the head whose root is compared next. Returns false when the turn failed.
bool LeafReader::aim() {
  if (row_.target.size > row_.size) return true;
  row_.target = log_.head();
  const uint64_t unread = row_.target.size - row_.size;
  if (unread <= kMaxUnread) return true;
  LogAlarm alarm;
  alarm.text = "ALARM: the server's list of keys grew by " + std::to_string(unread) +
               " keys, which this device needs more than a month to read: until then nobody checks whether there is "
               "one in your name that is not yours. Ask the operator whether the server has so many accounts";
  // Once for each power of two, not for each head.
  alarm.subject = e2e::concat({"leaves unread", std::to_string(std::bit_width(unread))});
  alarm.key = log_.key();
  alarm.held = alarm.shown = row_.target;
  return alarms_.raise(alarm);
}

// The head that comes with the leaves says nothing: the root is compared with a head that is kept.
void LeafReader::on_leaves(const Result<v1::ServerFrame*>& answer) {
  asking_ = false;
  turn_.wake();
  auto frontier = merkle::Frontier::of(row_.size, split_hashes(row_.hashes));
  if (!frontier) return begin(log_.head());  // the row on disk is damaged
  // Every page but the last is full: smaller ones would keep the comparison of the root away.
  const uint64_t whole = std::min<uint64_t>(wire::kMaxLogLeaves, row_.target.size - row_.size);
  if (!answer.ok() || !(*answer)->has_log_leaves() ||
      static_cast<uint64_t>((*answer)->log_leaves().leaves_size()) < whole) {
    stuck(answer.code());
    return;
  }
  std::vector<v1::LogLeaf> own;
  for (const v1::LogLeaf& leaf : (*answer)->log_leaves().leaves()) {
    if (frontier->size() == row_.target.size) break;
    frontier->append(log_leaf_hash(leaf));
    if (leaf.user() != account_.profile().user) continue;
    if (account_.secrets().identity.find(leaf.fpr()) == nullptr) own.push_back(leaf);
  }
  if (own.empty()) {
    put(*frontier);
  } else {
    check_own(own, *frontier);
  }
}

// Another device of this user may have changed the key: the old key signed the new one then.
void LeafReader::check_own(const std::vector<v1::LogLeaf>& own, const merkle::Frontier& read) {
  asking_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_rekeys()->set_user(account_.profile().user);
  server_.ask(std::move(frame), [this, session = session_, own, read](const Result<v1::ServerFrame*>& answer) {
    if (session != session_) return;
    asking_ = false;
    turn_.wake();
    if (!answer.ok() && is_temporary(answer.code())) {
      stuck(answer.code());
      return;
    }
    std::set<Bytes> line;
    if (answer.ok() && (*answer)->has_rekeys()) {
      const v1::Rekeys& rekeys = (*answer)->rekeys();
      const auto keys = e2e::follow_rekeys(account_.profile().realm, account_.profile().user, rekeys.first_public_key(),
                                           {rekeys.rekeys().begin(), rekeys.rekeys().end()});
      if (keys.ok()) {
        for (const e2e::PeerKey& key : *keys) line.insert(key.fpr);
      }
      if (!line.contains(account_.secrets().identity.fpr())) line.clear();
    }
    const auto other = std::find_if(own.begin(), own.end(), [&](const auto& l) { return !line.contains(l.fpr()); });
    if (other != own.end() && !own_alarm(*other)) return;  // the first of a page says it all
    put(read);
  });
}

bool LeafReader::own_alarm(const v1::LogLeaf& leaf) {
  LogAlarm alarm;
  alarm.text = leaf.fpr().empty()
                   ? "ALARM: the server's list of keys says that your account was deleted, and you did not do that. "
                   : "ALARM: the server's list of keys has a key in your name that is not yours (" +
                         to_hex(ByteView(leaf.fpr()).substr(0, 8)) + "). ";
  alarm.text +=
      "Somebody may write or read in your name: tell your contacts to compare safety numbers with you, and ask the "
      "operator";
  alarm.subject = e2e::concat({"own leaf", log_leaf_hash(leaf)});
  alarm.held = log_.head();
  return alarms_.raise(alarm);
}

// Keeps what was read, and compares the root at the target.
bool LeafReader::put(const merkle::Frontier& read) {
  ask_at_ = turn_.now_ms() + kPageEveryMs;
  row_.stuck_since = 0;
  if (read.size() < row_.target.size || read.root() == row_.target.root) {
    row_.size = read.size();
    row_.hashes = joined(read.hashes());
    return save();
  }
  LogAlarm alarm;
  alarm.held = row_.target;
  alarm.shown.size = read.size();
  alarm.shown.root = read.root();
  alarm.text = "ALARM: the keys that the server lists are not those that it signed: signed were " +
               describe_log_head(alarm.held) + "; listed are " + describe_log_head(alarm.shown) + ". " +
               kTwoListsAdvice;
  alarm.subject = e2e::concat({"leaves", alarm.held.root, alarm.shown.root});
  if (!alarms_.raise(alarm)) return false;
  begin(log_.head());
  return true;
}

// Tries again in a minute. A day without leaves is an alarm; a broken link says nothing.
bool LeafReader::stuck(Code why) {
  if (why == Code::kLocalUnreachable) return true;
  const int64_t now = turn_.wall_ms();
  if (row_.stuck_since == 0 || row_.stuck_since > now) {
    row_.stuck_since = now;
    return save();
  }
  if (now - row_.stuck_since < KeyLog::kDayMs || !log_.fair()) return true;
  LogAlarm alarm;
  alarm.text =
      "ALARM: for a day the server has not shown which keys it lists: nobody can check whether there is one in your "
      "name that is not yours. Ask the operator";
  alarm.subject = e2e::concat({"leaves missing", std::to_string(row_.stuck_since)});
  alarm.held = log_.head();
  return alarms_.raise(alarm);
}

void LeafReader::rolled_back(const Error&) {
  (void)load();
  ++session_;
  asking_ = false;
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
}

int64_t LeafReader::next_wake() const {
  return asking_ || !log_.usable() || !account_.unlocked() || !due() ? Loop::kNever : ask_at_;
}

}  // namespace fastchat::client
