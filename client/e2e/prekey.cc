#include "client/e2e/prekey.h"

#include <array>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/strict.h"
#include "client/e2e/x25519.h"
#include "common/names.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

// Returns the bytes to sign. Everything after the user name has a fixed size, so the name needs no length.
Bytes prekey_message(const Prekey& p) {
  Bytes m = concat({p.user, p.fpr});
  put_u64(m, p.n);
  m.append(p.x25519);
  put_u64(m, static_cast<uint64_t>(p.from_ms));
  put_u64(m, static_cast<uint64_t>(p.until_ms));
  return m;
}

bool within_limits(const Prekey& p) {
  return valid_user_name(p.user) && p.fpr.size() == kHash && count_ok(p.n) && canonical_point(p.x25519) &&
         p.from_ms >= 0 && p.until_ms < kMaxTimeMs && p.until_ms > p.from_ms &&
         p.until_ms - p.from_ms <= kMaxPrekeyLife && p.sig.size() == kRsa;
}

}  // namespace

Result<PrekeyPair> make_prekey(const Identity& identity, uint64_t n, int64_t from_ms, Random& random) {
  if (!count_ok(n)) return err(Code::kLocalUsage, "your key has no number left for a prekey: change your key");
  if (from_ms < 0 || from_ms >= kMaxTimeMs - kPrekeyLife) {
    return err(Code::kLocalUsage, "the clock of this device is wrong: set it");
  }
  PrekeyPair pair{{identity.user(), identity.fpr(), n, {}, from_ms, from_ms + kPrekeyLife, {}}, random.secret(kPoint)};
  pair.prekey.x25519 = x25519_public(pair.secret);
  pair.prekey.sig = sign(identity.key(), SignType::kPrekey, prekey_message(pair.prekey));
  FC_CHECK(within_limits(pair.prekey));
  return pair;
}

Result<PrekeyPair> join_prekey(Prekey prekey, Secret secret) {
  if (secret.size() != kPoint || x25519_public(secret) != prekey.x25519) return bad("not the secret of this prekey");
  return PrekeyPair{std::move(prekey), std::move(secret)};
}

Bytes encode_prekey(const Prekey& prekey) {
  v1::content::Prekey m;
  m.set_user(prekey.user);
  m.set_fpr(prekey.fpr);
  m.set_n(prekey.n);
  m.set_x25519(prekey.x25519);
  m.set_from_ms(prekey.from_ms);
  m.set_until_ms(prekey.until_ms);
  m.set_sig(prekey.sig);
  return encode(m);
}

Result<Prekey> parse_prekey(ByteView bytes) {
  v1::content::Prekey m;
  if (Result<Unit> r = parse_strict(bytes, kMaxPrekey, m); !r.ok()) return r.error();
  Prekey p{m.user(), m.fpr(), m.n(), m.x25519(), m.from_ms(), m.until_ms(), m.sig()};
  if (!within_limits(p)) return bad("a field of the prekey is outside its limits");
  return p;
}

Bytes prekey_hash(const Prekey& prekey) {
  return sha256(label("prekey") + prekey_message(prekey));
}

bool is_named(const PrekeyPair& pair, ByteView fpr, uint64_t n, ByteView hash) {
  return pair.prekey.fpr == fpr && pair.prekey.n == n && prekey_hash(pair.prekey) == hash;
}

Result<Unit> accept_prekey(const Prekey& prekey, const PeerKey& key, ByteView realm) {
  if (prekey.user != key.user) return untrusted("a prekey of somebody else");
  if (prekey.fpr != fingerprint(realm, key.user, key.key.spki())) {
    return untrusted("a prekey of another key than the one you know");
  }
  if (!verify(key.key, SignType::kPrekey, prekey_message(prekey), prekey.sig)) {
    return untrusted("the prekey is not signed by its owner");
  }
  if (!canonical_point(prekey.x25519) || low_order(prekey.x25519)) {
    return untrusted("the prekey is a point that keeps no secret");
  }
  return Unit{};
}

PrekeyDecision decide_prekey(const PrekeyView& seen, uint64_t n, ByteView hash, PrekeySource source) {
  if (n > seen.n) return PrekeyDecision::kTaken;
  if (n == seen.n) return hash == seen.hash ? PrekeyDecision::kKnown : PrekeyDecision::kSwapped;
  if (source == PrekeySource::kNamed) return PrekeyDecision::kPassed;
  return source == PrekeySource::kServed ? PrekeyDecision::kStale : PrekeyDecision::kOlder;
}

SealIn suite_to_seal(const SealingState& state) {
  if (!state.own_ever) return SealIn::kSuiteOne;  // wrap 2 needs a prekey
  if (state.usable && state.own_here) return SealIn::kSuiteTwo;
  return state.usable || state.line_shown ? SealIn::kWaits : SealIn::kSuiteOne;
}

std::string_view decision_name(PrekeyDecision decision) {
  static constexpr std::array<std::string_view, 6> kNames = {"prekey-taken", "prekey-known", "prekey-passed",
                                                             "prekey-stale", "prekey-older", "prekey-swapped"};
  return kNames[static_cast<size_t>(decision)];
}

}  // namespace fastchat::e2e
