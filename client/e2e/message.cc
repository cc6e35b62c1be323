#include "client/e2e/message.h"

#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/x25519.h"

namespace fastchat::e2e {
namespace {

Header start_header(const Identity& from, const StreamPosition& at, int64_t sent_ms) {
  FC_CHECK(at.stream.size() == kStream && at.seq >= 1 && at.seq <= kMaxCount);
  FC_CHECK(at.seq == 1 ? at.prev.empty() : at.prev.size() == kHash);
  Header h;
  h.realm = from.realm();
  h.from_user = from.user();
  h.id = MessageId{from.fpr(), at.stream, at.seq};
  h.prev = at.seq == 1 ? Bytes(kHash, '\0') : at.prev;
  h.sent_ms = sent_ms;
  return h;
}

// `to` holds the keys to wrap for, in the order of the wraps. `eph` is null in suite 1.
Result<SealedMessage> finish(const Identity& from, Header header, const std::vector<WrapTo>& to, const Content& content,
                             Random& random, const Ephemeral* eph = nullptr) {
  const Result<Secret> plain = encode_plaintext(content);
  if (!plain.ok()) return plain.error();
  const Bytes header_bytes = encode_header(header);
  const Secret key = random.secret(kKey);
  const Result<std::vector<Bytes>> wraps = wrap_message_key(key.view(), to, header_bytes, eph, random);
  if (!wraps.ok()) return wraps.error();
  const Bytes body = seal(key.view(), body_context(header_bytes), plain->view(), random);
  const Bytes sig = sign(from.key(), SignType::kMessage, signed_part(header_bytes, *wraps, body));
  SealedMessage out;
  out.envelope = encode_envelope(header_bytes, *wraps, body, sig);
  FC_CHECK(out.envelope.size() <= kMaxEnvelope);
  out.id = std::move(header.id);
  out.hash = sha256(out.envelope);
  return out;
}

// Knows the fingerprints of a sender's keys, old ones included.
auto is_of(const Identity& sender) {
  return [&sender](ByteView fpr) { return sender.find(fpr) != nullptr; };
}

// Checks that the prekeys belong to the keys of the message: a prekey of an earlier key, or of somebody else, would
// leave the reader with a message that opens for nobody.
Result<Unit> fitting(const Identity& from, const PeerKey& to, const MessagePrekeys& prekeys) {
  if (prekeys.to.fpr != to.fpr) return untrusted("the prekey is not of the recipient");
  if (prekeys.own.fpr != from.fpr()) return untrusted("the prekey is not of your newest key");
  if (to.user == from.user() && prekey_hash(prekeys.to) != prekey_hash(prekeys.own)) {
    return untrusted("two prekeys in a message to oneself");
  }
  return Unit{};
}

Result<Content> reopen(const Envelope& e, const KeyPair& pair, size_t which, const PrekeyPair* prekey = nullptr) {
  const Result<Secret> key = unwrap_message_key(e, which, pair, prekey);
  if (!key.ok()) return key.error();
  const Result<Secret> plain = open(key->view(), body_context(e.header_bytes), e.body);
  if (!plain.ok()) return plain.error();
  return decode_plaintext(plain->view());
}

}  // namespace

Result<SealedMessage> seal_message(const Identity& from, const PeerKey& to, const StreamPosition& at,
                                   const Content& content, int64_t sent_ms, Random& random) {
  return seal_message(from, to, at, content, sent_ms, std::nullopt, random);
}

Result<SealedMessage> seal_message(const Identity& from, const PeerKey& to, const StreamPosition& at,
                                   const Content& content, int64_t sent_ms,
                                   const std::optional<MessagePrekeys>& prekeys, Random& random) {
  FC_CHECK(fits_sender(content, is_of(from), false));
  Header header = start_header(from, at, sent_ms);
  header.to_user = to.user;
  header.to_fpr = to.fpr;
  const PublicKey& self = from.key().public_key();
  if (!prekeys) return finish(from, std::move(header), {{&to.key, {}}, {&self, {}}}, content, random);
  if (const Result<Unit> r = fitting(from, to, *prekeys); !r.ok()) return r.error();
  Ephemeral eph{random.secret(kPoint), {}};
  eph.point = x25519_public(eph.secret);
  header.prekeys =
      HeaderPrekeys{eph.point, prekeys->to.n, prekey_hash(prekeys->to), prekeys->own.n, prekey_hash(prekeys->own)};
  return finish(from, std::move(header), {{&to.key, prekeys->to.x25519}, {&self, prekeys->own.x25519}}, content, random,
                &eph);
}

Result<SealedMessage> seal_group_message(const Identity& from, const GroupState& group, const StreamPosition& at,
                                         const Content& content, int64_t sent_ms, Random& random) {
  if (!group.lists_me(from)) return err(Code::kNotAllowed, "you are not a member of this group");
  if (!allowed_in_group(content)) return err(Code::kNotAllowed, "this kind of message is not for groups");
  FC_CHECK(fits_sender(content, is_of(from), true));
  Header header = start_header(from, at, sent_ms);
  header.group_id = group.group_id;
  header.epoch = group.epoch;
  header.state_hash = group.hash;
  header.to_fpr = epoch_fingerprint(group.group_id, group.epoch, group.epoch_key.spki());
  return finish(from, std::move(header), {{&group.epoch_key, {}}}, content, random);
}

Result<Content> reopen_group_message(ByteView envelope, const KeyPair& epoch_key) {
  const ParsedEnvelope parsed = parse_envelope(envelope);
  if (!parsed.envelope || !parsed.envelope->header.is_group()) return err(Code::kMalformed, "not a group message");
  return reopen(*parsed.envelope, epoch_key, 0);
}

Result<Content> reopen_own_message(ByteView envelope, const Identity& me, const Prekeys* prekeys) {
  const ParsedEnvelope parsed = parse_envelope(envelope);
  if (!parsed.envelope || parsed.envelope->header.is_group()) return err(Code::kMalformed, "not a direct message");
  const KeyPair* sealed_with = me.find(parsed.envelope->header.id.from_fpr);
  if (sealed_with == nullptr) return err(Code::kMalformed, "sealed with a key that is not this user's");
  const Header& h = parsed.envelope->header;
  const PrekeyPair* prekey = nullptr;
  if (h.prekeys && prekeys != nullptr) {
    prekey = prekeys->own(h.id.from_fpr, h.prekeys->own_n, h.prekeys->own_hash);
  }
  return reopen(*parsed.envelope, *sealed_with, 1, prekey);
}

bool same_holder(const Identity& me, const Pins& pins, std::string_view user, ByteView a, ByteView b) {
  if (a == b) return true;
  if (user == me.user()) return me.find(a) != nullptr && me.find(b) != nullptr;
  return pins.same_line(user, a, b);
}

std::optional<MessageId> message_id(ByteView envelope) {
  ParsedEnvelope parsed = parse_envelope(envelope);
  if (!parsed.envelope) return std::nullopt;
  return std::move(parsed.envelope->header.id);
}

bool signed_by(ByteView envelope, const PeerKey& sender) {
  const ParsedEnvelope parsed = parse_envelope(envelope);
  if (!parsed.envelope) return false;
  const Envelope& e = *parsed.envelope;
  return e.header.from_user == sender.user && e.header.id.from_fpr == sender.fpr &&
         verify(sender.key, SignType::kMessage, signed_part(e.header_bytes, e.wraps, e.body), e.sig);
}

}  // namespace fastchat::e2e
