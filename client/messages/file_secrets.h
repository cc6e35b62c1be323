// Secrets that the local store keeps about files, as bytes to be sealed: length-prefixed fields, and the places they
// belong to (so that rows cannot be swapped). Pure.
#pragma once

#include <optional>
#include <string>

#include "client/e2e/content.h"
#include "client/e2e/secret.h"
#include "common/bytes.h"

namespace fastchat::client {

struct UploadSecret {
  e2e::Secret key;  // 32
  std::string path, name, media_type;
  std::optional<e2e::MessageId> reply_to;  // what its message answers
};

e2e::Secret pack(const UploadSecret& upload);
std::optional<UploadSecret> unpack_upload(ByteView bytes);
e2e::Secret pack(const e2e::FileInfo& info);
std::optional<e2e::FileInfo> unpack_info(ByteView bytes);

}  // namespace fastchat::client
