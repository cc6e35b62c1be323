#include "client/transparency/log_alarms.h"

#include "client/e2e/hash.h"

namespace fastchat::client {

bool LogAlarms::raise(const LogAlarm& alarm) {
  if (!turn_.begin()) return false;
  store::LogAlarmRow row;
  row.at_ms = turn_.wall_ms();
  row.subject =
      e2e::sha256(e2e::concat({e2e::lp(alarm.anywhere ? std::string("*") : alarm.peer.stored()), alarm.subject}));
  row.peer = alarm.peer;
  row.text = alarm.text;
  row.key = alarm.key;
  row.held = alarm.held;
  row.shown = alarm.shown;
  const Result<bool> added = table_.add_alarm(row);
  if (!turn_.check(added)) return false;
  return !*added || tell_(alarm, row.subject);
}

}  // namespace fastchat::client
