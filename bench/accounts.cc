#include "bench/accounts.h"

#include "common/hash.h"
#include "common/wire.h"

namespace fastchat::bench {

std::string Accounts::name(int user) const {
  std::string digits = std::to_string(user);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return prefix_ + digits;
}

Bytes Accounts::auth(int user) const {
  return sha256({"FastChat/1/bench-auth", ByteView("\0", 1), name(user), ByteView("\0", 1), password_});
}

Bytes Accounts::device(int user) const {
  return sha256({"FastChat/1/bench-device", ByteView("\0", 1), name(user)}).substr(0, wire::kDeviceId);
}

Bytes verifier_of(ByteView auth) {
  return sha256({"FastChat/1/verifier", ByteView("\0", 1), auth});
}

}  // namespace fastchat::bench
