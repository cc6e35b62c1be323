#include "common/fingerprint.h"

#include "common/hash.h"

namespace fastchat {

Bytes key_fingerprint(ByteView realm, std::string_view user, ByteView spki) {
  Bytes data("FastChat/1/id\0", 14);
  for (const ByteView part : {realm, ByteView(user), spki}) {
    put_u32(data, static_cast<uint32_t>(part.size()));
    data.append(part);
  }
  return sha256(data);
}

}  // namespace fastchat
