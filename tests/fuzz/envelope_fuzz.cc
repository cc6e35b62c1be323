// The envelope, read without a key, and the strict reading of every message of content.proto. An accepted message
// encodes to the same bytes, and its fields keep the limits of docs/e2e.md. The first byte chooses the message; small
// values build an envelope around the rest, so that the header's rules are reached.
#include "client/e2e/envelope.h"

#include <google/protobuf/stubs/logging.h>

#include "client/e2e/hash.h"
#include "client/e2e/prekey.h"
#include "client/e2e/strict.h"
#include "client/e2e/x25519.h"
#include "common/names.h"
#include "proto/content.pb.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

namespace pb = v1::content;
using namespace e2e;

void check_envelope(ByteView bytes) {
  const ParsedEnvelope got = parse_envelope(bytes);
  if (!got.envelope) {
    FC_CHECK(!got.why.empty());
    return;
  }
  const Envelope& e = *got.envelope;
  const Header& h = e.header;
  FC_CHECK(encode_envelope(e.header_bytes, e.wraps, e.body, e.sig) == bytes);
  FC_CHECK(encode_header(h) == e.header_bytes);
  FC_CHECK(e.hash == sha256(bytes));
  FC_CHECK(valid_user_name(h.from_user) && h.realm.size() == 16 && h.id.from_fpr.size() == 32 && h.id.seq >= 1);
  FC_CHECK(h.is_group() ? h.to_user.empty() && h.epoch >= 1 && e.wraps.size() == 1
                        : valid_user_name(h.to_user) && h.epoch == 0 && e.wraps.size() == 2);
  FC_CHECK((h.id.seq == 1) == (h.prev == Bytes(32, '\0')));
  for (const Bytes& w : e.wraps) FC_CHECK(w.size() == (h.prekeys ? 497 : 384));
  if (!h.prekeys) return;
  FC_CHECK(!h.is_group() && canonical_point(h.prekeys->eph));
  FC_CHECK(h.prekeys->hash.size() == 32 && h.prekeys->own_hash.size() == 32);
  FC_CHECK(h.prekeys->n >= 1 && h.prekeys->own_n >= 1);
  FC_CHECK(h.from_user != h.to_user || (h.prekeys->n == h.prekeys->own_n && h.prekeys->hash == h.prekeys->own_hash));
}

void check_prekey(ByteView bytes) {
  const auto got = parse_prekey(bytes);
  if (!got.ok()) return;
  FC_CHECK(encode_prekey(*got) == bytes && canonical_point(got->x25519) && got->until_ms > got->from_ms);
  (void)low_order(got->x25519);
}

template <class M>
void check_strict(ByteView bytes) {
  M m;
  const auto got = parse_strict(bytes, 4096, m);
  M loose;
  const google::protobuf::LogSilencer quiet;
  const bool parses = loose.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!got.ok()) return;
  FC_CHECK(parses && bytes.size() <= 4096);
  FC_CHECK(encode(m) == bytes && encode(loose) == bytes);
}

template <class... Ms>
void check_all(ByteView bytes) {
  (check_strict<Ms>(bytes), ...);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(envelope) {
  if (input.empty()) return;
  const auto how = static_cast<uint8_t>(input[0]);
  const ByteView rest = input.substr(1);
  if (how == 0) return check_envelope(rest);
  if (how <= 2) {
    const std::vector<Bytes> wraps(how, Bytes(384, 'w'));
    return check_envelope(encode_envelope(rest, wraps, Bytes(81 + 256, 'b'), Bytes(384, 's')));
  }
  if (how == 3) {
    return check_envelope(encode_envelope(rest, {2, Bytes(497, 'w')}, Bytes(81 + 256, 'b'), Bytes(384, 's')));
  }
  if (how == 4) return check_prekey(rest);
  check_all<pb::Envelope, pb::Header, pb::SignalEnvelope, pb::SignalHeader, pb::Text, pb::File, pb::Edit, pb::Delete,
            pb::Reaction, pb::GroupKey, pb::ReadReceipt, pb::Rekey, pb::Prekey, pb::GroupState, pb::SignedGroupState,
            pb::Vault>(rest);
}
