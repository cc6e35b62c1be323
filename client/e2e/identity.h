// A user's identity: key pairs (the newest signs, old ones only read), fingerprints, and the blob that the server
// stores. Pure; made once at login and then only read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/random.h"
#include "client/e2e/rsa.h"
#include "common/result.h"

namespace fastchat::e2e {

// Returns H(label"id" | L(realm) | L(user) | L(spki)), 32 bytes.
Bytes fingerprint(ByteView realm, std::string_view user, ByteView spki);

// A user's key as this client trusts it: from a pin, or from a server's answer that is about to be pinned.
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
  // Returns the pair with this fingerprint, old pairs included; null when there is none.
  const KeyPair* find(ByteView fpr) const;
  // Returns the public half, as others pin it.
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

// Seals the blob that a server stores: fpr 32 | SEAL(wrap_key, "identity" | L(realm) | L(user) | fpr, vault_key 32 |
// L(pkcs8)...). At most 64 KiB and 16 keys (FC_CHECK).
Bytes seal_identity(const Secret& wrap_key, const Identity& identity, const Secret& vault_key,
                    Random& random = system_random());

// Opens an identity blob and recomputes the fingerprint from the private key. Uses nothing that a server reports about
// the key. Fails with kLocalCrypto and one line for the person when the password is wrong, or when the blob is another
// user's, has another purpose or was changed.
Result<OpenedIdentity> open_identity(const Secret& wrap_key, ByteView realm, std::string_view user, ByteView blob);

}  // namespace fastchat::e2e
