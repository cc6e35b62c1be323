// The parser of untrusted bytes and the writers of traffic. The parser reads the output of the writers, protobuf agrees
// with both, and the parser refuses everything that PROTOCOL.md forbids.
#include "common/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/frames.h"

namespace fastchat {
namespace {

using testing::ElementsAre;

const Bytes kStream(16, 's');
const Bytes kGroup(32, 'g');

Bytes cold(const v1::ClientFrame& f) {
  return f.SerializeAsString();
}

v1::ClientFrame hello() {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_hello()->set_version_min(1);
  f.mutable_hello()->set_version_max(1);
  return f;
}

Code parse(ByteView frame) {
  wire::ClientFrameParser p;
  return p.parse(frame).code();
}

TEST(Wire, UpstreamThatWasWrittenIsReadBackAndIsProtobuf) {
  UpstreamWriter w;
  w.send(7, {.user = "bob"}, kStream, 3, Bytes(300, '\xff'));
  w.send(8, {.user = "carol"}, kStream, 4, "x");
  w.ack_upto(99);
  w.receipt_ack(5);
  w.receipt_ack(6);
  const Bytes frame = w.take();
  EXPECT_TRUE(w.empty());
  wire::ClientFrameParser parser;
  const auto in = parser.parse(frame);
  ASSERT_TRUE(in.ok());
  ASSERT_TRUE((*in)->is_traffic);
  const auto& t = (*in)->traffic;
  ASSERT_EQ(t.sends.size(), 2u);
  EXPECT_EQ(t.sends[0].ref, 7u);
  EXPECT_EQ(t.sends[0].to, "bob");
  EXPECT_EQ(t.sends[0].stream, kStream);
  EXPECT_EQ(t.sends[0].seq, 3u);
  EXPECT_EQ(t.sends[0].envelope, Bytes(300, '\xff'));
  EXPECT_EQ(t.ack_upto, 99u);
  EXPECT_THAT(t.receipt_acks, ElementsAre(5u, 6u));
  v1::ClientFrame pb;
  ASSERT_TRUE(pb.ParseFromString(frame));
  EXPECT_EQ(pb.traffic().sends(1).to(), "carol");
  EXPECT_EQ(pb.traffic().receipt_acks_size(), 2);
}

TEST(Wire, DownstreamThatWasWrittenIsReadBackAndIsProtobuf) {
  DownstreamWriter w;
  w.delivery(1, "one");
  w.delivered(300);
  w.queued(301);
  w.rejected(302, v1::BUSY, 1000);
  w.stored(9, 303, 44);
  const uint64_t waiting[] = {7, 300, 70'000};
  w.group(304, 12, 3, waiting);
  w.group(305, 2, 0);
  w.delivery(2, Bytes(20'000, 'x'), v1::TO_GROUP);
  w.delivery(3, "three", v1::TO_USER);
  const Bytes frame = w.take();
  wire::ServerFrameParser parser;
  const auto in = parser.parse(frame);
  ASSERT_TRUE(in.ok());
  const auto& t = (*in)->traffic;
  ASSERT_EQ(t.deliveries.size(), 3u);
  EXPECT_EQ(t.deliveries[1].envelope.size(), 20'000u);
  EXPECT_EQ(t.deliveries[0].kind, v1::KIND_NOT_KNOWN);
  EXPECT_EQ(t.deliveries[1].kind, v1::TO_GROUP);
  EXPECT_EQ(t.deliveries[2].kind, v1::TO_USER);
  EXPECT_THAT(t.delivered, ElementsAre(300u));
  EXPECT_THAT(t.queued, ElementsAre(301u));
  ASSERT_EQ(t.rejected.size(), 1u);
  EXPECT_EQ(t.rejected[0].code, v1::BUSY);
  EXPECT_EQ(t.rejected[0].retry_after_ms, 1000u);
  ASSERT_EQ(t.stored.size(), 1u);
  EXPECT_EQ(t.stored[0].ref, 303u);
  EXPECT_EQ(t.stored[0].member, 44u);
  ASSERT_EQ(t.group.size(), 2u);
  EXPECT_EQ(t.group[0].first_member, 0u);
  EXPECT_EQ(t.group[0].member_count, 3u);
  EXPECT_EQ(t.members, std::vector<uint64_t>(waiting, waiting + 3));
  EXPECT_EQ(t.group[1].member_count, 0u);
  EXPECT_EQ(t.group[0].ref, 304u);
  EXPECT_EQ(t.group[0].delivered, 12u);
  EXPECT_EQ(t.group[0].queued, 3u);
  v1::ServerFrame pb;
  ASSERT_TRUE(pb.ParseFromString(frame));
  EXPECT_EQ(pb.traffic().delivered(0), 300u);
  EXPECT_EQ(pb.traffic().deliveries(1).kind(), v1::TO_GROUP);
}

TEST(Wire, AKindOfDeliveryThatIsNotKnownIsNotWrittenAndOneThatIsNotListedIsRefused) {
  DownstreamWriter w;
  w.delivery(7, "sealed");
  wire::ServerFrameParser clients;
  EXPECT_EQ(w.take(), Bytes("\x42\x0c\x0a\x0a\x08\x07\x12\x06sealed", 14)) << "as version 1 has it";
  BusTrafficWriter b;
  const uint64_t did = 5;
  b.delivery(7, &did, 1, "sealed");
  EXPECT_EQ(b.take(1, 2).substr(17), Bytes("\x12\x0e\x0a\x0c\x08\x07\x10\x05\x1a\x06sealed", 16));
  wire::BusFrameParser peers;
  v1::ServerFrame down;
  auto* d = down.mutable_traffic()->add_deliveries();
  d->set_tag(1);
  d->set_envelope("sealed");
  v1::BusFrame bus;
  bus.set_from(2);
  auto* p = bus.mutable_traffic()->add_deliveries();
  p->add_dids(5);
  p->set_envelope("sealed");
  for (int kind = -1; kind <= 4; ++kind) {
    d->set_kind(static_cast<v1::DeliveryKind>(kind));
    p->set_kind(static_cast<uint32_t>(kind));
    const bool listed = kind >= 0 && kind <= 2;
    EXPECT_EQ(clients.parse(down.SerializeAsString()).ok(), listed) << kind;
    EXPECT_EQ(peers.parse(wire::topic(1) + bus.SerializeAsString()).ok(), listed) << kind;
  }
}

TEST(Wire, BusTrafficThatWasWrittenIsReadBackBehindItsTopic) {
  BusTrafficWriter w;
  const uint64_t dids[] = {1, 1ull << 40};
  w.delivery(77, dids, 2, "sealed", v1::TO_GROUP);
  w.ack(1, 2);
  w.nack(3, 4);
  w.wake(5);
  w.receipt(6, 7);
  w.stale_user(8);
  w.contacts(9);
  w.vault(9, 10);
  w.kick(11);
  w.group(kGroup, 12, dids, 2);
  const Bytes frame = w.take(0x0102030405060708, 0xF1F2F3F4F5F6F7F8);
  EXPECT_EQ(frame.substr(0, 8), Bytes("\x01\x02\x03\x04\x05\x06\x07\x08", 8));
  wire::BusFrameParser parser;
  const auto in = parser.parse(frame);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ((*in)->from, 0xF1F2F3F4F5F6F7F8);
  const auto& t = (*in)->traffic;
  ASSERT_EQ(t.deliveries.size(), 1u);
  EXPECT_EQ(t.deliveries[0].did_count, 2u);
  EXPECT_EQ(t.deliveries[0].kind, v1::TO_GROUP);
  EXPECT_THAT(t.dids, ElementsAre(1u, 1ull << 40));
  EXPECT_EQ(t.acks[0].did, 2u);
  EXPECT_EQ(t.nacks[0].pid, 3u);
  EXPECT_THAT(t.wakes, ElementsAre(5u));
  EXPECT_EQ(t.receipts[0].ref, 7u);
  EXPECT_THAT(t.stale_users, ElementsAre(8u));
  EXPECT_THAT(t.contacts, ElementsAre(9u));
  EXPECT_EQ(t.vaults[0].version, 10u);
  EXPECT_THAT(t.kicks, ElementsAre(11u));
  ASSERT_EQ(t.groups.size(), 1u);
  EXPECT_EQ(t.groups[0].group_id, kGroup);
  EXPECT_EQ(t.groups[0].epoch, 12u);
  EXPECT_THAT(t.uids, ElementsAre(1u, 1ull << 40));
  v1::BusFrame pb;
  ASSERT_TRUE(pb.ParseFromString(frame.substr(8)));
  EXPECT_EQ(pb.traffic().deliveries(0).dids_size(), 2);
}

TEST(Wire, PackedAndUnpackedNumbersMeanTheSame) {
  v1::ServerFrame f;
  for (const uint64_t ref : {1, 2, 300}) f.mutable_traffic()->add_delivered(ref);
  wire::ServerFrameParser parser;
  const Bytes frame = f.SerializeAsString();
  const auto in = parser.parse(frame);
  ASSERT_TRUE(in.ok());
  EXPECT_THAT((*in)->traffic.delivered, ElementsAre(1u, 2u, 300u));
}

TEST(Wire, RefusesUnknownFieldsAnywhere) {
  EXPECT_EQ(parse(cold(hello())), Code::kOk);
  EXPECT_EQ(parse(cold(hello()) + Bytes("\xf8\x07\x01", 3)), Code::kMalformed) << "in the frame";
  v1::ClientFrame f = hello();
  f.mutable_hello()->GetReflection()->MutableUnknownFields(f.mutable_hello())->AddVarint(99, 1);
  EXPECT_EQ(parse(cold(f)), Code::kMalformed) << "in the request";
  v1::ClientFrame t;
  t.mutable_traffic()->GetReflection()->MutableUnknownFields(t.mutable_traffic())->AddVarint(99, 1);
  EXPECT_EQ(parse(cold(t)), Code::kMalformed) << "in the traffic";
}

TEST(Wire, RefusesARequestWithoutANumberExceptPingAndBye) {
  v1::ClientFrame f = hello();
  f.set_request(0);
  EXPECT_EQ(parse(cold(f)), Code::kMalformed);
  f.mutable_ping();
  EXPECT_EQ(parse(cold(f)), Code::kOk);
  EXPECT_EQ(parse(""), Code::kMalformed) << "no body";
}

// protobuf's own parser reads no more than five bytes of a tag or a length. Two readers of one frame must not differ.
TEST(Wire, RefusesTagsAndLengthsOfMoreThanFiveBytes) {
  v1::ClientFrame f;
  f.mutable_traffic()->set_ack_upto(9);
  const Bytes body = f.traffic().SerializeAsString(), zeros = "\x80\x80\x80";
  const auto tag = static_cast<char>(v1::ClientFrame::kTrafficFieldNumber << 3 | 2);
  const auto long_form = [](char byte, const Bytes& more) { return Bytes(1, static_cast<char>(byte | 0x80)) + more; };
  const auto size = static_cast<char>(body.size());
  const Bytes last(1, '\0'), one_more = zeros + '\x80' + last;
  EXPECT_EQ(Code::kOk, parse(Bytes(1, tag) + size + body));
  EXPECT_EQ(Code::kOk, parse(long_form(tag, zeros + last) + long_form(size, zeros + last) + body));
  for (const Bytes& frame :
       {long_form(tag, one_more) + size + body, Bytes(1, tag) + long_form(size, one_more) + body}) {
    EXPECT_FALSE(v1::ClientFrame().ParseFromString(frame));
    EXPECT_EQ(Code::kMalformed, parse(frame));
  }
}

TEST(Wire, RefusesTwoBodies) {
  UpstreamWriter w;
  w.ack_upto(1);
  EXPECT_EQ(parse(cold(hello()) + w.take()), Code::kMalformed);
}

TEST(Wire, RefusesSendsThatBreakARule) {
  const auto one = [](uint64_t ref, const char* to, const Bytes& stream, uint64_t seq, const Bytes& envelope) {
    UpstreamWriter w;
    w.send(ref, {.user = to}, stream, seq, envelope);
    return parse(w.take());
  };
  EXPECT_EQ(one(1, "bob", kStream, 1, "x"), Code::kOk);
  EXPECT_EQ(one(0, "bob", kStream, 1, "x"), Code::kMalformed);
  EXPECT_EQ(one(1, "Bob", kStream, 1, "x"), Code::kMalformed);
  EXPECT_EQ(one(1,
                "b\xff"
                "b",
                kStream, 1, "x"),
            Code::kMalformed);
  EXPECT_EQ(one(1, "bob", "short", 1, "x"), Code::kMalformed);
  EXPECT_EQ(one(1, "bob", kStream, 0, "x"), Code::kMalformed);
  EXPECT_EQ(one(1, "bob", kStream, 1ull << 63, "x"), Code::kMalformed);
  EXPECT_EQ(one(1, "bob", kStream, 1, ""), Code::kMalformed);
  EXPECT_EQ(one(1, "bob", kStream, 1, Bytes(wire::kMaxEnvelope + 1, 'x')), Code::kOk) << "answered with TOO_LARGE";
}

TEST(Wire, ASendIsForAUserOrForAnEpochOfAGroup) {
  const auto one = [](const Addressee& to) {
    UpstreamWriter w;
    w.send(1, to, kStream, 1, "x");
    return parse(w.take());
  };
  EXPECT_EQ(one({.user = "", .group = kGroup, .epoch = 1}), Code::kOk);
  EXPECT_EQ(one({.user = "", .group = kGroup, .epoch = 0}), Code::kMalformed);
  EXPECT_EQ(one({.user = "", .group = kGroup, .epoch = 1ull << 63}), Code::kMalformed);
  EXPECT_EQ(one({.user = "bob", .group = kGroup, .epoch = 1}), Code::kMalformed);
  EXPECT_EQ(one({.user = "bob", .group = "", .epoch = 1}), Code::kMalformed);
  EXPECT_EQ(one({.user = "", .group = "short", .epoch = 1}), Code::kMalformed);
  EXPECT_EQ(one({.user = ""}), Code::kMalformed);
}

TEST(Wire, AGroupListsItsMembersOnceInOrderAndItsAdminAmongThem) {
  const auto one = [](const std::vector<std::string>& members, const char* admin) {
    v1::ClientFrame f;
    f.set_request(1);
    auto* g = f.mutable_put_group();
    g->set_group_id(kGroup);
    g->set_epoch(1);
    g->set_name("team");
    g->set_admin(admin);
    for (const auto& m : members) g->add_members(m);
    g->set_state("signed");
    return parse(cold(f));
  };
  EXPECT_EQ(one({"alice", "bob"}, "bob"), Code::kOk);
  EXPECT_EQ(one({"alice", "bob"}, "carol"), Code::kMalformed);
  EXPECT_EQ(one({"bob", "alice"}, "bob"), Code::kMalformed);
  EXPECT_EQ(one({"bob", "bob"}, "bob"), Code::kMalformed);
  EXPECT_EQ(one({"Bob"}, "Bob"), Code::kMalformed);
  EXPECT_EQ(one({}, ""), Code::kMalformed);
}

TEST(Wire, RefusesMoreSendsThanAFrameMayHold) {
  UpstreamWriter w;
  for (uint64_t i = 1; i <= wire::kMaxSendsPerFrame; ++i) w.send(i, {.user = "bob"}, kStream, i, "x");
  UpstreamWriter more = w;
  more.send(5000, {.user = "bob"}, kStream, 5000, "x");
  EXPECT_EQ(parse(w.take()), Code::kOk);
  EXPECT_EQ(parse(more.take()), Code::kMalformed);
}

TEST(Wire, RefusesSizesOutsideTheLimits) {
  v1::ClientFrame f;
  f.set_request(1);
  auto* login = f.mutable_log_in();
  login->set_user("alice");
  login->set_auth(Bytes(32, 'a'));
  login->set_device(Bytes(16, 'd'));
  EXPECT_EQ(parse(cold(f)), Code::kOk);
  login->set_device(Bytes(16, '\0'));
  EXPECT_EQ(parse(cold(f)), Code::kMalformed);
  login->set_device(Bytes(16, 'd'));
  login->set_auth(Bytes(31, 'a'));
  EXPECT_EQ(parse(cold(f)), Code::kMalformed);
  EXPECT_EQ(parse(Bytes(wire::kMaxClientFrame + 1, 'x')), Code::kMalformed);
}

TEST(Wire, ErrorFramesCarryCodeAndText) {
  v1::ServerFrame f;
  ASSERT_TRUE(f.ParseFromString(wire::error_frame(5, Code::kThrottled, "wait", 250)));
  EXPECT_EQ(f.request(), 5u);
  EXPECT_EQ(f.error().code(), v1::THROTTLED);
  EXPECT_EQ(f.error().retry_after_ms(), 250u);
}

// The parsers return a code for all bytes. protobuf accepts all traffic that the parser accepts.
TEST(Wire, SurvivesMutations) {
  std::mt19937_64 random(20261122);
  UpstreamWriter w;
  w.send(7, {.user = "bob"}, kStream, 3, Bytes(50, 'e'));
  w.ack_upto(9);
  const Bytes hot = w.take();
  DownstreamWriter d;
  d.delivery(1, "one", v1::TO_USER);
  d.rejected(3, v1::BUSY, 5);
  d.group(4, 5, 6);
  const Bytes down = d.take();
  BusTrafficWriter b;
  const uint64_t did = 4;
  b.delivery(7, &did, 1, "sealed", v1::TO_GROUP);
  b.nack(1, 2);
  b.group(kGroup, 3, &did, 1);
  const Bytes bus = b.take(1, 2);
  wire::ClientFrameParser clients;
  wire::ServerFrameParser servers;
  wire::BusFrameParser peers;
  size_t accepted = 0;
  for (int i = 0; i < 60'000; ++i) {
    Bytes frame = i % 4 == 0 ? hot : i % 4 == 1 ? cold(hello()) : i % 4 == 2 ? down : bus;
    for (uint64_t n = random() % 4 + 1; n > 0 && !frame.empty(); --n) {
      const size_t at = random() % frame.size();
      switch (random() % 3) {
        case 0:
          frame[at] = static_cast<char>(random());
          break;
        case 1:
          frame.erase(at, random() % 4);
          break;
        default:
          frame.insert(at, 1, static_cast<char>(random()));
      }
    }
    const auto in = clients.parse(frame);
    v1::ClientFrame pb;
    if (in.ok() && (*in)->is_traffic) {
      ++accepted;
      EXPECT_TRUE(pb.ParsePartialFromString(frame));
    }
    (void)servers.parse(frame).code();
    (void)peers.parse(frame).code();
    (void)wire::parse_worker_frame(frame).code();
    (void)wire::parse_broker_frame(frame).code();
  }
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace fastchat
