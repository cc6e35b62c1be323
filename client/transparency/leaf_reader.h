// Reads the leaves of the log of keys from this profile's first head on, in the background: computes the root and
// compares it with a signed one, and looks for keys of this user that are not this user's. Lives on the session's
// thread; writes join the turn.
//
// A page has at most 4,096 leaves of some 60 bytes (240 KB, 12,000 hashes), and a turn reads one. 64 pages in 24 hours
// are 262,144 leaves, a quarter of the accounts of a server of a million, and 16 MB for a device that was away. A log
// that grows faster is read later, never left out; one that grew by 30 days of reading at once is an alarm, because its
// root would not come up for comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/contacts/pin_book.h"
#include "client/transparency/key_log.h"
#include "common/wire.h"

namespace fastchat::client {

class LeafReader final : public TurnPart {
 public:
  static constexpr int64_t kPagesPerDay = 64;

  LeafReader(Turn& turn, Server& server, store::LogTable& table, const Account& account, KeyLog& log, LogAlarms& alarms)
      : turn_(turn), server_(server), table_(table), account_(account), log_(log), alarms_(alarms) {}

  Result<> load();
  void attached();
  // Begins at this head: the leaves before are not read. Joins the turn.
  void begin(const LogHead& head);
  // Takes the subtrees of `before` out of the proof when reading begins there. Joins the turn.
  void grew(const LogHead& before, const LogHead& now, const merkle::Path& path);
  // Returns the number of leaves that were read or need not be.
  uint64_t size() const { return row_.size; }

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr int64_t kPageEveryMs = 1'000;
  static constexpr uint64_t kMaxUnread = uint64_t{30} * kPagesPerDay * wire::kMaxLogLeaves;

  bool due() const;
  bool may_read();
  bool aim();
  void on_leaves(const Result<v1::ServerFrame*>& answer);
  void check_own(const std::vector<v1::LogLeaf>& own, const merkle::Frontier& read);
  bool own_alarm(const v1::LogLeaf& leaf);
  bool put(const merkle::Frontier& read);
  bool stuck(Code why);
  bool save() { return turn_.begin() && turn_.check(table_.put_read(row_)); }

  Turn& turn_;
  Server& server_;
  store::LogTable& table_;
  const Account& account_;
  KeyLog& log_;
  LogAlarms& alarms_;
  store::LogReadRow row_;
  bool asking_ = false;
  uint64_t session_ = 0;
  int64_t ask_at_ = 0;  // ms, monotonic
};

}  // namespace fastchat::client
