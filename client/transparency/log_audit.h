// The audit of the log of keys that a person asks for: reads all leaves, computes the root and compares it with the
// newest signed head, and looks for accounts whose keys are not one line of signed changes. Holds each name of the log
// in memory while it runs, some 150 bytes each, and refuses a log of more than 8,000,000 leaves. Lives on the session's
// thread; changes nothing but the list of alarms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/transparency/key_log.h"

namespace fastchat::client {

struct LogAuditReport {
  LogHead head;             // the signed head that was checked
  bool root_holds = false;  // the listed keys make its root
  uint64_t accounts = 0;
  uint64_t changed = 0;  // accounts with several keys, each signed by the one before
  uint64_t deleted = 0;  // accounts that were deleted; the server shows no changes of theirs any more
  std::vector<std::string> unsigned_changes;  // accounts whose keys are not one line of signed changes
  std::vector<store::LogAlarmRow> alarms;     // kept on this device, the oldest first
};

class LogAudit final : public TurnPart {
 public:
  using Done = std::function<void(const Result<LogAuditReport>&)>;
  LogAudit(Turn& turn, Server& server, store::LogTable& table, const Account& account, KeyLog& log, LogAlarms& alarms)
      : turn_(turn), server_(server), table_(table), account_(account), log_(log), alarms_(alarms) {}

  // Starts an audit, or waits for the one that runs. Fails with kLocalUnreachable, kNotAllowed (the server keeps no
  // log, or not the one that this device knows), kTooLarge, kLocalTimeout (the server does not show the log),
  // kLocalDisk.
  void run(Done done);
  // Returns the alarms that this device keeps, the oldest first. Works offline. Fails with kLocalDisk.
  Result<std::vector<store::LogAlarmRow>> alarms() { return table_.alarms(); }

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override {
    return waiting_.empty() || asking_ || !server_.attached() ? Loop::kNever : ask_at_;
  }

 private:
  static constexpr int64_t kAgainMs = 1'000;
  static constexpr uint64_t kMaxLeaves = 8'000'000;
  static constexpr int kTries = 30;  // in a row without an answer

  struct Run {
    LogAuditReport report;
    merkle::Frontier tree;
    std::unordered_map<std::string, Bytes> only;        // accounts with one key
    std::map<std::string, std::vector<Bytes>> several;  // accounts with more leaves, whose changes are to be checked
    std::string checked;                                // the last of `several` whose changes were checked
  };
  void begin();
  void ask_leaves();
  void on_leaves(const Result<v1::ServerFrame*>& answer);
  void add(const v1::LogLeaf& leaf);
  void compare_root();
  void ask_changes();
  void on_changes(const std::string& user, const Result<v1::ServerFrame*>& answer);
  bool one_line(const std::string& user, const std::vector<Bytes>& leaves, const v1::Rekeys& rekeys) const;
  bool retries();
  void end(Result<LogAuditReport> result);

  Turn& turn_;
  Server& server_;
  store::LogTable& table_;
  const Account& account_;
  KeyLog& log_;
  LogAlarms& alarms_;
  std::vector<Done> waiting_;
  std::optional<Run> run_;
  bool asking_ = false;
  int tries_ = 0;
  uint64_t number_ = 0;  // of the audit: an answer to an earlier one is dropped
  int64_t ask_at_ = 0;   // ms, monotonic
};

}  // namespace fastchat::client
