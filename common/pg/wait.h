// The wait for the database at the start of a server: the database may start later than the server, above all at boot.
#pragma once

#include <functional>

#include "common/result.h"

namespace fastchat::pg {

// Calls `prepare` until it returns anything else than kBusy (pg_error.h: a temporary failure), and returns that result.
// Pauses between two calls, half a second at first and then longer, up to five seconds. Logs the first failure, each
// different one, and one a minute, and reports the wait to systemd. Blocks: for the start of a program, before its
// loop.
Result<> wait_for_database(const std::function<Result<>()>& prepare);

}  // namespace fastchat::pg
