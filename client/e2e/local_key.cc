#include "client/e2e/local_key.h"

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/seal.h"

namespace fastchat::e2e {
namespace {

Secret box_key(const KeyPair& pair) {
  const Secret der = pair.pkcs8();
  const Bytes name = label("local-key");
  Secret input(name.size() + der.size());
  name.copy(input.data(), name.size());
  der.view().copy(input.data() + name.size(), der.size());
  Bytes hash = sha256(input.view());
  return Secret::take(hash);
}

Bytes box_context(const Identity& identity) {
  return concat({"local-key", lp(identity.realm()), lp(identity.user())});
}

}  // namespace

Bytes seal_local_key(const Identity& identity, const Secret& local_key, Random& random) {
  FC_CHECK(local_key.size() == kKey);
  return seal(box_key(identity.key()).view(), box_context(identity), local_key.view(), random);
}

Result<Secret> open_local_key(const Identity& identity, ByteView box) {
  for (const KeyPair& pair : identity.keys()) {
    Result<Secret> key = open(box_key(pair).view(), box_context(identity), box);
    if (key.ok() && key->size() == kKey) return key;
  }
  return err(Code::kLocalCrypto, "the key of the local data does not open");
}

}  // namespace fastchat::e2e
