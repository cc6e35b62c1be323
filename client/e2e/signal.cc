#include "client/e2e/signal.h"

#include "client/e2e/addressed.h"
#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "common/names.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

Bytes signal_context(ByteView header) {
  return concat({"signal", sha256(header)});
}

Bytes signal_part(ByteView header, ByteView wrapped, ByteView body) {
  return concat({lp(header), lp(wrapped), lp(body)});
}

pb::SignalHeader start_header(const Identity& from, int64_t sent_ms) {
  FC_CHECK(sent_ms >= 0 && sent_ms < kMaxTimeMs);
  pb::SignalHeader h;
  h.set_suite(kSuite);
  h.set_realm(from.realm());
  h.set_from_user(from.user());
  h.set_from_fpr(from.fpr());
  h.set_sent_ms(sent_ms);
  return h;
}

Bytes finish(const Identity& from, const pb::SignalHeader& header, const PublicKey& to, SignalKind kind,
             Random& random) {
  Bytes plain(kPad, '\0');
  plain[0] = static_cast<char>(kind);
  pb::SignalEnvelope e;
  e.set_header(encode(header));
  const Secret key = random.secret(kKey);
  e.set_wrap(wrap(to, key.view()));
  e.set_body(seal(key.view(), signal_context(e.header()), plain, random));
  e.set_sig(sign(from.key(), SignType::kSignal, signal_part(e.header(), e.wrap(), e.body())));
  Bytes out = encode(e);
  FC_CHECK(out.size() <= kMaxSignal);
  return out;
}

bool addressing_ok(const pb::SignalHeader& h) {
  if (h.type() == pb::DIRECT) {
    return h.to_case() == pb::SignalHeader::kToUser && valid_user_name(h.to_user()) && h.epoch() == 0 &&
           h.state_hash().empty();
  }
  return h.type() == pb::GROUP && h.to_case() == pb::SignalHeader::kToGroup && h.to_group().size() == kHash &&
         h.epoch() >= 1 && h.epoch() <= kMaxCount && h.state_hash().size() == kHash;
}

bool header_ok(const pb::SignalHeader& h) {
  return h.suite() == kSuite && h.realm().size() == kRealm && valid_user_name(h.from_user()) &&
         h.from_fpr().size() == kHash && h.to_fpr().size() == kHash && h.sent_ms() >= 0 && h.sent_ms() < kMaxTimeMs &&
         addressing_ok(h);
}

bool envelope_ok(const pb::SignalEnvelope& e) {
  return e.wrap().size() == kRsa && e.sig().size() == kRsa && e.body().size() == kSealOverhead + kPad;
}

// Copies the addressing fields that messages and signals share.
Header to_header(const pb::SignalHeader& h) {
  Header out;
  out.realm = h.realm();
  out.from_user = h.from_user();
  out.id.from_fpr = h.from_fpr();
  out.to_user = h.to_user();
  out.group_id = h.to_group();
  out.to_fpr = h.to_fpr();
  out.epoch = h.epoch();
  out.state_hash = h.state_hash();
  out.sent_ms = h.sent_ms();
  return out;
}

std::optional<SignalKind> read_body(ByteView plain) {
  const bool zeros = plain.size() == kPad && plain.find_first_not_of('\0', 1) == ByteView::npos;
  if (!zeros || plain[0] != static_cast<char>(SignalKind::kTyping)) return std::nullopt;
  return SignalKind::kTyping;
}

struct Parsed {
  pb::SignalEnvelope envelope;
  Header header;
};
Reason parse(ByteView bytes, const Identity& me, Parsed* out) {
  pb::SignalHeader h;
  if (bytes.size() > kMaxSignal) return Reason::kTooLarge;
  if (!parse_strict(bytes, kMaxSignal, out->envelope).ok() ||
      !parse_strict(out->envelope.header(), kMaxHeader, h).ok() || !header_ok(h) || !envelope_ok(out->envelope)) {
    return Reason::kMalformed;
  }
  if (h.realm() != me.realm()) return Reason::kWrongRealm;
  out->header = to_header(h);
  return Reason::kNone;
}

Reason open_body(const Identity& me, const Parsed& p, const Pins& pins, const Groups& groups, SignalKind* kind) {
  const Header& h = p.header;
  Addressed to;
  if (h.is_group()) {
    to = addressed_in_group(me, h, pins, groups, UINT64_MAX);  // a lost signal does no harm: the newest list decides
    if (to.outcome == Outcome::kNeedsEpoch) return Reason::kStaleEpoch;
  } else {
    to.key = h.to_user == me.user() ? me.find(h.to_fpr) : nullptr;
    to.reason = Reason::kNotForMe;
  }
  if (to.key == nullptr) return to.reason;
  const Result<Secret> key = unwrap(*to.key, p.envelope.wrap());
  if (!key.ok()) return Reason::kCannotUnwrap;
  const Result<Secret> plain = open(key->view(), signal_context(p.envelope.header()), p.envelope.body());
  if (!plain.ok()) return Reason::kCannotOpen;
  const auto read = read_body(plain->view());
  if (!read) return Reason::kBadContent;
  *kind = *read;
  return Reason::kNone;
}

}  // namespace

Bytes seal_signal(const Identity& from, const PeerKey& to, SignalKind kind, int64_t sent_ms, Random& random) {
  pb::SignalHeader h = start_header(from, sent_ms);
  h.set_type(pb::DIRECT);
  h.set_to_user(to.user);
  h.set_to_fpr(to.fpr);
  return finish(from, h, to.key, kind, random);
}

Result<Bytes> seal_group_signal(const Identity& from, const GroupState& group, SignalKind kind, int64_t sent_ms,
                                Random& random) {
  if (!group.lists_me(from)) return err(Code::kNotAllowed, "you are not a member of this group");
  pb::SignalHeader h = start_header(from, sent_ms);
  h.set_type(pb::GROUP);
  h.set_to_group(group.group_id);
  h.set_epoch(group.epoch);
  h.set_state_hash(group.hash);
  h.set_to_fpr(epoch_fingerprint(group.group_id, group.epoch, group.epoch_key.spki()));
  return finish(from, h, group.epoch_key, kind, random);
}

bool SignalMarks::is_new(const Bytes& from_fpr, const Bytes& place, int64_t sent_ms) const {
  const auto it = newest_.find({from_fpr, place});
  return it == newest_.end() || sent_ms > it->second;
}

std::optional<Signal> open_signal(const Identity& me, ByteView bytes, const Pins& pins, const Groups& groups,
                                  SignalMarks& marks, int64_t now_ms, Reason* why) {
  const auto refuse = [why](Reason reason) {
    if (why != nullptr) *why = reason;
    return std::nullopt;
  };
  Parsed p;
  if (const Reason reason = parse(bytes, me, &p); reason != Reason::kNone) return refuse(reason);
  const Header& h = p.header;
  if (h.sent_ms < now_ms - kSignalLife || h.sent_ms > now_ms + kSignalLife) return refuse(Reason::kStale);
  // Ignores a signal of this user's other device.
  if (h.from_user == me.user()) return refuse(Reason::kNotForMe);
  const Pinned sender = pins.find(h.from_user);
  if (sender.key == nullptr || sender.key->user != h.from_user || sender.key->fpr != h.id.from_fpr) {
    return refuse(Reason::kKeyChanged);
  }
  if (!marks.is_new(h.id.from_fpr, h.group_id, h.sent_ms)) return refuse(Reason::kStale);
  if (!verify(sender.key->key, SignType::kSignal,
              signal_part(p.envelope.header(), p.envelope.wrap(), p.envelope.body()), p.envelope.sig())) {
    return refuse(Reason::kBadSignature);
  }
  Signal out{.kind = SignalKind::kTyping, .from = h.from_user, .group_id = h.group_id, .sent_ms = h.sent_ms};
  if (const Reason reason = open_body(me, p, pins, groups, &out.kind); reason != Reason::kNone) return refuse(reason);
  marks.take(h.id.from_fpr, h.group_id, h.sent_ms);
  return out;
}

}  // namespace fastchat::e2e
