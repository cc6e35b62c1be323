// Every configurable value of the client core. Times are in milliseconds. PROTOCOL.md sections 3 and 4 give the values
// that the servers rely on.
#pragma once

#include <string>
#include <vector>

#include "client/core/types.h"

namespace fastchat::core {

struct Config {
  std::vector<Endpoint> brokers;  // at least one; tried in turn
  Bytes realm;                    // 16 bytes, compared with the broker's
  std::string agent = "fastchat";
  bool signals = false;  // send and receive signals (PROTOCOL.md section 4)

  uint32_t window = 1024;  // maximum of sends without a receipt; Attached.window may lower it

  int64_t connect_timeout_ms = 5'000;  // until the broker's hello, or the worker's attached
  int64_t answer_timeout_ms = 10'000;  // wait for the answer to a login, sign-up or request, and for the assignment
  int64_t ping_after_ms = 10'000;      // time without a send, or without an answer, before a ping
  int64_t silence_after_ping_ms = 20'000;
  int64_t measure_every_ms = 0;  // interval of round-trip measurements while live; 0: never
  int64_t backoff_first_ms = 250;
  int64_t backoff_max_ms = 4'000;
  int64_t steady_after_ms = 10'000;  // a session that lasted this long starts the backoff anew
  int untrusted_after = 3;           // failed handshakes in a row, none completed before: the key is not the pinned one

  int64_t receipt_timeout_ms = 10'000;
  int64_t resend_first_ms = 500;  // first wait before a resend, after BUSY or THROTTLED
  int64_t resend_max_ms = 4'000;
  // Intervals between queries about messages in the recipient's queue. A database that failed over may have lost them.
  int64_t recheck_first_ms = 120'000;
  int64_t recheck_max_ms = 1'800'000;
  size_t max_recheck = 256;  // messages per recheck, the oldest first

  int64_t hole_timeout_ms = 10'000;
  // Wait for earlier messages of a stream that a newly logged-in device has never seen. Longer than the time after
  // which a dead worker is given up.
  int64_t join_timeout_ms = 3'000;
};

}  // namespace fastchat::core
