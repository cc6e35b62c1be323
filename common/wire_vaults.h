// The rules of the messages about vaults (PROTOCOL.md, section 7). Only wire.cc uses them. Pure.
#pragma once

#include "proto/client.pb.h"

namespace fastchat::wire {

bool fits(const v1::PutVault& m);
bool fits(const v1::PutVaultParts& m);
bool fits(const v1::GetVaultParts& m);
bool fits(const v1::VaultParts& m);

}  // namespace fastchat::wire
