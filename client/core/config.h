// Every figure of the core. Milliseconds; PROTOCOL.md sections 3 and 4 give those that the servers rely on.
#pragma once

#include <string>
#include <vector>

#include "client/core/types.h"

namespace fastchat::core {

struct Config {
  std::vector<Endpoint> brokers;  // at least one; tried in turn
  Bytes realm;                    // 16 bytes, compared with the broker's
  std::string agent = "fastchat";
  bool signals = false;  // send and take signals (PROTOCOL.md section 4)

  uint32_t window = 1024;  // sends without a receipt, together with Attached.window

  int64_t connect_timeout_ms = 5'000;  // until the broker's hello, or the worker's attached
  int64_t answer_timeout_ms = 10'000;  // login, sign-up, assignment, requests
  int64_t ping_after_ms = 10'000;      // of having sent nothing
  int64_t silence_after_ping_ms = 20'000;
  int64_t measure_every_ms = 0;  // the round trip, while live; 0: never
  int64_t backoff_first_ms = 250;
  int64_t backoff_max_ms = 4'000;
  int64_t steady_after_ms = 10'000;  // a session that lasted this long starts the backoff anew
  int untrusted_after = 3;           // handshakes failed in a row, never one completed: the key is not the pinned one

  int64_t receipt_timeout_ms = 10'000;
  int64_t resend_first_ms = 500;  // after BUSY or THROTTLED
  int64_t resend_max_ms = 4'000;
  // Messages in the recipient's queue are asked about again: a database that failed over may have lost them.
  int64_t recheck_first_ms = 120'000;
  int64_t recheck_max_ms = 1'800'000;
  size_t max_recheck = 256;  // the oldest ones, at a time

  int64_t hole_timeout_ms = 10'000;
  // On a device that has just logged in, of a stream it never saw: how long an earlier message may still come. Longer
  // than a worker that died is waited for.
  int64_t join_timeout_ms = 3'000;
};

}  // namespace fastchat::core
