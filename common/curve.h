// CURVE key pairs, the realm, their files, and the invite line that carries both to a client. Functions without state;
// the file functions do disk I/O and are for start-up.
//
//   auto pair = load_or_create_curve_pair("keys/cluster.key");   // Result<CurvePair>
//   format_invite_line({"chat.example.org", 7999, pair->public_key, *realm});
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat {

inline constexpr size_t kCurveKeySize = 32;
inline constexpr size_t kRealmSize = 16;

struct CurvePair {
  Bytes public_key;  // 32 bytes each, raw (not Z85)
  Bytes secret_key;
};

CurvePair make_curve_pair();

// The pair of a 32-byte secret key; kMalformed for another size.
Result<CurvePair> curve_pair_of(ByteView secret_key);

// A key file holds one line, the secret key in base64url; it must not be readable by others (mode 0600). Errors are
// kLocalDisk and name the file and what to do.
Result<CurvePair> load_curve_pair(const std::string& path);

// Loads it or, when there is no such file, makes one: directory 0700, file 0600, written whole or not at all. Programs
// that do this at the same time end up with the same pair.
Result<CurvePair> load_or_create_curve_pair(const std::string& path);

// A realm file holds one line, the 16 bytes in base64url. Not secret.
Result<Bytes> load_realm(const std::string& path);
Result<Bytes> load_or_create_realm(const std::string& path);

// A file with one line of 32 bytes in base64url: the public key of somebody else (a broker's, for bench and tests).
Result<Bytes> load_public_key(const std::string& path);

struct InviteLine {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  uint16_t port = 0;
  Bytes key;    // the broker's CURVE public key, 32 bytes
  Bytes realm;  // 16 bytes

  // "tcp://host:port", as libzmq takes it (IPv6 in brackets).
  std::string endpoint() const;
};

// fastchat://host:port/?key=<base64url>&realm=<base64url>, exactly: both parameters once, in either order, nothing
// else. White space around it is ignored. kMalformed says which part is wrong.
Result<InviteLine> parse_invite_line(std::string_view text);
std::string format_invite_line(const InviteLine& line);

}  // namespace fastchat
