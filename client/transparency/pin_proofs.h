// Looks for the keys of all contacts, and for this user's own key, in the log of keys: once for each key, 64 in a
// question, in the background. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/contacts/key_lookup.h"
#include "client/transparency/key_log.h"
#include "common/wire.h"

namespace fastchat::client {

class PinProofs final : public TurnPart {
 public:
  PinProofs(Turn& turn, Server& server, store::LogTable& table, const Account& account, const PinBook& pins,
            KeyLookup& look_ups, KeyLog& log, LogAlarms& alarms)
      : turn_(turn),
        server_(server),
        table_(table),
        account_(account),
        pins_(pins),
        look_ups_(look_ups),
        log_(log),
        alarms_(alarms) {}

  Result<> load();
  // Notes that a session began: names that were in doubt are asked for again.
  void attached();
  // Forgets what was proven: another list began. Joins the turn.
  void forget();

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr size_t kMaxNames = wire::kMaxLogProofs;  // in one question
  static constexpr int64_t kAgainMs = 10'000;

  // A name whose newest leaf was another key, or none.
  enum class Doubt {
    kLookingUp,     // the server is asked for the key once more
    kAskAgain,      // the log is asked once more
    kAskOfUnknown,  // the same, and the server knows no such user
    kUnknown,       // the server knows no such user, and the log agrees
    kOver,          // told: the next session asks again
  };
  Bytes key_of(const std::string& user) const;
  bool proves(const std::string& user) const;
  std::vector<std::string> next_names() const;
  void reopen_found();
  void on_proofs(const std::vector<std::string>& names, const Result<v1::ServerFrame*>& answer);
  void judge(const std::vector<std::string>& names, const v1::LogProofs& proofs, LogFit fit);
  bool judge_one(const std::string& user, const v1::LogProof* proof, const LogHead& head);
  bool doubt(const std::string& user, const v1::LogProof* proof, bool included, const LogHead& head);
  void look_up(const std::string& user, bool ended);
  bool raise(const std::string& user, const v1::LogProof* proof, const LogHead& head);
  void settled();
  bool failed();

  Turn& turn_;
  Server& server_;
  store::LogTable& table_;
  const Account& account_;
  const PinBook& pins_;
  KeyLookup& look_ups_;
  KeyLog& log_;
  LogAlarms& alarms_;
  std::map<std::string, Bytes, std::less<>> proven_;  // fingerprints by user; on disk, too
  std::map<std::string, Doubt, std::less<>> doubts_;
  uint64_t seen_ = 0;  // the pins' generation when nothing was left to ask
  bool asking_ = false;
  uint64_t session_ = 0;
  int64_t ask_at_ = 0;          // ms, monotonic
  int64_t unproven_since_ = 0;  // Unix ms: some key is not proven since then; on disk, too
};

}  // namespace fastchat::client
