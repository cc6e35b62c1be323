#include "client/e2e/identity.h"

#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "common/fingerprint.h"
#include "common/names.h"

namespace fastchat::e2e {
namespace {

Bytes blob_context(ByteView realm, std::string_view user, ByteView fpr) {
  return concat({"identity", lp(realm), lp(user), fpr});
}

Error wrong(const char* text) {
  return err(Code::kLocalCrypto, text);
}

// Parses L(pkcs8)..., the keys behind the vault key in an identity blob. Every byte is used, and there is at least one
// key.
Result<std::vector<KeyPair>> read_keys(ByteView in) {
  std::vector<KeyPair> keys;
  while (!in.empty()) {
    if (in.size() < 4 || keys.size() == kMaxIdentityKeys) return wrong("the identity is damaged");
    const size_t n = get_u32(in.data());
    if (n > in.size() - 4) return wrong("the identity is damaged");
    Result<KeyPair> key = KeyPair::from_pkcs8(in.substr(4, n));
    if (!key.ok()) return wrong("the identity holds a key that is not sound");
    keys.push_back(std::move(key).value());
    in.remove_prefix(4 + n);
  }
  if (keys.empty()) return wrong("the identity holds no key");
  return keys;
}

}  // namespace

Bytes fingerprint(ByteView realm, std::string_view user, ByteView spki) {
  return key_fingerprint(realm, user, spki);
}

Result<PeerKey> peer_key(ByteView realm, std::string_view user, ByteView spki) {
  if (!valid_user_name(user)) return err(Code::kMalformed, "not a user name");
  Result<PublicKey> key = PublicKey::from_spki(spki);
  if (!key.ok()) return key.error();
  return PeerKey{std::string(user), fingerprint(realm, user, spki), std::move(key).value()};
}

Identity::Identity(Bytes realm, std::string user, std::vector<KeyPair> keys)
    : realm_(std::move(realm)), user_(std::move(user)), keys_(std::move(keys)) {
  FC_CHECK(realm_.size() == kRealm && valid_user_name(user_) && !keys_.empty());
  for (const KeyPair& key : keys_) fprs_.push_back(fingerprint(realm_, user_, key.public_key().spki()));
}

const KeyPair* Identity::find(ByteView fpr) const {
  for (size_t i = 0; i < fprs_.size(); ++i) {
    if (fprs_[i] == fpr) return &keys_[i];
  }
  return nullptr;
}

Bytes seal_identity(const Secret& wrap_key, const Identity& identity, const Secret& vault_key, Random& random) {
  FC_CHECK(vault_key.size() == kKey && identity.keys().size() <= kMaxIdentityKeys);
  Bytes plain;
  // Reserves all memory at once: growing would leave copies of the keys behind in freed memory.
  plain.reserve(kKey + identity.keys().size() * (4 + kMaxPkcs8));
  plain.append(vault_key.view());
  for (const KeyPair& key : identity.keys()) put_lp(plain, key.pkcs8().view());
  const Bytes box =
      seal(wrap_key.view(), blob_context(identity.realm(), identity.user(), identity.fpr()), plain, random);
  cleanse(plain);
  return concat({identity.fpr(), box});
}

Result<OpenedIdentity> open_identity(const Secret& wrap_key, ByteView realm, std::string_view user, ByteView blob) {
  if (realm.size() != kRealm || !valid_user_name(user)) return wrong("not a realm and a user name");
  if (blob.size() < kHash || blob.size() > kMaxIdentityBlob) return wrong("the identity has a wrong size");
  const ByteView fpr = blob.substr(0, kHash);
  Result<Secret> plain = open(wrap_key.view(), blob_context(realm, user, fpr), blob.substr(kHash));
  if (!plain.ok()) return wrong("the identity does not open: wrong password, or the server changed it");
  if (plain->size() < kKey) return wrong("the identity is damaged");
  Result<std::vector<KeyPair>> keys = read_keys(plain->view().substr(kKey));
  if (!keys.ok()) return keys.error();
  Identity identity{Bytes(realm), std::string(user), std::move(keys).value()};
  if (identity.fpr() != fpr) return wrong("the identity holds another key than it says");
  return OpenedIdentity{std::move(identity), Secret::copy_of(plain->view().substr(0, kKey))};
}

}  // namespace fastchat::e2e
