// CURVE key pairs, the realm, the key of the log of keys, their files, and the invite line that carries them to a
// client. Functions without state.
// The file functions do disk I/O and are for start-up.
//
//   auto pair = load_or_create_curve_pair("keys/cluster.key");   // Result<CurvePair>
//   format_invite_line({"chat.example.org", 7999, pair->public_key, *realm, {}});
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/log_head.h"
#include "common/result.h"

namespace fastchat {

inline constexpr size_t kCurveKeySize = 32;
inline constexpr size_t kRealmSize = 16;

struct CurvePair {
  Bytes public_key;  // 32 bytes each, raw (not Z85)
  Bytes secret_key;
};

CurvePair make_curve_pair();

// Returns the pair of a 32-byte secret key. Fails with kMalformed for another size.
Result<CurvePair> curve_pair_of(ByteView secret_key);

// Loads a pair from a key file of one line, the secret key in base64url. Others must not be able to read the file (mode
// 0600). Fails with kLocalDisk; the text names the file and the remedy.
Result<CurvePair> load_curve_pair(const std::string& path);

// Loads the pair or, when there is no file, makes one: directory 0700, file 0600, written completely or not at all.
// Programs that call this at the same time end up with the same pair.
Result<CurvePair> load_or_create_curve_pair(const std::string& path);

// Loads the realm from a file of one line, the 16 bytes in base64url. The realm is not secret.
Result<Bytes> load_realm(const std::string& path);
Result<Bytes> load_or_create_realm(const std::string& path);

// Loads the key pair of the log of keys from a file like that of a CURVE pair. nullopt: there is no file.
Result<std::optional<LogKeyPair>> find_log_key(const std::string& path);
Result<LogKeyPair> load_or_create_log_key(const std::string& path);

// Loads a foreign public key from a file with one line of 32 bytes in base64url (a broker's key, for bench and tests).
Result<Bytes> load_public_key(const std::string& path);

struct InviteLine {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  uint16_t port = 0;
  Bytes key;        // the broker's CURVE public key, 32 bytes
  Bytes realm;      // 16 bytes
  Bytes log_key{};  // the public key of the log of keys, 32 bytes; empty: the line does not name it

  // Returns "tcp://host:port" for libzmq (IPv6 in brackets).
  std::string endpoint() const;
};

// Parses fastchat://host:port/?key=<base64url>&realm=<base64url>&log=<base64url>, exactly: `log` may be missing, each
// parameter comes once, in any order, and nothing else. Ignores white space around the line. Fails with kMalformed; the
// text names the wrong part. Clients of before version 5 of the protocol refuse a line with `log`.
Result<InviteLine> parse_invite_line(std::string_view text);
std::string format_invite_line(const InviteLine& line);

}  // namespace fastchat
