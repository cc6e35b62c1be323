// The rules of the messages about contacts and cards (PROTOCOL.md, "Contacts" and section 7). Only wire.cc uses them.
// Pure.
#pragma once

#include "proto/client.pb.h"

namespace fastchat::wire {

// Accept users in strictly ascending order, then groups likewise, so that none is named twice.
bool fits(const v1::PutContacts& m);
bool fits(const v1::Contacts& m);

bool fits(const v1::GetContacts& m);
bool fits(const v1::PutCard& m);
bool fits(const v1::RedeemCard& m);

}  // namespace fastchat::wire
