// Runs the calls of a window (calls.h) on a session: in the holder for its windows, and in a window that has become the
// holder for its unconfirmed changes. Lives on the session's thread.
#pragma once

#include <string>

#include "client/tui/adapters/session_adapters.h"
#include "common/json.h"
#include "common/result.h"

namespace fastchat::tui {

struct RunnableCall {
  const char* name;
  bool asks;  // the result is an answer; the result of a change is null
  // Runs the call and wipes passwords in `params`. Fails with kLocalUsage when a parameter is wrong.
  Result<std::string> (*run)(SessionAdapters& on, JsonValue& params);
};

// Returns the call of this name, or null.
const RunnableCall* find_call(const std::string& name);

}  // namespace fastchat::tui
