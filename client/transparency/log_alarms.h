// Alarms about the log of keys: kept on disk with the two heads that do not fit, and told once. Lives on the session's
// thread; an alarm joins the turn.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "client/runtime/turn.h"
#include "client/store/log_table.h"

namespace fastchat::client {

struct LogAlarm {
  store::ConversationId peer{};  // empty: about the account
  std::string text;              // one line, for people
  Bytes subject;                 // alarms with the same subject are one; any bytes
  Bytes key{};                   // the log key that was shown and signed the shown head if there is one; else empty
  LogHead held{}, shown{};       // perhaps without a signature
  bool anywhere = false;         // alarms with this subject are one in all conversations together, not in each
};

class LogAlarms {
 public:
  // Adds a line to the conversation, or one about the account. `about`: 32 bytes that identify the alarm. Joins the
  // turn; false means that the turn failed.
  using Tell = std::function<bool(const LogAlarm& alarm, const Bytes& about)>;
  LogAlarms(Turn& turn, store::LogTable& table, Tell tell) : turn_(turn), table_(table), tell_(std::move(tell)) {}

  // Keeps the alarm and tells the person, unless there is one with this subject. Returns false when the turn failed.
  bool raise(const LogAlarm& alarm);

 private:
  Turn& turn_;
  store::LogTable& table_;
  const Tell tell_;
};

}  // namespace fastchat::client
