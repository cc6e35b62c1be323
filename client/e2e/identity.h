// A user's identity: key pairs (the newest signs, old ones only read), fingerprints, and the blob the server keeps of
// it. Pure; made once at login and then only read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/random.h"
#include "client/e2e/rsa.h"
#include "common/result.h"

namespace fastchat::e2e {

// H(label"id" | L(realm) | L(user) | L(spki)), 32 bytes.
Bytes fingerprint(ByteView realm, std::string_view user, ByteView spki);

// Someone's key as this client believes it: from a pin, or from a server's answer that is about to become one.
struct PeerKey {
  std::string user;
  Bytes fpr;
  PublicKey key;
};
// Computes the fingerprint. kMalformed for a bad user name or key.
Result<PeerKey> peer_key(ByteView realm, std::string_view user, ByteView spki);

class Identity {
 public:
  // `realm` is 16 bytes, `user` has the grammar of a user name, `keys` is not empty and has the newest first.
  Identity(Bytes realm, std::string user, std::vector<KeyPair> keys);

  const Bytes& realm() const { return realm_; }
  const std::string& user() const { return user_; }
  const Bytes& fpr() const { return fprs_.front(); }
  const KeyPair& key() const { return keys_.front(); }
  const std::vector<KeyPair>& keys() const { return keys_; }
  // The pair with this fingerprint, old ones included; null when there is none.
  const KeyPair* find(ByteView fpr) const;
  // The public half, as others pin it.
  PeerKey peer() const { return PeerKey{user_, fpr(), key().public_key()}; }

 private:
  Bytes realm_;
  std::string user_;
  std::vector<KeyPair> keys_;
  std::vector<Bytes> fprs_;
};

struct OpenedIdentity {
  Identity identity;
  Secret vault_key;
};

// The blob a server keeps: fpr 32 | SEAL(wrap_key, "identity" | L(realm) | L(user) | fpr, vault_key 32 | L(pkcs8)...).
// At most 64 KiB and 16 keys (FC_CHECK).
Bytes seal_identity(const Secret& wrap_key, const Identity& identity, const Secret& vault_key,
                    Random& random = system_random());

// Opens it and recomputes the fingerprint from the private key; nothing a server says about the key is used.
// kLocalCrypto with one line for the person when the password is wrong or the blob is another's, another purpose's or
// changed.
Result<OpenedIdentity> open_identity(const Secret& wrap_key, ByteView realm, std::string_view user, ByteView blob);

}  // namespace fastchat::e2e
