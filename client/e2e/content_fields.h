// The rules for the fields of each kind of content (docs/e2e.md), checked before sealing and after opening. Pure.
#pragma once

#include "proto/content.pb.h"

namespace fastchat::e2e {

bool valid(const v1::content::Text& m);
bool valid(const v1::content::File& m);
bool valid(const v1::content::GroupKey& m);
bool valid(const v1::content::ReadReceipt& m);
bool valid(const v1::content::Rekey& m);
bool valid(const v1::content::GroupKeyRequest& m);
bool valid(const v1::content::GroupLeave& m);
bool valid(const v1::content::Edit& m);
bool valid(const v1::content::Delete& m);
bool valid(const v1::content::Reaction& m);
bool valid(const v1::content::Poll& m);
bool valid(const v1::content::Vote& m);
bool valid(const v1::content::CardUse& m);
bool valid(const v1::content::Head& m);

}  // namespace fastchat::e2e
