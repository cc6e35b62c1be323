#include "client/e2e/message.h"

#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/seal.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

TEST(Message, OpensForItsRecipientWithEverythingItSays) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "hello bob");
  const Received r = t.b.receive(m.envelope);
  EXPECT_EQ(text_of(r), "hello bob") << r.why;
  EXPECT_EQ(r.header.from_user, "alice");
  EXPECT_EQ(r.header.to_user, "bob");
  EXPECT_EQ(r.header.sent_ms, kNowMs);
  EXPECT_EQ(r.header.id, m.id);
  EXPECT_EQ(r.hash, m.hash);
  EXPECT_TRUE(r.authentic);
  EXPECT_FALSE(r.own_copy);
  EXPECT_FALSE(r.gap);
  EXPECT_FALSE(r.first_contact);
}

TEST(Message, OpensOnTheSendersOtherDeviceAsItsOwnCopy) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "hello bob");
  Client tablet(alice());
  const Received r = tablet.receive(m.envelope);
  EXPECT_EQ(text_of(r), "hello bob") << r.why;
  EXPECT_TRUE(r.own_copy);
  EXPECT_EQ(r.header.to_user, "bob");
}

TEST(Message, ItsSenderOpensItAgainToSealItAnew) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "hello bob");
  const Result<Content> again = reopen_own_message(m.envelope, t.a.me, nullptr);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(std::get<Text>(*again).text, "hello bob");
  EXPECT_FALSE(reopen_own_message(m.envelope, t.c.me, nullptr).ok());
  EXPECT_FALSE(reopen_own_message("junk", t.a.me, nullptr).ok());
}

TEST(Message, ANameInAHeaderIsWorthNothingWithoutItsSignature) {
  Trio t;
  const Bytes real = t.a.say(t.b.me.peer(), "hello bob").envelope;
  EXPECT_TRUE(signed_by(real, t.a.me.peer()));
  EXPECT_FALSE(signed_by(real, t.c.me.peer()));
  EXPECT_FALSE(signed_by("junk", t.a.me.peer()));
  // In alice's name, signed by carol.
  Header h = header_to(t.a.me, t.b.me.peer());
  const Bytes key(32, 'k');
  const Bytes body = seal(key, body_context(encode_header(h)), Bytes(256, '\0'));
  const std::vector<Bytes> wraps = {wrap(t.b.me.key().public_key(), key), wrap(t.a.me.key().public_key(), key)};
  EXPECT_FALSE(signed_by(forge(h, wraps, body, t.c.me.key()), t.a.me.peer()));
}

TEST(Message, ToOneselfIsAnOwnCopy) {
  Client phone(alice()), tablet(alice());
  const Received r = tablet.receive(phone.say(phone.me.peer(), "note").envelope);
  EXPECT_EQ(text_of(r), "note") << r.why;
  EXPECT_TRUE(r.own_copy);
}

TEST(Message, OfTheLargestTextFitsAnEnvelope) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), std::string(kMaxText, 'x'));
  EXPECT_LE(m.envelope.size(), kMaxEnvelope);
  EXPECT_EQ(text_of(t.b.receive(m.envelope)).size(), kMaxText);
}

TEST(Message, FromAnUnknownSenderAsksForTheKeyThenOpensAsFirstContact) {
  Trio t;
  Client stranger(mallory());
  const SealedMessage m = stranger.say(t.b.me.peer(), "hi");
  const Received asked = t.b.receive(m.envelope);
  EXPECT_EQ(asked.outcome, Outcome::kNeedsKey);
  EXPECT_EQ(asked.header.from_user, "mallory");
  t.b.pins.pin(stranger.me.peer(), true);
  const Received r = t.b.receive(m.envelope);
  EXPECT_EQ(text_of(r), "hi");
  EXPECT_TRUE(r.first_contact);
}

TEST(Message, SealedToAnOldKeyOfMineStillOpens) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "before the change");
  Client later(Identity(kRealmA, "bob", {test_key(5), test_key(1)}));
  later.pins.pin(t.a.me.peer());
  EXPECT_EQ(text_of(later.receive(m.envelope)), "before the change");
}

TEST(Message, AfterAHoleOpensAndSaysSo) {
  Trio t;
  const Bytes one = t.a.say(t.b.me.peer(), "1").envelope;
  t.a.say(t.b.me.peer(), "2");
  const Bytes three = t.a.say(t.b.me.peer(), "3").envelope;
  EXPECT_FALSE(t.b.receive(one).gap);
  const Received r = t.b.receive(three);
  EXPECT_EQ(text_of(r), "3");
  EXPECT_TRUE(r.gap);
}

TEST(Message, OfAnotherRealmIsRefused) {
  Trio t;
  Client elsewhere(person("alice", 0, kRealmB));
  const Received r = t.b.receive(elsewhere.say(t.b.me.peer(), "x").envelope);
  EXPECT_EQ(r.outcome, Outcome::kQuarantine);
  EXPECT_EQ(r.reason, Reason::kWrongRealm);
}

TEST(Message, LargerThan24KiBIsRefusedUnread) {
  Trio t;
  EXPECT_EQ(t.b.receive(Bytes(kMaxEnvelope + 1, 'x')).reason, Reason::kTooLarge);
}

TEST(Message, EveryReasonHasAName) {
  EXPECT_EQ(reason_name(Reason::kNone), "none");
  EXPECT_EQ(reason_name(Reason::kBadSignature), "bad-signature");
  EXPECT_EQ(reason_name(Reason::kBadContent), "bad-content");
  EXPECT_EQ(reason_name(Reason::kWrongKind), "wrong-kind");
  EXPECT_EQ(reason_name(Reason::kNoPrekey), "no-prekey");
  EXPECT_EQ(reason_name(Reason::kDowngrade), "downgrade");
  EXPECT_EQ(reason_name(Reason::kOtherPrekey), "other-prekey");
}

TEST(Message, CarriesAFileNote) {
  Trio t;
  FileInfo f{Bytes(16, 'f'), Secret::copy_of(Bytes(32, 'k')), sha256("x"), 1, "x.txt", "text/plain"};
  const Received r = t.b.receive(t.a.say(t.b.me.peer(), std::move(f)).envelope);
  ASSERT_EQ(r.outcome, Outcome::kOpened);
  EXPECT_EQ(std::get<FileInfo>(r.content).name, "x.txt");
  EXPECT_EQ(std::get<FileInfo>(r.content).key.view(), Bytes(32, 'k'));
}

TEST(Message, OfAKindForTwoIsRefusedInAGroup) {
  Trio t;
  const GroupState g = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  const StreamPosition at{Bytes(16, 's'), 1, {}};
  EXPECT_EQ(seal_group_message(t.a.me, g, at, GroupLeave{g.group_id}, kNowMs).code(), Code::kNotAllowed);
  EXPECT_EQ(seal_group_message(t.c.me, g, at, Text{"x"}, kNowMs).code(), Code::kNotAllowed);
}

}  // namespace
}  // namespace fastchat::tests
