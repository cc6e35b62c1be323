#include "client/e2e/rekey.h"

#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/strict.h"
#include "common/names.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

constexpr size_t kMaxRekey = 2048;

// Returns the bytes to sign. The user name comes first and everything after it has a fixed size, so the name needs no
// length.
Bytes rekey_message(const Rekey& r) {
  Bytes m = concat({r.user, r.old_fpr, r.new_fpr});
  put_u64(m, r.counter);
  return m;
}

}  // namespace

Rekey make_rekey(const Identity& old_identity, const Identity& next, uint64_t counter) {
  FC_CHECK(old_identity.user() == next.user() && old_identity.realm() == next.realm() && counter >= 1);
  Rekey r{next.user(), old_identity.fpr(), next.fpr(), counter, next.key().public_key().spki(), {}, {}};
  r.sig = sign(old_identity.key(), SignType::kRekey, rekey_message(r));
  r.new_sig = sign(next.key(), SignType::kRekeyed, rekey_message(r));
  return r;
}

Result<PeerKey> accept_rekey(const Rekey& rekey, const PeerKey& pinned, uint64_t last_counter, ByteView realm) {
  if (rekey.user != pinned.user || rekey.old_fpr != pinned.fpr) return untrusted("not about the key you know");
  if (rekey.counter <= last_counter || rekey.counter > kMaxCount)
    return untrusted("an old change of key, served again");
  if (!verify(pinned.key, SignType::kRekey, rekey_message(rekey), rekey.sig)) {
    return untrusted("the change of key is not signed by the old key");
  }
  Result<PeerKey> next = peer_key(realm, rekey.user, rekey.new_spki);
  if (!next.ok()) return next;
  if (next->fpr != rekey.new_fpr) return untrusted("the new key is not the one the old key named");
  if (!verify(next->key, SignType::kRekeyed, rekey_message(rekey), rekey.new_sig)) {
    return untrusted("the change of key is not signed by the new key");
  }
  return next;
}

Result<std::vector<PeerKey>> follow_rekeys(ByteView realm, std::string_view user, ByteView first_spki,
                                           const std::vector<Bytes>& rekeys) {
  Result<PeerKey> first = peer_key(realm, user, first_spki);
  if (!first.ok()) return first.error();
  std::vector<PeerKey> keys{std::move(*first)};
  uint64_t counter = 0;
  for (const Bytes& encoded : rekeys) {
    const Result<Rekey> rekey = parse_rekey(encoded);
    if (!rekey.ok()) return rekey.error();
    Result<PeerKey> next = accept_rekey(*rekey, keys.back(), counter, realm);
    if (!next.ok()) return next.error();
    const bool loops = std::any_of(keys.begin(), keys.end(), [&](const PeerKey& k) { return k.fpr == next->fpr; });
    if (loops) return untrusted("a change back to an earlier key");
    counter = rekey->counter;
    keys.push_back(std::move(*next));
  }
  return keys;
}

std::vector<Bytes> make_rekeys(const Identity& identity, uint64_t counter, size_t count) {
  const std::vector<KeyPair>& keys = identity.keys();  // the newest first
  FC_CHECK(count < keys.size() && count <= counter);
  std::vector<Bytes> out;
  for (size_t back = count; back > 0; --back) {
    const Identity before(identity.realm(), identity.user(), {keys[back]});
    const Identity after(identity.realm(), identity.user(), {keys[back - 1]});
    out.push_back(encode_rekey(make_rekey(before, after, counter - (back - 1))));
  }
  return out;
}

Bytes encode_rekey(const Rekey& rekey) {
  v1::content::Rekey m;
  m.set_user(rekey.user);
  m.set_old_fpr(rekey.old_fpr);
  m.set_new_fpr(rekey.new_fpr);
  m.set_counter(rekey.counter);
  m.set_new_spki(rekey.new_spki);
  m.set_sig(rekey.sig);
  m.set_new_sig(rekey.new_sig);
  return encode(m);
}

Result<Rekey> parse_rekey(ByteView bytes) {
  v1::content::Rekey m;
  if (Result<Unit> r = parse_strict(bytes, kMaxRekey, m); !r.ok()) return r.error();
  if (!valid_user_name(m.user()) || m.old_fpr().size() != kHash || m.new_fpr().size() != kHash || m.counter() == 0 ||
      m.counter() > kMaxCount || m.new_spki().size() != kSpki || m.sig().size() != kRsa || m.new_sig().size() != kRsa) {
    return err(Code::kMalformed, "a field of the key change is outside its limits");
  }
  return Rekey{m.user(), m.old_fpr(), m.new_fpr(), m.counter(), m.new_spki(), m.sig(), m.new_sig()};
}

}  // namespace fastchat::e2e
