// RSA-3072 keys and their operations: OAEP (WRAP) and PSS (SIGN), with every parameter explicit. PKCS#1 v1.5 is not
// used. The classes share OpenSSL's parsed key by its own reference count: copies are cheap and nothing is parsed
// twice. Safe to use from any thread as long as no object is changed while another thread reads it.
#pragma once

#include "client/e2e/limits.h"
#include "client/e2e/secret.h"
#include "common/result.h"

struct evp_pkey_st;

namespace fastchat::e2e {

// One counted reference to an OpenSSL key.
class PkeyRef {
 public:
  PkeyRef() = default;
  explicit PkeyRef(evp_pkey_st* owned) : key_(owned) {}
  PkeyRef(const PkeyRef& other);
  PkeyRef(PkeyRef&& other) noexcept : key_(other.key_) { other.key_ = nullptr; }
  PkeyRef& operator=(PkeyRef other) noexcept;
  ~PkeyRef();
  evp_pkey_st* get() const { return key_; }

 private:
  evp_pkey_st* key_ = nullptr;
};

class PublicKey {
 public:
  // Parses the SubjectPublicKeyInfo DER of an RSA key, n exactly 3072 bits, e = 65537, that re-encodes to itself. Fails
  // with kMalformed otherwise.
  static Result<PublicKey> from_spki(ByteView der);

  const Bytes& spki() const { return spki_; }
  evp_pkey_st* native() const { return ref_.get(); }

 private:
  friend class KeyPair;
  PublicKey(PkeyRef ref, Bytes spki) : ref_(std::move(ref)), spki_(std::move(spki)) {}
  PkeyRef ref_;
  Bytes spki_;
};

class KeyPair {
 public:
  // Generates a new pair; takes a fifth of a second, up to one.
  static KeyPair generate();
  // Parses unencrypted PKCS#8 DER that re-encodes to itself, of the same shape as PublicKey requires. Checks the whole
  // key (primes, exponents), which takes 0.16 s. Fails with kMalformed otherwise.
  static Result<KeyPair> from_pkcs8(ByteView der);
  // Parses as from_pkcs8() does, without the check of primes and exponents, in 0.1 ms. For a pair that was checked or
  // made here and comes out of a box that this device sealed.
  static Result<KeyPair> from_own_pkcs8(ByteView der);

  const PublicKey& public_key() const { return public_; }
  Secret pkcs8() const;
  evp_pkey_st* native() const { return public_.native(); }

 private:
  explicit KeyPair(PublicKey key) : public_(std::move(key)) {}
  static Result<KeyPair> adopt(PkeyRef ref);
  PublicKey public_;
};

// Wraps a key with RSA-OAEP, SHA-256 for hash and MGF1, label"oaep". `key` is 32 bytes; the result is 384 bytes.
Bytes wrap(const PublicKey& to, ByteView key);
// Unwraps a key. Fails with kLocalCrypto unless `wrapped` is 384 bytes that open to exactly 32.
Result<Secret> unwrap(const KeyPair& key, ByteView wrapped);

enum class SignType { kMessage, kGroup, kRekey, kReceipt, kSignal, kRekeyed, kPrekey };

// Signs label"sig/<type>" | m with RSA-PSS, SHA-256, MGF1-SHA-256, salt of 32 bytes. Returns 384 bytes.
Bytes sign(const KeyPair& key, SignType type, ByteView m);
// Returns true only for 384 bytes that `key` signed over the same type and message with a salt of exactly 32 bytes.
bool verify(const PublicKey& key, SignType type, ByteView m, ByteView signature);

}  // namespace fastchat::e2e
