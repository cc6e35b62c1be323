#include "tests/e2e/suite2_people.h"

#include <algorithm>

#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/x25519.h"
#include "common/check.h"

namespace fastchat::tests {

using namespace e2e;

void MapPrekeys::erase(uint64_t n) {
  std::erase_if(pairs_, [&](const PrekeyPair& pair) { return pair.prekey.n == n; });
}

PrekeyPair MapPrekeys::take(uint64_t n) {
  const auto it = std::ranges::find(pairs_, n, [](const PrekeyPair& pair) { return pair.prekey.n; });
  FC_CHECK(it != pairs_.end());
  PrekeyPair pair = std::move(*it);
  pairs_.erase(it);
  return pair;
}

const PrekeyPair* MapPrekeys::own(ByteView fpr, uint64_t n, ByteView hash) const {
  const PrekeyPair* found = nullptr;
  for (const PrekeyPair& pair : pairs_) {
    if (pair.prekey.fpr != fpr || pair.prekey.n != n) continue;
    if (found == nullptr || prekey_hash(pair.prekey) == hash) found = &pair;
  }
  return found;
}

PrekeyView MapPrekeys::seen(std::string_view user, ByteView fpr) const {
  const auto it = views.find({std::string(user), Bytes(fpr)});
  return it == views.end() ? PrekeyView{} : it->second;
}

Duo::Duo() : a(alice()), b(bob()) {
  a.pins.pin(b.me.peer());
  b.pins.pin(a.me.peer());
  alices.add(new_prekey(a.me, 3));
  bobs.add(new_prekey(b.me, 6));
  bobs.add(new_prekey(b.me, 7));
}

namespace {

SealedMessage seal_next(Client& from, const PeerKey& to, const std::string& text,
                        const std::optional<MessagePrekeys>& prekeys) {
  StreamPosition& at = from.streams[to.user];
  if (at.stream.empty()) at.stream = sha256(from.me.fpr() + to.user).substr(0, kStream);
  ++at.seq;
  SealedMessage m = seal_message(from.me, to, at, Text{text}, kNowMs, prekeys).value();
  at.prev = m.hash;
  from.marks.add(m.id, m.hash);
  return m;
}

}  // namespace

SealedMessage Duo::say(const std::string& text, bool suite2) {
  return seal_next(a, b.me.peer(), text, suite2 ? std::optional(to_bob()) : std::nullopt);
}

SealedMessage Duo::say_to_herself(const std::string& text) {
  return seal_next(a, a.me.peer(), text, MessagePrekeys{alices.newest(), alices.newest()});
}

SealedMessage Duo::say_to(const Prekey& prekey) const {
  return seal_message(a.me, b.me.peer(), {Bytes(kStream, 'o'), 1, {}}, Text{"hello"}, kNowMs,
                      MessagePrekeys{prekey, alices.newest()})
      .value();
}

Bytes Duo::wrapped_to(const PeerKey& to, const Prekey& prekey) const {
  Ephemeral eph{Secret::copy_of(Bytes(kPoint, 'e')), {}};
  eph.point = x25519_public(eph.secret);
  Header h = header_to(a.me, to);
  h.prekeys = HeaderPrekeys{eph.point, prekey.n, prekey_hash(prekey), alices.newest().n, prekey_hash(alices.newest())};
  const Bytes header = encode_header(h), key(kKey, 'K');
  const PublicKey& self = a.me.key().public_key();
  const auto wraps =
      wrap_message_key(key, {{&to.key, prekey.x25519}, {&self, alices.newest().x25519}}, header, &eph, system_random());
  const Bytes body = seal(key, body_context(header), encode_plaintext(Text{"hello"})->view());
  return forge(h, *wraps, body, a.me.key());
}

Received Duo::read(Client& reader, const MapPrekeys& prekeys, ByteView envelope) {
  Received r = open_message(reader.me, envelope, reader.pins, reader.marks, reader.groups, std::nullopt,
                            CameAs::kNotKnown, &prekeys);
  if (r.outcome == Outcome::kOpened) reader.marks.add(r.header.id, r.hash);
  return r;
}

Received Duo::bob_takes_in(ByteView envelope) {
  Received r = bob_reads(envelope);
  if (r.outcome == Outcome::kQuarantine && r.authentic && keeps_its_place(r.reason)) b.marks.add(r.header.id, r.hash);
  return r;
}

Received Duo::tablet_reads(ByteView envelope) {
  Client tablet(a.me);
  return read(tablet, alices, envelope);
}

PrekeyPair new_prekey(const Identity& of, uint64_t n) {
  return make_prekey(of, n, kNowMs).value();
}

Prekey signed_again(const Identity& by, Prekey prekey) {
  Bytes m = prekey.user + prekey.fpr;
  put_u64(m, prekey.n);
  m += prekey.x25519;
  put_u64(m, static_cast<uint64_t>(prekey.from_ms));
  put_u64(m, static_cast<uint64_t>(prekey.until_ms));
  prekey.sig = sign(by.key(), SignType::kPrekey, m);
  return prekey;
}

Bytes altered(ByteView envelope, const KeyPair& sign_with, const Change& change) {
  v1::content::Envelope e;
  v1::content::Header h;
  FC_CHECK(parse_strict(envelope, kMaxEnvelope, e).ok() && parse_strict(e.header(), kMaxHeader, h).ok());
  change(h, e);
  e.set_header(encode(h));
  const std::vector<Bytes> wraps(e.wraps().begin(), e.wraps().end());
  e.set_sig(sign(sign_with, SignType::kMessage, signed_part(e.header(), wraps, e.body())));
  return encode(e);
}

std::vector<Bytes> low_order_points() {
  const Bytes ff(30, '\xff'), zeros(31, '\0');
  const std::vector<Bytes> points = {
      '\0' + zeros,
      '\1' + zeros,
      *from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      *from_hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      '\xec' + ff + '\x7f',  // -1
      '\xed' + ff + '\x7f',  // the prime, another 0
      '\xee' + ff + '\x7f',  // another 1
  };
  std::vector<Bytes> all;
  for (const Bytes& point : points) {
    all.push_back(point);
    all.push_back(point);
    all.back().back() = static_cast<char>(all.back().back() | '\x80');  // X25519 ignores the highest bit
  }
  return all;
}

}  // namespace fastchat::tests
