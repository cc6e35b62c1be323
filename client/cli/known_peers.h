// The names that a person may have meant: contacts and conversations of this profile.
#pragma once

#include <string>

#include "client/session/session.h"

namespace fastchat::cli {

// Returns "no conversation with bbo: did you mean bob?" when nobody here has the name and somebody has a similar one;
// else an empty string.
std::string mistyped_peer(client::Session& session, const client::PeerName& name);

}  // namespace fastchat::cli
