// The error for a name that no user has, with the known name that is nearest to it. Pure.
#pragma once

#include <string_view>

#include "client/contacts/pin_book.h"
#include "common/result.h"

namespace fastchat::client {

// Returns kUnknownUser with one line, such as "no such user: bbo: did you mean bob?". `pins`: the known users.
Error no_such_user(const PinBook& pins, std::string_view name);

}  // namespace fastchat::client
