// The state of a message that `send --wait` waits for. Pure.
#pragma once

#include <string>

#include "client/cli/options.h"
#include "client/runtime/listener.h"

namespace fastchat::cli {

// Returns true when an accepted message is where the command waits for it to be. A message to a group has to be there
// for all members.
bool reached(Awaited awaited, const client::ReceiptEvent& event);
// Returns "the message is queued, not delivered yet", or the same with numbers for a group.
std::string not_reached(Awaited awaited, const client::ReceiptEvent& event);
// Returns an accepted message as `send --json` prints it.
std::string accepted_json(const client::ReceiptEvent& event);

}  // namespace fastchat::cli
