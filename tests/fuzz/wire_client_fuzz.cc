// Frames from clients. protobuf's own parser is the oracle of the hand-written one. Both read an accepted frame alike.
// A frame that protobuf writes by itself is accepted when it keeps the limits, and refused when it breaks them. Our
// writer writes an accepted frame again, and the parser reads it back. A parser that has read another frame before
// reads this frame the same.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "common/frames.h"
#include "common/names.h"
#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

void put(const wire::UpstreamView& in, v1::Upstream* out) {
  for (const auto& s : in.sends) {
    auto* to = out->add_sends();
    to->set_ref(s.ref);
    to->set_to(Bytes(s.to));
    to->set_stream(Bytes(s.stream));
    to->set_seq(s.seq);
    to->set_envelope(Bytes(s.envelope));
    to->set_group(Bytes(s.group));
    to->set_epoch(s.epoch);
  }
  out->set_ack_upto(in.ack_upto);
  for (const uint64_t id : in.receipt_acks) out->add_receipt_acks(id);
  for (const auto& s : in.signals) {
    auto* to = out->add_signals();
    to->set_to(Bytes(s.to));
    to->set_group(Bytes(s.group));
    to->set_epoch(s.epoch);
    to->set_envelope(Bytes(s.envelope));
  }
}

// Rebuilds the protobuf message from the frame that a parser holds.
v1::ClientFrame read(const wire::ClientIn& in) {
  v1::ClientFrame out;
  if (in.is_traffic) {
    put(in.traffic, out.mutable_traffic());
  } else {
    out = in.cold;
    if (out.has_put_chunk()) out.mutable_put_chunk()->set_data(Bytes(in.data));
  }
  out.set_request(in.request);
  return out;
}

template <class M>
bool addressed(const M& m) {
  if (m.group().empty()) return m.epoch() == 0 && valid_user_name(m.to());
  return m.group().size() == 32 && m.to().empty() && m.epoch() >= 1 && m.epoch() <= INT64_MAX;
}

// Checks the limits of PROTOCOL.md, sections 2 and 7, for traffic.
bool keeps_limits(const v1::Upstream& m) {
  if (m.sends_size() > 1024 || m.signals_size() > 16 || m.receipt_acks_size() > 4096) return false;
  for (const auto& s : m.sends()) {
    if (s.ref() == 0 || s.ref() > INT64_MAX || s.seq() == 0 || s.seq() > INT64_MAX) return false;
    if (s.stream().size() != 16 || s.envelope().empty() || !addressed(s)) return false;
  }
  return std::all_of(m.signals().begin(), m.signals().end(), [](const v1::Signal& s) {
    return addressed(s) && !s.envelope().empty() && s.envelope().size() <= 4096;
  });
}

bool has_unknown(const v1::Upstream& m) {
  const auto unknown = [](const auto& x) { return !x.GetReflection()->GetUnknownFields(x).empty(); };
  return unknown(m) || std::any_of(m.sends().begin(), m.sends().end(), unknown) ||
         std::any_of(m.signals().begin(), m.signals().end(), unknown);
}

void check_writer(const wire::ClientIn& in) {
  UpstreamWriter w;
  const auto& t = in.traffic;
  for (const auto& s : t.sends) w.send(s.ref, {s.to, s.group, s.epoch}, s.stream, s.seq, s.envelope);
  if (t.ack_upto != 0) w.ack_upto(t.ack_upto);
  for (const uint64_t id : t.receipt_acks) w.receipt_ack(id);
  for (const auto& s : t.signals) w.signal({s.to, s.group, s.epoch}, s.envelope);
  if (w.empty()) return;
  const Bytes again = w.take();
  if (again.size() > wire::kMaxClientFrame) return;  // written unpacked, which is longer
  wire::ClientFrameParser parser;
  const auto reread = parser.parse(again);
  FC_CHECK(reread.ok() && (*reread)->is_traffic);
  v1::ClientFrame mine = read(**reread);
  mine.set_request(in.request);
  FC_CHECK(mine.SerializeAsString() == read(in).SerializeAsString());
}

// Returns a parser that is not new: it holds traffic, a chunk and a cold frame.
wire::ClientFrameParser used_parser() {
  wire::ClientFrameParser parser;
  UpstreamWriter w;
  w.send(7, {.user = "somebody"}, Bytes(16, 's'), 9, "envelope");
  w.signal({.user = "somebody"}, "signal");
  w.receipt_ack(3);
  w.ack_upto(5);
  FC_CHECK(parser.parse(w.take()).ok());
  FC_CHECK(parser.parse(put_chunk_head(4, Bytes(16, 'f'), 2, 100) + Bytes(100, 'd')).ok());
  v1::ClientFrame f;
  f.set_request(8);
  f.mutable_remove_device()->set_device(Bytes(16, 'e'));
  FC_CHECK(parser.parse(f.SerializeAsString()).ok());
  return parser;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(wire_client) {
  const google::protobuf::LogSilencer quiet;
  wire::ClientFrameParser parser, used = used_parser();
  const auto got = parser.parse(input);
  const auto again = used.parse(input);
  FC_CHECK(got.ok() == again.ok());
  v1::ClientFrame oracle;
  const bool parses = oracle.ParseFromArray(input.data(), static_cast<int>(input.size()));
  if (got.ok()) {
    const v1::ClientFrame mine = read(**got);
    FC_CHECK(parses);
    FC_CHECK(mine.SerializeAsString() == oracle.SerializeAsString());
    FC_CHECK(mine.SerializeAsString() == read(**again).SerializeAsString());
    if ((*got)->is_traffic) check_writer(**got);
    if ((*got)->is_traffic) FC_CHECK(keeps_limits(oracle.traffic()));
  } else {
    FC_CHECK(got.error().code == Code::kMalformed);
    const bool plain = parses && oracle.has_traffic() && oracle.SerializeAsString() == input;
    FC_CHECK(!plain || has_unknown(oracle.traffic()) || !keeps_limits(oracle.traffic()) ||
             !oracle.GetReflection()->GetUnknownFields(oracle).empty() || input.size() > wire::kMaxClientFrame);
  }
}
