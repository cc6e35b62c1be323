// Byte strings. std::string holds bytes everywhere (protobuf, libzmq and SQLite all take it). ByteView is a view of a
// byte string. Pure functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fastchat {

using Bytes = std::string;
using ByteView = std::string_view;

// Big-endian, as in all bytes that are hashed or put in a topic.
inline void put_u32(Bytes& out, uint32_t v) {
  for (int s = 24; s >= 0; s -= 8) out.push_back(static_cast<char>(v >> s));
}
inline void put_u64(Bytes& out, uint64_t v) {
  for (int s = 56; s >= 0; s -= 8) out.push_back(static_cast<char>(v >> s));
}
inline uint32_t get_u32(const char* p) {
  uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v = v << 8 | static_cast<uint8_t>(p[i]);
  return v;
}
inline uint64_t get_u64(const char* p) {
  uint64_t v = 0;
  for (int i = 0; i < 8; ++i) v = v << 8 | static_cast<uint8_t>(p[i]);
  return v;
}

// Returns `text` without the blanks, tabs and line ends at its beginning and end.
std::string_view trimmed(std::string_view text);

// Return lower-case hex of `in`, and the bytes of hex. from_hex returns nullopt on an odd length or a non-hex digit
// (both cases of letters accepted).
std::string to_hex(ByteView in);
std::optional<Bytes> from_hex(std::string_view in);

// Convert to and from RFC 4648 base64url without padding. from_base64url returns nullopt on any text that to_base64url
// would not produce.
std::string to_base64url(ByteView in);
std::optional<Bytes> from_base64url(std::string_view in);
// Returns RFC 4648 base64 with padding, as terminals expect it.
std::string to_base64(ByteView in);

// Returns true when `s` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool valid_utf8(std::string_view s);

}  // namespace fastchat
