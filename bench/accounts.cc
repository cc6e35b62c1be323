#include "bench/accounts.h"

#include "common/hash.h"
#include "common/wire.h"

namespace fastchat::bench {
namespace {

// The size of a signed state of suite 1: keys, hashes and signature, and for each member a name and a fingerprint.
constexpr size_t kStateHead = 1100, kStateMember = 50;
constexpr size_t kNameDigits = 16;

}  // namespace

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

Bytes Accounts::group_id(Members m) const {
  return sha256(
      {"FastChat/1/bench-group", ByteView("\0", 1), name(m.first), ByteView("\0", 1), name(m.first + m.count)});
}

std::string Accounts::group_name(Members m) const {
  return "bench-" + to_hex(group_id(m)).substr(0, kNameDigits);
}

Bytes Accounts::group_state(Members m) const {
  Bytes state = group_id(m);
  state.resize(kStateHead + kStateMember * static_cast<size_t>(m.count), 'x');
  return state;
}

Bytes verifier_of(ByteView auth) {
  return sha256({"FastChat/1/verifier", ByteView("\0", 1), auth});
}

}  // namespace fastchat::bench
