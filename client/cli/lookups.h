// The methods that read what the holder of a profile has, and no command of the command line does: version, connection,
// conversations, contacts; and `mark`, which writes. docs/rpc.md describes them.
#pragma once

#include <optional>
#include <string>

#include "client/session/session.h"
#include "common/json.h"

namespace fastchat::cli {

// The result, as JSON; nullopt: there is no such method here. kLocalUsage for wrong parameters.
std::optional<Result<std::string>> look_up(client::Session& session, const std::string& method,
                                           const JsonValue& params);

}  // namespace fastchat::cli
