// Heads of the log of keys between people: what this device sends in a conversation, and whether the heads of others
// are of the list that this device sees. So a server that shows two lists is found by the first two people who write to
// each other. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/e2e/content.h"
#include "client/transparency/key_log.h"

namespace fastchat::client {

class HeadGossip final : public TurnPart {
 public:
  HeadGossip(Turn& turn, Server& server, store::LogTable& table, const Account& account, KeyLog& log, LogAlarms& alarms)
      : turn_(turn), server_(server), table_(table), account_(account), log_(log), alarms_(alarms) {}

  Result<> load();
  void attached();
  // Returns the head to send after a message that the person wrote in this conversation: once in 24 hours, or in 7
  // days in a group and while no head came from there, because an earlier version puts heads aside with a line for its
  // person. nullopt: none is due, nobody else wrote there, or no log is known. Counts it as sent; joins the turn.
  std::optional<LogHead> due(const store::ConversationId& peer);
  // Takes a head that `from` (perhaps another device of this user) sent in a conversation. Returns false when the turn
  // failed.
  bool on_head(const store::ConversationId& peer, const std::string& from, const LogHead& head);

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr int64_t kWeekMs = 7 * KeyLog::kDayMs;
  // Heads that are not proven yet, one of a sender and conversation. The first of a sender is kept: it may be the one
  // that does not fit. A lost head comes again the next day.
  static constexpr size_t kMaxHeads = 256;

  bool known(const LogHead& head) const;
  bool drop(const store::LogHeadRow& row);
  LogAlarm alarm(const store::LogHeadRow& row, const std::string& what, ByteView subject) const;
  bool not_signed(const store::LogHeadRow& row);
  void judge(const std::vector<store::LogHeadRow>& asked, const std::vector<LogFit>& fits);
  bool judge_one(const store::LogHeadRow& row, LogFit fit);

  Turn& turn_;
  Server& server_;
  store::LogTable& table_;
  const Account& account_;
  KeyLog& log_;
  LogAlarms& alarms_;
  std::vector<store::LogHeadRow> heads_;  // on disk, too
  bool asking_ = false;
  uint64_t session_ = 0;
  int64_t ask_at_ = 0;  // ms, monotonic
};

}  // namespace fastchat::client
