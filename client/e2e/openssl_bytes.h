// Bytes as OpenSSL's functions take them.
#pragma once

#include "common/bytes.h"

namespace fastchat::e2e {

inline const unsigned char* u8(ByteView v) {
  return reinterpret_cast<const unsigned char*>(v.data());
}
inline unsigned char* u8(char* p) {
  return reinterpret_cast<unsigned char*>(p);
}

}  // namespace fastchat::e2e
