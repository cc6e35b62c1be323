// The rules of the messages about groups (PROTOCOL.md, "Groups" and section 7). Only wire.cc uses them. Pure.
#pragma once

#include "proto/client.pb.h"

namespace fastchat::wire {

bool fits(const v1::PutGroup& m);
bool fits(const v1::GetGroup& m);
bool fits(const v1::Group& m);
bool fits(const v1::Groups& m);

}  // namespace fastchat::wire
