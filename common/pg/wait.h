// The database at the start of a server: it may come up later than the server, at boot above all.
#pragma once

#include <functional>

#include "common/result.h"

namespace fastchat::pg {

// Calls `prepare` until it answers something else than kBusy (pg_error.h: what passes by itself), and answers that.
// Between two calls it pauses, half a second at first and then longer, up to five seconds. The first failure, each
// other one, and one a minute are a line in the log; systemd is told. Blocks: for the start of a program, before its
// loop.
Result<> wait_for_database(const std::function<Result<>()>& prepare);

}  // namespace fastchat::pg
