#include "client/transparency/key_log.h"

#include <algorithm>

#include "client/e2e/hash.h"

namespace fastchat::client {
namespace {

Bytes subject_of_heads(ByteView name, const LogHead& held, const LogHead& shown) {
  return e2e::concat({name, held.signature, held.root, shown.signature, shown.root});
}

std::string other_log_key(ByteView pinned, ByteView told) {
  return "ALARM: the server signs its list of keys with another key (" + to_hex(told.substr(0, 8)) +
         ") than the one that this device knows (" + to_hex(pinned.substr(0, 8)) +
         "). Ask the operator; if the change is right, run fastchat once with the new invite line (--server LINE)";
}

}  // namespace

Result<> KeyLog::load() {
  auto state = table_.state();
  if (!state.ok()) return state.error();
  state_ = std::move(*state);
  unproven_ = false;
  const bool named = !invite_key_.empty() && invite_key_ != state_.key;
  if (named && state_.head.signature.empty()) state_ = {invite_key_, {}, 0};
  return Unit{};
}

// Nothing of a key that signed no head yet goes to disk in place of a key that did.
bool KeyLog::save() {
  if (unproven_) return true;
  return turn_.begin() && turn_.check(table_.put_state(state_));
}

void KeyLog::attached(const Bytes& told) {
  ++session_;
  current_ = asking_ = false;
  told_ = server_.worker_version() >= kVersion && !told.empty();
  ask_at_ = turn_.now_ms();
  fair_at_ = ask_at_ + kFairMs;
  if (unproven_ && !turn_.check(load())) return;
  if (told_) take_invite(told);
  if (state_.key.empty()) {
    if (!told_) return;  // this server keeps no log
    state_.key = told;
    save();
  }
  if (!told_) {
    missing();
  } else if (told != state_.key) {
    told_ = false;
    alarms_.raise({{}, other_log_key(state_.key, told), e2e::concat({"log key", told}), told, state_.head, {}});
  }
  turn_.wake();
}

// Tries the log key of the invite line when the broker tells it, too. An old line is still in the settings of many
// people, so the pinned key stays while the broker tells that one, and the person is told.
void KeyLog::take_invite(const Bytes& told) {
  if (invite_key_.empty() || state_.key == invite_key_) return;
  if (told == invite_key_) {
    state_ = {invite_key_, {}, 0};
    unproven_ = true;
  } else if (told == state_.key) {
    LogAlarm alarm;
    alarm.text = "ALARM: the invite line names another key of the server's list of keys (" +
                 to_hex(ByteView(invite_key_).substr(0, 8)) + ") than the one that the server and this device use (" +
                 to_hex(ByteView(told).substr(0, 8)) +
                 "). If the line is an old one, remove it from your settings (`server`, FASTCHAT_SERVER); if the "
                 "operator gave it to you now, ask the operator";
    alarm.subject = e2e::concat({"invite key", invite_key_, told});
    alarm.held = state_.head;
    alarms_.raise(alarm);
  }
}

// Keeps the time since which the server shows no log. A rolling upgrade takes minutes, so a day is an alarm.
bool KeyLog::missing() {
  const int64_t now = turn_.wall_ms();
  if (state_.missing_since == 0 || state_.missing_since > now) {
    state_.missing_since = now;
    return save();
  }
  if (now - state_.missing_since < kDayMs || (told_ && !fair())) return true;
  LogAlarm alarm;
  alarm.text =
      "ALARM: for a day the server has not shown its list of keys, which it showed before: nobody can check now that "
      "it shows everybody the same keys. Ask the operator";
  alarm.subject = e2e::concat({"log missing", std::to_string(state_.missing_since)});
  alarm.held = state_.head;
  return alarms_.raise(alarm);
}

bool KeyLog::answered() {
  if (state_.missing_since == 0) return true;
  state_.missing_since = 0;
  return save();
}

bool KeyLog::holds(const LogHead& head) const {
  return verify_log_head(state_.key, account_.profile().realm, head);
}

bool KeyLog::wrongly_signed(const LogHead& head) {
  LogAlarm alarm;
  alarm.text = "ALARM: the server's list of keys (" + describe_log_head(head) + ") is not signed with its log key. ";
  if (!state_.head.signature.empty()) {
    alarm.text += "This device goes on with the list that it knows (" + describe_log_head(state_.head) + "). ";
  }
  alarm.text += kTwoListsAdvice;
  // One alarm for each head that is kept: anything may stand in place of a signature.
  alarm.subject = e2e::concat({"log signature", state_.head.signature});
  alarm.held = state_.head;
  alarm.shown = head;
  return alarms_.raise(alarm);
}

// Goes on from a head that nothing joins to the one before.
bool KeyLog::adopt(const LogHead& shown) {
  state_.head = shown;
  unproven_ = false;
  if (!save()) return false;
  events_.began(shown);
  return true;
}

// Judges the server's newest head. Returns false when it cannot be used, or when the turn failed.
bool KeyLog::take(const LogHead& shown, const merkle::Path& path) {
  if (!holds(shown)) {
    wrongly_signed(shown);
    return false;
  }
  if (!answered()) return false;
  const LogHead before = state_.head;
  if (before.signature.empty()) return adopt(shown);
  const LogFit fit = log_continues(before, shown, path);
  if (fit == LogFit::kFits) {
    if (shown.size == before.size) return true;
    state_.head = shown;
    if (!save()) return false;
    events_.grew(before, shown, path);
    return true;
  }
  LogAlarm alarm;
  alarm.text = std::string("ALARM: the server's list of keys ") +
               (fit == LogFit::kSmaller ? "became shorter" : "is not the one that this device knows") + ": it was " +
               describe_log_head(before) + "; it is " + describe_log_head(shown) + ". " + kTwoListsAdvice;
  alarm.subject = subject_of_heads("log head", before, shown);
  alarm.key = state_.key;
  alarm.held = before;
  alarm.shown = shown;
  return alarms_.raise(alarm) && adopt(shown);
}

void KeyLog::ask(const std::vector<uint64_t>& sizes, Grown done, std::function<void(LogFit)> failed) {
  v1::ClientFrame frame;
  v1::GetLogHead& request = *frame.mutable_get_log_head();
  request.add_from(state_.head.size);
  for (const uint64_t size : sizes) request.add_from(size);
  const Bytes root = state_.head.root;
  server_.ask(std::move(frame), [this, session = session_, root, count = sizes.size() + 1, done = std::move(done),
                                 failed = std::move(failed)](const Result<v1::ServerFrame*>& answer) {
    // A broken link is no silence of the server.
    if (session != session_ || answer.code() == Code::kLocalUnreachable) return failed(LogFit::kNotYet);
    const bool whole = answer.ok() && (*answer)->has_log_growth() &&
                       static_cast<size_t>((*answer)->log_growth().paths_size()) == count;
    if (!whole) {
      missing();
      return failed(LogFit::kNoAnswer);
    }
    // Another answer came first, and the proof is of the head before.
    if (root != state_.head.root) return failed(LogFit::kNotYet);
    const v1::LogGrowth& growth = (*answer)->log_growth();
    std::vector<merkle::Path> paths;
    for (const v1::LogPath& path : growth.paths()) paths.push_back(log_path_of(path));
    const LogHead shown = log_head_of(growth.head());
    if (!take(shown, paths.front())) return failed(LogFit::kNoAnswer);
    paths.erase(paths.begin());
    done(shown, paths);
  });
}

void KeyLog::work() {
  if (!server_.attached() || !pinned() || asking_ || turn_.now_ms() < ask_at_) return;
  ask_at_ = turn_.now_ms() + kRetryMs;
  if (!told_) return void(missing());
  asking_ = true;
  ask(
      {},
      [this](const LogHead&, const std::vector<merkle::Path>&) {
        asking_ = false;
        current_ = true;
        ask_at_ = turn_.now_ms() + kAskEveryMs;
        turn_.wake();
      },
      [this](LogFit) {
        asking_ = false;
        turn_.wake();
      });
}

void KeyLog::fit(std::vector<LogHead> heads, Fits done) {
  FC_CHECK(heads.size() <= kMaxHeads);
  std::vector<uint64_t> sizes;
  for (const LogHead& head : heads) sizes.push_back(head.size);
  const size_t count = heads.size();
  ask(
      sizes,
      [heads = std::move(heads), done](const LogHead& newest, const std::vector<merkle::Path>& paths) {
        std::vector<LogFit> fits;
        for (size_t i = 0; i < heads.size(); ++i) fits.push_back(log_continues(heads[i], newest, paths[i]));
        done(fits);
      },
      [count, done](LogFit why) { done(std::vector<LogFit>(count, why)); });
}

void KeyLog::rolled_back(const Error&) {
  (void)load();
  current_ = asking_ = false;
  ++session_;
  ask_at_ = turn_.now_ms() + kRetryMs;
}

int64_t KeyLog::next_wake() const {
  return server_.attached() && pinned() && !asking_ ? ask_at_ : Loop::kNever;
}

}  // namespace fastchat::client
