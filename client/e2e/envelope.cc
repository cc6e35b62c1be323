#include "client/e2e/envelope.h"

#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/x25519.h"
#include "common/names.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

bool all_zero(ByteView v) {
  return v.find_first_not_of('\0') == ByteView::npos;
}

// Checks that a header has the fields of its type. Returns the fault; null when all is well.
const char* addressing_fault(const pb::Header& h) {
  if (h.type() == pb::DIRECT) {
    if (h.to_case() != pb::Header::kToUser || !valid_user_name(h.to_user())) return "no recipient";
    return h.epoch() == 0 && h.state_hash().empty() ? nullptr : "a direct message with group fields";
  }
  if (h.type() == pb::GROUP) {
    if (h.to_case() != pb::Header::kToGroup || h.to_group().size() != kHash) return "no group";
    return count_ok(h.epoch()) && h.state_hash().size() == kHash ? nullptr : "a group message without its epoch";
  }
  return "neither direct nor group";
}

// Checks that a header has the fields of its suite.
const char* suite_fault(const pb::Header& h) {
  if (h.suite() == kSuite) {
    const bool none = h.eph().empty() && h.prekey_n() == 0 && h.prekey_hash().empty() && h.own_prekey_n() == 0 &&
                      h.own_prekey_hash().empty();
    return none ? nullptr : "a message of suite 1 with prekeys";
  }
  if (h.type() != pb::DIRECT) return "suite 2 in a message that is not to one person";
  if (!canonical_point(h.eph())) return "the key of this message is not a point";
  if (!count_ok(h.prekey_n()) || !count_ok(h.own_prekey_n())) return "the number of a prekey is wrong";
  if (h.prekey_hash().size() != kHash || h.own_prekey_hash().size() != kHash) {
    return "the hash of a prekey has a wrong size";
  }
  if (h.from_user() != h.to_user()) return nullptr;
  const bool one =
      h.from_fpr() == h.to_fpr() && h.prekey_n() == h.own_prekey_n() && h.prekey_hash() == h.own_prekey_hash();
  return one ? nullptr : "a message to oneself with two keys or prekeys";
}

const char* header_fault(const pb::Header& h) {
  if (h.realm().size() != kRealm) return "the realm has a wrong size";
  if (!valid_user_name(h.from_user())) return "the sender has no valid name";
  if (h.from_fpr().size() != kHash || h.to_fpr().size() != kHash) return "a fingerprint has a wrong size";
  if (h.stream().size() != kStream || !count_ok(h.seq())) return "stream or number is wrong";
  if (h.prev().size() != kHash || all_zero(h.prev()) != (h.seq() == 1)) return "the previous hash is wrong";
  if (h.sent_ms() < 0 || h.sent_ms() >= kMaxTimeMs) return "the time is out of range";
  const char* fault = addressing_fault(h);
  return fault != nullptr ? fault : suite_fault(h);
}

const char* envelope_fault(const pb::Envelope& e, const pb::Header& h) {
  if (e.wraps_size() != (h.type() == pb::GROUP ? 1 : 2)) return "wrong number of wrapped keys";
  for (const std::string& w : e.wraps()) {
    if (w.size() != (h.suite() == kSuite2 ? kWrap2 : kRsa)) return "a wrapped key has a wrong size";
  }
  if (e.sig().size() != kRsa) return "the signature has a wrong size";
  // The padded plaintext has a fixed granularity, so only few sizes of a body are possible.
  if (e.body().size() < kSealOverhead + kPad || (e.body().size() - kSealOverhead) % kPad != 0) {
    return "the body has a wrong size";
  }
  return nullptr;
}

Header to_header(const pb::Header& h) {
  Header out;
  out.realm = h.realm();
  out.from_user = h.from_user();
  out.id = MessageId{h.from_fpr(), h.stream(), h.seq()};
  out.to_user = h.to_user();
  out.group_id = h.to_group();
  out.to_fpr = h.to_fpr();
  out.epoch = h.epoch();
  out.state_hash = h.state_hash();
  out.prev = h.prev();
  out.sent_ms = h.sent_ms();
  if (h.suite() == kSuite2) {
    out.prekeys = HeaderPrekeys{h.eph(), h.prekey_n(), h.prekey_hash(), h.own_prekey_n(), h.own_prekey_hash()};
  }
  return out;
}

ParsedEnvelope fault(EnvelopeFault what, std::string why) {
  return {std::nullopt, what, std::move(why)};
}

}  // namespace

Bytes encode_header(const Header& header) {
  pb::Header h;
  h.set_suite(header.prekeys ? kSuite2 : kSuite);
  h.set_realm(header.realm);
  h.set_from_user(header.from_user);
  h.set_from_fpr(header.id.from_fpr);
  if (header.is_group()) {
    h.set_type(pb::GROUP);
    h.set_to_group(header.group_id);
    h.set_epoch(header.epoch);
    h.set_state_hash(header.state_hash);
  } else {
    h.set_type(pb::DIRECT);
    h.set_to_user(header.to_user);
  }
  h.set_to_fpr(header.to_fpr);
  h.set_stream(header.id.stream);
  h.set_seq(header.id.seq);
  h.set_prev(header.prev);
  h.set_sent_ms(header.sent_ms);
  if (header.prekeys) {
    h.set_eph(header.prekeys->eph);
    h.set_prekey_n(header.prekeys->n);
    h.set_prekey_hash(header.prekeys->hash);
    h.set_own_prekey_n(header.prekeys->own_n);
    h.set_own_prekey_hash(header.prekeys->own_hash);
  }
  FC_CHECK(header_fault(h) == nullptr);
  return encode(h);
}

ParsedEnvelope parse_envelope(ByteView bytes) {
  if (bytes.size() > kMaxEnvelope) return fault(EnvelopeFault::kTooLarge, "the message is larger than 24 KiB");
  pb::Envelope e;
  if (Result<Unit> r = parse_strict(bytes, kMaxEnvelope, e); !r.ok()) {
    return fault(EnvelopeFault::kMalformed, "the envelope is " + r.error().text);
  }
  pb::Header h;
  if (Result<Unit> r = parse_strict(e.header(), kMaxHeader, h); !r.ok()) {
    return fault(EnvelopeFault::kMalformed, "the header is " + r.error().text);
  }
  if (h.suite() != kSuite && h.suite() != kSuite2) {
    return fault(EnvelopeFault::kUnknownSuite, "made with a suite other than 1 and 2");
  }
  const char* why = header_fault(h);
  if (why == nullptr) why = envelope_fault(e, h);
  if (why != nullptr) return fault(EnvelopeFault::kMalformed, why);
  Envelope out;
  out.header = to_header(h);
  out.header_bytes = std::move(*e.mutable_header());
  for (std::string& w : *e.mutable_wraps()) out.wraps.push_back(std::move(w));
  out.body = std::move(*e.mutable_body());
  out.sig = std::move(*e.mutable_sig());
  out.hash = sha256(bytes);
  return {std::move(out), {}, {}};
}

Bytes signed_part(ByteView header, const std::vector<Bytes>& wraps, ByteView body) {
  Bytes out;
  out.reserve(header.size() + body.size() + 16 + wraps.size() * (kRsa + 4));
  put_lp(out, header);
  out.push_back(static_cast<char>(wraps.size()));
  for (const Bytes& w : wraps) put_lp(out, w);
  put_lp(out, body);
  return out;
}

Bytes body_context(ByteView header) {
  return concat({"msg", sha256(header)});
}

Bytes encode_envelope(ByteView header, const std::vector<Bytes>& wraps, ByteView body, ByteView sig) {
  pb::Envelope e;
  e.set_header(Bytes(header));
  for (const Bytes& w : wraps) e.add_wraps(w);
  e.set_body(Bytes(body));
  e.set_sig(Bytes(sig));
  return encode(e);
}

}  // namespace fastchat::e2e
