#include "client/e2e/key_wrap.h"

#include <cstring>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "client/e2e/x25519.h"

namespace fastchat::e2e {
namespace {

static_assert(kWrap2 == kRsa + kSealOverhead + kKey);

Result<Bytes> wrap2(ByteView key, const WrapTo& to, ByteView header, size_t i, const Ephemeral& eph, Random& random) {
  const Result<Secret> dh = x25519(eph.secret, to.point);
  if (!dh.ok()) return dh.error();
  const Secret k = random.secret(kKey);
  const Secret kek = wrap2_key(k.view(), dh->view(), eph.point, header);
  return seal_behind(wrap(*to.key, k.view()), kek.view(), wrap2_context(header, i), key, random);
}

}  // namespace

Result<std::vector<Bytes>> wrap_message_key(ByteView key, const std::vector<WrapTo>& to, ByteView header,
                                            const Ephemeral* eph, Random& random) {
  std::vector<Bytes> wraps;
  for (const WrapTo& one : to) {
    if (eph == nullptr) {
      wraps.push_back(wrap(*one.key, key));
      continue;
    }
    Result<Bytes> wrapped = wrap2(key, one, header, wraps.size() + 1, *eph, random);
    if (!wrapped.ok()) return wrapped.error();
    wraps.push_back(std::move(*wrapped));
  }
  return wraps;
}

Result<Secret> unwrap_message_key(const Envelope& envelope, size_t which, const KeyPair& key,
                                  const PrekeyPair* prekey) {
  const ByteView wrapped = envelope.wraps[which];
  if (!envelope.header.prekeys) return unwrap(key, wrapped);
  if (prekey == nullptr) return err(Code::kLocalCrypto, "the secret of its prekey is not here");
  const Result<Secret> k = unwrap(key, wrapped.substr(0, kRsa));
  if (!k.ok()) return k.error();
  const Bytes& eph = envelope.header.prekeys->eph;
  const Result<Secret> dh = x25519(prekey->secret, eph);
  if (!dh.ok()) return dh.error();
  const Secret kek = wrap2_key(k->view(), dh->view(), eph, envelope.header_bytes);
  return open(kek.view(), wrap2_context(envelope.header_bytes, which + 1), wrapped.substr(kRsa));
}

Secret wrap2_key(ByteView k, ByteView dh, ByteView eph, ByteView header) {
  Secret ikm(k.size() + dh.size());
  std::memcpy(ikm.data(), k.data(), k.size());
  std::memcpy(ikm.data() + k.size(), dh.data(), dh.size());
  return hkdf(ikm.view(), eph, concat({label("wrap2"), sha256(header)}), kKey);
}

Bytes wrap2_context(ByteView header, size_t i) {
  Bytes context = concat({"wrap2", sha256(header)});
  context.push_back(static_cast<char>(i));
  return context;
}

}  // namespace fastchat::e2e
