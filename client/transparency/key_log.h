// The log of keys as this profile knows it: the pinned log key and the newest head, each proven to continue the one
// before. Asks the server at each login and once an hour. Lives on the session's thread; writes join the turn.
//
//   log.fit({head}, [](const std::vector<LogFit>& fits) { ... });    // is this signed head of the same list?
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/runtime/server.h"
#include "client/transparency/log_alarms.h"
#include "client/transparency/log_proofs.h"
#include "common/wire.h"

namespace fastchat::client {

class KeyLog final : public TurnPart {
 public:
  static constexpr uint32_t kVersion = 5;                      // of the protocol
  static constexpr size_t kMaxHeads = wire::kMaxLogSizes - 1;  // that one fit() takes beside the kept head
  static constexpr int64_t kDayMs = 86'400'000;
  static constexpr int64_t kRetryMs = 60'000;

  struct Events {
    // The first head was taken, or one that does not continue the one before.
    std::function<void(const LogHead& head)> began;
    // The newest head continues the one before, as `path` proves. Joins the turn.
    std::function<void(const LogHead& before, const LogHead& now, const merkle::Path& path)> grew;
  };
  using Fits = std::function<void(const std::vector<LogFit>&)>;

  // `invite_key`: the log key of an invite line that the person gave, or empty.
  KeyLog(Turn& turn, Server& server, store::LogTable& table, const Account& account, LogAlarms& alarms,
         Bytes invite_key, Events events)
      : turn_(turn),
        server_(server),
        table_(table),
        account_(account),
        alarms_(alarms),
        invite_key_(std::move(invite_key)),
        events_(std::move(events)) {}

  // Reads the state on disk. A log key of an invite line is pinned by a profile without a head. It replaces the pinned
  // key of a head once the broker tells it, too, and has signed a head with it: the line may be an old one.
  Result<> load();
  // Notes that a session began. `told`: the log key that the broker told, or empty.
  void attached(const Bytes& told);
  // Returns true when the server keeps the log of the pinned key and its newest head was judged in this session.
  bool usable() const { return server_.attached() && current_; }
  // Returns true when the server of this session keeps the log of the pinned key.
  bool kept() const { return server_.attached() && told_; }
  // Returns true once the server had time to answer in this session: from then on its silence counts.
  bool fair() const { return server_.attached() && turn_.now_ms() >= fair_at_; }
  // Returns true when a log key is pinned.
  bool pinned() const { return !state_.key.empty(); }
  const LogHead& head() const { return state_.head; }
  const Bytes& key() const { return state_.key; }
  // Returns true for a head that the log key signed.
  bool holds(const LogHead& head) const;
  // Keeps an alarm about a head of the server that the log key did not sign. Returns false when the turn failed.
  bool wrongly_signed(const LogHead& head);
  // Asks the server for proofs that the trees of these heads, which the log key signed, and the newest tree are one
  // list. `done` gets a verdict for each.
  void fit(std::vector<LogHead> heads, Fits done);

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr int64_t kAskEveryMs = 3'600'000;
  static constexpr int64_t kFairMs = kRetryMs;
  using Grown = std::function<void(const LogHead& newest, const std::vector<merkle::Path>& paths)>;
  // Asks for the newest head with proofs from the kept head and from `sizes`; `done` runs with the proofs of `sizes`,
  // or `failed` with kNoAnswer or kNotYet.
  void ask(const std::vector<uint64_t>& sizes, Grown done, std::function<void(LogFit why)> failed);
  bool take(const LogHead& shown, const merkle::Path& path);
  bool adopt(const LogHead& shown);
  void take_invite(const Bytes& told);
  bool missing();
  bool answered();
  bool save();

  Turn& turn_;
  Server& server_;
  store::LogTable& table_;
  const Account& account_;
  LogAlarms& alarms_;
  const Bytes invite_key_;
  const Events events_;
  store::LogStateRow state_;
  uint64_t session_ = 0;   // counts sessions: an answer of an earlier one is dropped
  bool unproven_ = false;  // the key in memory is that of the invite line, and the key on disk another one
  bool told_ = false;      // the broker told the pinned key, and the worker knows the requests
  bool current_ = false;   // the newest head was judged in this session
  bool asking_ = false;
  int64_t ask_at_ = 0;   // ms, monotonic
  int64_t fair_at_ = 0;  // ms, monotonic
};

}  // namespace fastchat::client
