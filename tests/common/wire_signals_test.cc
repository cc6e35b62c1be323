// Signals on the wire: read back as written, as protobuf reads them, and refused outside their limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/frames.h"
#include "common/wire.h"
#include "tests/common/frame_codes.h"

namespace fastchat {
namespace {

using testing::ElementsAre;

const Bytes kSignalGroup(32, 'g');

v1::ClientFrame one(const std::string& to = "bob", const Bytes& envelope = "sealed") {
  v1::ClientFrame f;
  auto* s = f.mutable_traffic()->add_signals();
  s->set_to(to);
  s->set_envelope(envelope);
  return f;
}

TEST(WireSignals, AreReadBackFromAClient) {
  UpstreamWriter w;
  w.signal({.user = "bob"}, "one");
  w.signal({.user = {}, .group = kSignalGroup, .epoch = 300}, Bytes(wire::kMaxSignal, 'x'));
  const Bytes frame = w.take();
  wire::ClientFrameParser parser;
  const auto in = parser.parse(frame);
  ASSERT_TRUE(in.ok());
  const auto& signals = (*in)->traffic.signals;
  ASSERT_EQ(signals.size(), 2u);
  EXPECT_EQ(signals[0].to, "bob");
  EXPECT_EQ(signals[0].envelope, "one");
  EXPECT_EQ(signals[1].group, kSignalGroup);
  EXPECT_EQ(signals[1].epoch, 300u);
  v1::ClientFrame pb;
  ASSERT_TRUE(pb.ParseFromString(frame));
  EXPECT_EQ(pb.traffic().signals(1).envelope().size(), wire::kMaxSignal);
  // The next frame has none of these signals.
  UpstreamWriter again;
  again.ack_upto(1);
  const auto next = parser.parse(again.take());
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE((*next)->traffic.signals.empty());
}

TEST(WireSignals, AreReadBackFromAWorkerAndFromTheBus) {
  DownstreamWriter w;
  w.signal("one");
  w.delivery(1, "message");
  w.signal("two");
  const Bytes frame = w.take();
  wire::ServerFrameParser server;
  const auto in = server.parse(frame);
  ASSERT_TRUE(in.ok());
  EXPECT_THAT((*in)->traffic.signals, ElementsAre("one", "two"));
  EXPECT_EQ((*in)->traffic.deliveries.size(), 1u);

  const uint64_t dids[] = {5, uint64_t{1} << 40}, other[] = {9};
  BusTrafficWriter b;
  b.delivery(77, other, 1, "message");
  b.signal(dids, 2, "three");
  const Bytes bus = b.take(1, 2);
  wire::BusFrameParser parser;
  const auto got = parser.parse(bus);
  ASSERT_TRUE(got.ok());
  const auto& t = (*got)->traffic;
  ASSERT_EQ(t.signals.size(), 1u);
  EXPECT_EQ(t.signals[0].envelope, "three");
  ASSERT_EQ(t.signals[0].did_count, 2u);
  EXPECT_EQ(t.dids[t.signals[0].first_did + 1], uint64_t{1} << 40);
  v1::BusFrame pb;
  ASSERT_TRUE(pb.ParseFromString(bus.substr(8)));
  EXPECT_EQ(pb.traffic().signals(0).dids_size(), 2);
}

TEST(WireSignals, OutsideTheirLimitsRefuseTheFrame) {
  EXPECT_EQ(parse(one()), Code::kOk);
  EXPECT_EQ(parse(one("bob", "")), Code::kMalformed);
  EXPECT_EQ(parse(one("bob", Bytes(wire::kMaxSignal + 1, 'x'))), Code::kMalformed);
  EXPECT_EQ(parse(one("Bob!")), Code::kMalformed);
  EXPECT_EQ(parse(one("")), Code::kMalformed);
  auto f = one("");
  f.mutable_traffic()->mutable_signals(0)->set_group(kSignalGroup);
  EXPECT_EQ(parse(f), Code::kMalformed) << "no epoch";
  f.mutable_traffic()->mutable_signals(0)->set_epoch(1);
  EXPECT_EQ(parse(f), Code::kOk);
  f.mutable_traffic()->mutable_signals(0)->set_to("bob");
  EXPECT_EQ(parse(f), Code::kMalformed) << "for two";
  f = one();
  f.mutable_traffic()->mutable_signals(0)->set_epoch(1);
  EXPECT_EQ(parse(f), Code::kMalformed) << "an epoch of nobody";
  f = one();
  auto* s = f.mutable_traffic()->mutable_signals(0);
  s->GetReflection()->MutableUnknownFields(s)->AddVarint(99, 1);
  EXPECT_EQ(parse(f), Code::kMalformed) << "a field nobody knows";
  f = one();
  for (size_t i = 1; i < wire::kMaxSignalsPerFrame; ++i) *f.mutable_traffic()->add_signals() = f.traffic().signals(0);
  EXPECT_EQ(parse(f), Code::kOk);
  *f.mutable_traffic()->add_signals() = f.traffic().signals(0);
  EXPECT_EQ(parse(f), Code::kMalformed) << "one more than a frame may hold";

  v1::ServerFrame down;
  down.mutable_traffic()->add_signals(Bytes(wire::kMaxSignal + 1, 'x'));
  wire::ServerFrameParser server;
  EXPECT_EQ(server.parse(down.SerializeAsString()).code(), Code::kMalformed);
  v1::BusFrame bus;
  bus.set_from(3);
  bus.mutable_traffic()->add_signals()->set_envelope("for no device");
  wire::BusFrameParser parser;
  EXPECT_EQ(parser.parse(wire::topic(0) + bus.SerializeAsString()).code(), Code::kMalformed);
}

}  // namespace
}  // namespace fastchat
