// The state of a message that `send --wait` waits for. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/cli/options.h"
#include "client/runtime/listener.h"
#include "common/result.h"

namespace fastchat::cli {

// Returns true when an accepted message is where the command waits for it to be. A message to a group has to be there
// for all members.
bool reached(Awaited awaited, const client::ReceiptEvent& event);
// Fails for `read` and a message of `me` to oneself, which nobody else reads.
Result<> may_await(Awaited awaited, const client::PeerName& to, std::string_view me);
// Returns "the message is queued, not delivered yet", or the same with numbers for a group.
std::string not_reached(Awaited awaited, const client::ReceiptEvent& event);
// Returns the receipt that an own message has by now; nullopt while no server has answered. `server`: see explain().
std::optional<client::ReceiptEvent> receipt_of(const client::ChatMessage& message, const std::string& server);
// Returns an accepted message as `send --json` prints it.
std::string accepted_json(const client::ReceiptEvent& event);

}  // namespace fastchat::cli
