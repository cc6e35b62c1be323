// Signals: a signal counts once, for its reader, while it is fresh. Every other signal has no effect.
#include "client/e2e/signal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using e2e::Reason;
using e2e::SignalKind;
namespace pb = v1::content;

class SignalTest : public ::testing::Test {
 protected:
  SignalTest() { bob_.pins.pin(alice_.peer()); }

  Reason open(const Client& who, ByteView bytes, int64_t now_ms = kNowMs) {
    Reason why = Reason::kNone;
    opened_ = e2e::open_signal(who.me, bytes, who.pins, who.groups, marks_, now_ms, &why);
    return why;
  }
  Bytes typing(int64_t sent_ms = kNowMs) { return seal_signal(alice_, bob_.me.peer(), SignalKind::kTyping, sent_ms); }
  // Makes alice's signal anew with a changed header, sealed and signed by `signer` as another implementation would.
  template <class F>
  Bytes remade(const e2e::Identity& signer, F&& change, e2e::SignType type = e2e::SignType::kSignal) {
    pb::SignalEnvelope e;
    pb::SignalHeader h;
    EXPECT_TRUE(e.ParseFromString(typing()) && h.ParseFromString(e.header()));
    Bytes plain(256, '\0');
    plain[0] = 1;
    change(h, plain);
    e.set_header(e2e::encode(h));
    const Bytes key(32, 'K');
    e.set_wrap(wrap(bob_.me.key().public_key(), key));
    e.set_body(e2e::seal(key, e2e::concat({"signal", e2e::sha256(e.header())}), plain));
    e.set_sig(sign(signer.key(), type, e2e::concat({e2e::lp(e.header()), e2e::lp(e.wrap()), e2e::lp(e.body())})));
    return e2e::encode(e);
  }

  e2e::Identity alice_ = alice();
  Client bob_{bob()};
  e2e::SignalMarks marks_;
  std::optional<e2e::Signal> opened_;
};

TEST_F(SignalTest, SaysWhoTypesToMe) {
  const Bytes bytes = typing();
  EXPECT_LE(bytes.size(), 1500u);
  EXPECT_EQ(open(bob_, bytes), Reason::kNone);
  ASSERT_TRUE(opened_);
  EXPECT_EQ(opened_->kind, SignalKind::kTyping);
  EXPECT_EQ(opened_->from, "alice");
  EXPECT_EQ(opened_->group_id, "");
  EXPECT_EQ(opened_->sent_ms, kNowMs);
}

TEST_F(SignalTest, CountsOnceAndOnlyNow) {
  const Bytes old = typing(kNowMs - 1);
  const Bytes bytes = typing();
  EXPECT_EQ(open(bob_, bytes), Reason::kNone);
  EXPECT_EQ(open(bob_, bytes), Reason::kStale);  // again
  EXPECT_EQ(open(bob_, old), Reason::kStale);    // held back, then sent
  EXPECT_FALSE(opened_);
  EXPECT_EQ(open(bob_, typing(kNowMs + 1)), Reason::kNone);

  marks_ = {};  // after a restart
  EXPECT_EQ(open(bob_, bytes, kNowMs + e2e::kSignalLife + 1), Reason::kStale);
  EXPECT_EQ(open(bob_, bytes, kNowMs - e2e::kSignalLife - 1), Reason::kStale);
  EXPECT_EQ(open(bob_, bytes, kNowMs + e2e::kSignalLife), Reason::kNone);
}

TEST_F(SignalTest, IsForOneReaderAlone) {
  Client carol(::fastchat::tests::carol());
  carol.pins.pin(alice_.peer());
  EXPECT_EQ(open(carol, typing()), Reason::kNotForMe);
  Client self(alice());
  EXPECT_EQ(open(self, typing()), Reason::kNotForMe);
  Client stranger(bob());  // has never heard of alice: nothing is looked up for a signal
  EXPECT_EQ(open(stranger, typing()), Reason::kKeyChanged);
  // The server redirects the signal to carol, but the header is signed.
  pb::SignalEnvelope e;
  pb::SignalHeader h;
  ASSERT_TRUE(e.ParseFromString(typing()) && h.ParseFromString(e.header()));
  h.set_to_user("carol");
  h.set_to_fpr(carol.me.fpr());
  e.set_header(e2e::encode(h));
  EXPECT_EQ(open(carol, e2e::encode(e)), Reason::kBadSignature);
}

TEST_F(SignalTest, CannotBeForged) {
  EXPECT_EQ(open(bob_, remade(alice_, [](auto&, auto&) {})), Reason::kNone);
  marks_ = {};
  EXPECT_EQ(open(bob_, remade(mallory(), [](auto&, auto&) {})), Reason::kBadSignature);
  EXPECT_EQ(open(bob_, remade(mallory(), [](auto& h, auto&) { h.set_from_fpr(mallory().fpr()); })),
            Reason::kKeyChanged);
  // The same key signed the bytes as another type.
  EXPECT_EQ(open(bob_, remade(
                           alice_, [](auto&, auto&) {}, e2e::SignType::kMessage)),
            Reason::kBadSignature);
  // A signature that does not hold leaves no mark: a genuine signal still counts.
  EXPECT_EQ(open(bob_, remade(mallory(), [](auto& h, auto&) { h.set_sent_ms(kNowMs + 9'000); })),
            Reason::kBadSignature);
  EXPECT_EQ(open(bob_, typing()), Reason::kNone);
}

TEST_F(SignalTest, EveryChangedByteIsRefused) {
  const Bytes bytes = typing();
  for (size_t i = 0; i < bytes.size(); i += 7) {
    Bytes changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    EXPECT_NE(open(bob_, changed), Reason::kNone) << i;
    EXPECT_FALSE(opened_);
  }
  for (size_t n = 0; n < bytes.size(); n += 13) EXPECT_EQ(open(bob_, ByteView(bytes).substr(0, n)), Reason::kMalformed);
  EXPECT_EQ(open(bob_, Bytes(e2e::kMaxSignal + 1, 'x')), Reason::kTooLarge);
  EXPECT_EQ(open(bob_, bytes + '\0'), Reason::kMalformed);
}

TEST_F(SignalTest, OtherHeadersAndBodiesAreRefused) {
  const auto of = [&](auto change) { return open(bob_, remade(alice_, change)); };
  EXPECT_EQ(of([](auto& h, auto&) { h.set_suite(2); }), Reason::kMalformed);
  EXPECT_EQ(of([](auto& h, auto&) { h.set_realm(kRealmB); }), Reason::kWrongRealm);
  EXPECT_EQ(of([](auto& h, auto&) { h.set_type(pb::GROUP); }), Reason::kMalformed);
  EXPECT_EQ(of([](auto& h, auto&) { h.set_epoch(1); }), Reason::kMalformed);
  EXPECT_EQ(of([](auto& h, auto&) { h.set_to_fpr(Bytes(32, 'f')); }), Reason::kNotForMe);
  EXPECT_EQ(of([](auto&, Bytes& plain) { plain[0] = 2; }), Reason::kBadContent);
  EXPECT_EQ(of([](auto&, Bytes& plain) { plain[255] = 1; }), Reason::kBadContent);
  EXPECT_EQ(of([](auto&, Bytes& plain) { plain += Bytes(256, '\0'); }), Reason::kMalformed);
}

TEST_F(SignalTest, AMessageIsNoSignalAndASignalNoMessage) {
  Client a(alice());
  const auto message = a.say(bob_.me.peer(), "hello");
  EXPECT_EQ(open(bob_, message.envelope), Reason::kMalformed);
  EXPECT_EQ(bob_.look(typing()).outcome, e2e::Outcome::kQuarantine);
}

TEST_F(SignalTest, OfAGroupCountsForItsMembers) {
  const e2e::KeyPair& epoch_key = test_key(5);
  const auto member = [](const e2e::Identity& i) { return e2e::GroupMember{i.user(), i.fpr()}; };
  const auto state = e2e::create_group(alice_, "team", {member(bob_.me)}, epoch_key.public_key());
  ASSERT_TRUE(state.ok());
  bob_.groups.enter(*state, &epoch_key);
  const auto bytes = e2e::seal_group_signal(alice_, *state, SignalKind::kTyping, kNowMs);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(open(bob_, *bytes), Reason::kNone);
  ASSERT_TRUE(opened_);
  EXPECT_EQ(opened_->group_id, state->group_id);
  EXPECT_EQ(open(bob_, *bytes), Reason::kStale);
  // The sender's other conversation has a mark of its own.
  EXPECT_EQ(open(bob_, typing()), Reason::kNone);

  EXPECT_EQ(e2e::seal_group_signal(mallory(), *state, SignalKind::kTyping, kNowMs).code(), Code::kNotAllowed);
  Client outside(carol());
  outside.pins.pin(alice_.peer());
  marks_ = {};
  EXPECT_EQ(open(outside, *bytes), Reason::kStaleEpoch);
  // Bob has seen alice leave. A signal that she signs for the epoch before has no effect.
  auto change = e2e::change_of(*state);
  change.admin_fpr = bob_.me.fpr();
  const e2e::KeyPair &second = test_key(6), &third = test_key(7);
  const auto handed = e2e::change_group(alice_, *state, change, second.public_key());
  ASSERT_TRUE(handed.ok());
  change = e2e::change_of(*handed);
  change.members = {member(bob_.me)};
  const auto without = e2e::change_group(bob_.me, *handed, change, third.public_key());
  ASSERT_TRUE(without.ok());
  bob_.groups.enter(*handed, &second);
  bob_.groups.enter(*without, &third);
  EXPECT_EQ(open(bob_, *bytes), Reason::kNotMember);
}

}  // namespace
}  // namespace fastchat::tests
