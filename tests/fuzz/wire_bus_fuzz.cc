// Frames of the bus. The properties are those of wire_client_fuzz.cc.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "common/frames.h"
#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

void put(const wire::BusTrafficView& in, v1::BusTraffic* out) {
  for (const auto& d : in.deliveries) {
    auto* to = out->add_deliveries();
    to->set_pid(d.pid);
    FC_CHECK(d.first_did + d.did_count <= in.dids.size());
    for (size_t i = 0; i < d.did_count; ++i) to->add_dids(in.dids[d.first_did + i]);
    to->set_envelope(Bytes(d.envelope));
    to->set_kind(static_cast<uint32_t>(d.kind));
  }
  const auto answers = [](const auto& from, auto* to) {
    for (const auto& a : from) {
      auto* one = to->Add();
      one->set_pid(a.pid);
      one->set_did(a.did);
    }
  };
  answers(in.acks, out->mutable_acks());
  answers(in.nacks, out->mutable_nacks());
  for (const uint64_t did : in.wakes) out->add_wakes(did);
  for (const auto& r : in.receipts) {
    auto* to = out->add_receipts();
    to->set_did(r.did);
    to->set_ref(r.ref);
  }
  for (const uint64_t uid : in.stale_users) out->add_stale_users(uid);
  for (const uint64_t uid : in.contacts) out->add_contacts(uid);
  for (const auto& v : in.vaults) {
    auto* to = out->add_vaults();
    to->set_uid(v.uid);
    to->set_version(v.version);
  }
  for (const uint64_t did : in.kicks) out->add_kicks(did);
  for (const auto& g : in.groups) {
    auto* to = out->add_groups();
    to->set_group_id(Bytes(g.group_id));
    to->set_epoch(g.epoch);
    FC_CHECK(g.first_uid + g.uid_count <= in.uids.size());
    for (size_t i = 0; i < g.uid_count; ++i) to->add_uids(in.uids[g.first_uid + i]);
  }
  for (const auto& s : in.signals) {
    auto* to = out->add_signals();
    FC_CHECK(s.first_did + s.did_count <= in.dids.size());
    for (size_t i = 0; i < s.did_count; ++i) to->add_dids(in.dids[s.first_did + i]);
    to->set_envelope(Bytes(s.envelope));
  }
}

v1::BusFrame read(const wire::BusIn& in) {
  v1::BusFrame out;
  if (in.is_traffic) {
    put(in.traffic, out.mutable_traffic());
  } else {
    out = in.cold;
  }
  out.set_from(in.from);
  return out;
}

bool keeps_limits(const v1::BusTraffic& m) {
  return std::all_of(m.deliveries().begin(), m.deliveries().end(),
                     [](const v1::BusDelivery& d) {
                       return d.dids_size() > 0 && !d.envelope().empty() && d.envelope().size() <= 24 * 1024 &&
                              d.kind() <= 2;
                     }) &&
         std::all_of(m.signals().begin(), m.signals().end(),
                     [](const v1::BusSignal& s) {
                       return s.dids_size() > 0 && !s.envelope().empty() && s.envelope().size() <= 4096;
                     }) &&
         std::all_of(m.groups().begin(), m.groups().end(),
                     [](const v1::BusGroup& g) { return g.group_id().size() == 32; });
}

bool has_unknown(const v1::BusTraffic& m) {
  const auto unknown = [](const auto& x) { return !x.GetReflection()->GetUnknownFields(x).empty(); };
  const auto any = [&](const auto& list) { return std::any_of(list.begin(), list.end(), unknown); };
  return unknown(m) || any(m.deliveries()) || any(m.acks()) || any(m.nacks()) || any(m.receipts()) || any(m.vaults()) ||
         any(m.groups()) || any(m.signals());
}

void check_writer(const wire::BusIn& in) {
  BusTrafficWriter w;
  const auto& t = in.traffic;
  for (const auto& d : t.deliveries) w.delivery(d.pid, t.dids.data() + d.first_did, d.did_count, d.envelope, d.kind);
  for (const auto& a : t.acks) w.ack(a.pid, a.did);
  for (const auto& a : t.nacks) w.nack(a.pid, a.did);
  for (const uint64_t did : t.wakes) w.wake(did);
  for (const auto& r : t.receipts) w.receipt(r.did, r.ref);
  for (const uint64_t uid : t.stale_users) w.stale_user(uid);
  for (const uint64_t uid : t.contacts) w.contacts(uid);
  for (const auto& v : t.vaults) w.vault(v.uid, v.version);
  for (const uint64_t did : t.kicks) w.kick(did);
  for (const auto& g : t.groups) w.group(g.group_id, g.epoch, t.uids.data() + g.first_uid, g.uid_count);
  for (const auto& s : t.signals) w.signal(t.dids.data() + s.first_did, s.did_count, s.envelope);
  if (w.empty()) return;
  const Bytes again = w.take(0, in.from);
  wire::BusFrameParser parser;
  const auto reread = parser.parse(again);
  FC_CHECK(reread.ok() && (*reread)->is_traffic);
  FC_CHECK(read(**reread).SerializeAsString() == read(in).SerializeAsString());
}

wire::BusFrameParser used_parser() {
  wire::BusFrameParser parser;
  BusTrafficWriter w;
  const uint64_t ids[] = {4, 5};
  w.delivery(1, ids, 2, "envelope", v1::TO_USER);
  w.ack(1, 2);
  w.nack(3, 4);
  w.group(Bytes(32, 'g'), 3, ids, 2);
  w.signal(ids, 1, "signal");
  FC_CHECK(parser.parse(w.take(0, 9)).ok());
  return parser;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(wire_bus) {
  const google::protobuf::LogSilencer quiet;
  wire::BusFrameParser parser, used = used_parser();
  const auto got = parser.parse(input);
  const auto again = used.parse(input);
  FC_CHECK(got.ok() == again.ok());
  if (input.size() < 8) {
    FC_CHECK(!got.ok());
    return;
  }
  const ByteView frame = input.substr(8);
  v1::BusFrame oracle;
  const bool parses = oracle.ParseFromArray(frame.data(), static_cast<int>(frame.size()));
  if (got.ok()) {
    const v1::BusFrame mine = read(**got);
    FC_CHECK(parses);
    FC_CHECK(mine.SerializeAsString() == oracle.SerializeAsString());
    FC_CHECK(mine.SerializeAsString() == read(**again).SerializeAsString());
    FC_CHECK(mine.from() != 0);
    if ((*got)->is_traffic) check_writer(**got);
    if ((*got)->is_traffic) FC_CHECK(keeps_limits(oracle.traffic()));
  } else {
    FC_CHECK(got.error().code == Code::kMalformed);
    const bool plain = parses && oracle.has_traffic() && oracle.from() != 0 && oracle.SerializeAsString() == frame;
    FC_CHECK(!plain || has_unknown(oracle.traffic()) || !keeps_limits(oracle.traffic()) ||
             !oracle.GetReflection()->GetUnknownFields(oracle).empty() || input.size() > wire::kMaxBusFrame);
  }
}
