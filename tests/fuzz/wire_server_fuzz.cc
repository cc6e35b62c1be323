// Frames from brokers and workers, as a client reads them. The properties are those of wire_client_fuzz.cc.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "common/frames.h"
#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

void put(const wire::DownstreamView& in, v1::Downstream* out) {
  for (const auto& d : in.deliveries) {
    auto* to = out->add_deliveries();
    to->set_tag(d.tag);
    to->set_envelope(Bytes(d.envelope));
    to->set_kind(d.kind);
  }
  for (const uint64_t ref : in.delivered) out->add_delivered(ref);
  for (const uint64_t ref : in.queued) out->add_queued(ref);
  for (const auto& x : in.rejected) {
    auto* to = out->add_rejected();
    to->set_ref(x.ref);
    to->set_code(x.code);
    to->set_retry_after_ms(x.retry_after_ms);
  }
  for (const auto& s : in.stored) {
    auto* to = out->add_stored();
    to->set_id(s.id);
    to->set_ref(s.ref);
    to->set_member(s.member);
  }
  for (const auto& g : in.group) {
    auto* to = out->add_group();
    to->set_ref(g.ref);
    to->set_delivered(g.delivered);
    to->set_queued(g.queued);
    FC_CHECK(g.first_member + g.member_count <= in.members.size());
    for (size_t i = 0; i < g.member_count; ++i) to->add_waiting(in.members[g.first_member + i]);
  }
  for (const ByteView signal : in.signals) out->add_signals(Bytes(signal));
}

v1::ServerFrame read(const wire::ServerIn& in) {
  v1::ServerFrame out;
  if (in.is_traffic) {
    put(in.traffic, out.mutable_traffic());
  } else {
    out = in.cold;
    if (out.has_chunk()) out.mutable_chunk()->set_data(Bytes(in.data));
  }
  out.set_request(in.request);
  return out;
}

bool keeps_limits(const v1::Downstream& m) {
  const auto delivery = [](const v1::Delivery& d) {
    return d.tag() != 0 && !d.envelope().empty() && d.envelope().size() <= 24 * 1024 &&
           v1::DeliveryKind_IsValid(d.kind());
  };
  const auto rejection = [](const v1::Rejection& r) { return v1::ErrorCode_IsValid(r.code()) && r.code() != v1::OK; };
  const auto signal = [](const Bytes& s) { return !s.empty() && s.size() <= 4096; };
  return std::all_of(m.deliveries().begin(), m.deliveries().end(), delivery) &&
         std::all_of(m.rejected().begin(), m.rejected().end(), rejection) &&
         std::all_of(m.signals().begin(), m.signals().end(), signal);
}

bool has_unknown(const v1::Downstream& m) {
  const auto unknown = [](const auto& x) { return !x.GetReflection()->GetUnknownFields(x).empty(); };
  const auto any = [&](const auto& list) { return std::any_of(list.begin(), list.end(), unknown); };
  return unknown(m) || any(m.deliveries()) || any(m.rejected()) || any(m.stored()) || any(m.group());
}

void check_writer(const wire::ServerIn& in) {
  DownstreamWriter w;
  const auto& t = in.traffic;
  for (const auto& d : t.deliveries) w.delivery(d.tag, d.envelope, d.kind);
  for (const uint64_t ref : t.delivered) w.delivered(ref);
  for (const uint64_t ref : t.queued) w.queued(ref);
  for (const auto& x : t.rejected) w.rejected(x.ref, x.code, x.retry_after_ms);
  for (const auto& s : t.stored) w.stored(s.id, s.ref, s.member);
  for (const auto& g : t.group) {
    // The writer takes as many members as are queued.
    const bool whole = g.member_count == g.queued;
    w.group(g.ref, g.delivered, g.queued, whole ? t.members.data() + g.first_member : nullptr);
  }
  for (const ByteView signal : t.signals) w.signal(signal);
  if (w.empty()) return;
  const Bytes again = w.take();
  if (again.size() > wire::kMaxServerFrame) return;
  wire::ServerFrameParser parser;
  const auto reread = parser.parse(again);
  FC_CHECK(reread.ok() && (*reread)->is_traffic);
  v1::ServerFrame mine = read(**reread), expected = read(in);
  mine.set_request(in.request);
  for (auto& g : *expected.mutable_traffic()->mutable_group()) {
    if (static_cast<uint64_t>(g.waiting_size()) != g.queued()) g.clear_waiting();
  }
  FC_CHECK(mine.SerializeAsString() == expected.SerializeAsString());
}

wire::ServerFrameParser used_parser() {
  wire::ServerFrameParser parser;
  DownstreamWriter w;
  const uint64_t waiting[] = {4, 5};
  w.delivery(7, "envelope", v1::TO_GROUP);
  w.delivered(1);
  w.queued(2);
  w.rejected(3, v1::BUSY, 10);
  w.stored(4, 5, 6);
  w.group(9, 1, 2, waiting);
  w.signal("signal");
  FC_CHECK(parser.parse(w.take()).ok());
  FC_CHECK(parser.parse(chunk_head(4, 100) + Bytes(100, 'd')).ok());
  FC_CHECK(parser.parse(wire::error_frame(8, Code::kBusy, "busy", 5)).ok());
  return parser;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(wire_server) {
  const google::protobuf::LogSilencer quiet;
  wire::ServerFrameParser parser, used = used_parser();
  const auto got = parser.parse(input);
  const auto again = used.parse(input);
  FC_CHECK(got.ok() == again.ok());
  v1::ServerFrame oracle;
  const bool parses = oracle.ParseFromArray(input.data(), static_cast<int>(input.size()));
  if (got.ok()) {
    const v1::ServerFrame mine = read(**got);
    FC_CHECK(parses);
    FC_CHECK(mine.SerializeAsString() == oracle.SerializeAsString());
    FC_CHECK(mine.SerializeAsString() == read(**again).SerializeAsString());
    if ((*got)->is_traffic) check_writer(**got);
    if ((*got)->is_traffic) FC_CHECK(keeps_limits(oracle.traffic()));
  } else {
    FC_CHECK(got.error().code == Code::kMalformed);
    const bool plain = parses && oracle.has_traffic() && oracle.SerializeAsString() == input;
    FC_CHECK(!plain || has_unknown(oracle.traffic()) || !keeps_limits(oracle.traffic()) ||
             !oracle.GetReflection()->GetUnknownFields(oracle).empty() || input.size() > wire::kMaxServerFrame);
  }
}
