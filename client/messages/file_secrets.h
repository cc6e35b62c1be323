// File secrets of the local store, packed as bytes to be sealed: length-prefixed fields. Pure.
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
  std::optional<e2e::MessageId> reply_to;  // the message that the file's message answers
  Bytes name_hash{};                       // of the send (SendOptions::name), 32 bytes; or empty
};

e2e::Secret pack(const UploadSecret& upload);
std::optional<UploadSecret> unpack_upload(ByteView bytes);
e2e::Secret pack(const e2e::FileInfo& info);
std::optional<e2e::FileInfo> unpack_info(ByteView bytes);

}  // namespace fastchat::client
