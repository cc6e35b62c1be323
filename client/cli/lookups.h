// The methods that read the data of a profile's holder and that are no command of the command line: version,
// connection; and `mark`, which writes. docs/rpc.md describes the methods.
#pragma once

#include <optional>
#include <string>

#include "client/session/session.h"
#include "common/json.h"

namespace fastchat::cli {

// Returns the result as JSON; nullopt when there is no such method here. Fails with kLocalUsage for wrong parameters.
std::optional<Result<std::string>> look_up(client::Session& session, const std::string& method,
                                           const JsonValue& params);

}  // namespace fastchat::cli
