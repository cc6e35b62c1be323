// Read receipts and changes of key.
#include "client/e2e/receipt.h"

#include <gtest/gtest.h>

#include "client/e2e/rekey.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

TEST(Receipt, HoldsForItsReaderAndEntriesOnly) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "read me");
  const ReadReceipt receipt = make_receipt(t.b.me, {{m.id, m.hash}}, kNowMs);
  EXPECT_TRUE(verify_receipt(receipt, t.b.me.peer()));
  EXPECT_FALSE(verify_receipt(receipt, t.c.me.peer()));
  ReadReceipt other = receipt;
  other.entries[0].id.seq = 2;
  EXPECT_FALSE(verify_receipt(other, t.b.me.peer()));
  other = receipt;
  other.entries[0].hash[0] ^= 1;
  EXPECT_FALSE(verify_receipt(other, t.b.me.peer()));
  other = receipt;
  other.read_ms += 1;
  EXPECT_FALSE(verify_receipt(other, t.b.me.peer()));
  other = receipt;
  other.entries.push_back(other.entries[0]);
  EXPECT_FALSE(verify_receipt(other, t.b.me.peer()));
  other = receipt;
  other.entries.clear();
  EXPECT_FALSE(verify_receipt(other, t.b.me.peer()));
}

TEST(Receipt, InAnothersNameIsRefusedThoughTheKeyFits) {
  const Identity carol_with_bobs_key = person("carol", 1);
  const ReadReceipt receipt =
      make_receipt(carol_with_bobs_key, {{MessageId{alice().fpr(), Bytes(16, 's'), 1}, Bytes(32, 'h')}}, kNowMs);
  EXPECT_TRUE(verify_receipt(receipt, carol_with_bobs_key.peer()));
  EXPECT_FALSE(verify_receipt(receipt, bob().peer()));
}

TEST(Receipt, TravelsSealed) {
  Trio t;
  const SealedMessage m = t.a.say(t.b.me.peer(), "read me");
  const SealedMessage back = t.b.say(t.a.me.peer(), make_receipt(t.b.me, {{m.id, m.hash}}, kNowMs));
  const Received r = t.a.receive(back.envelope);
  ASSERT_EQ(r.outcome, Outcome::kOpened) << r.why;
  const auto& receipt = std::get<ReadReceipt>(r.content);
  EXPECT_TRUE(verify_receipt(receipt, t.b.me.peer()));
  EXPECT_EQ(receipt.entries[0].id, m.id);
  EXPECT_EQ(receipt.entries[0].hash, m.hash);
}

TEST(Receipt, OfAHundredMessagesFitsOneEnvelope) {
  Trio t;
  std::vector<ReadEntry> entries(100, ReadEntry{MessageId{t.a.me.fpr(), Bytes(16, 's'), kMaxCount}, Bytes(32, 'h')});
  const Received r = t.a.receive(t.b.say(t.a.me.peer(), make_receipt(t.b.me, entries, kNowMs)).envelope);
  EXPECT_TRUE(verify_receipt(std::get<ReadReceipt>(r.content), t.b.me.peer()));
}

TEST(Rekeying, SignedByTheOldKeyGivesTheNewOne) {
  const Identity old_key = bob(), next = person("bob", 5);
  const Rekey rekey = make_rekey(old_key, next, 1);
  const Result<PeerKey> accepted = accept_rekey(rekey, old_key.peer(), 0, kRealmA);
  ASSERT_TRUE(accepted.ok()) << accepted.error().text;
  EXPECT_EQ(accepted->fpr, next.fpr());
  EXPECT_EQ(accepted->key.spki(), next.key().public_key().spki());
}

TEST(Rekeying, SurvivesItsEncodingAndNothingElseParses) {
  const Rekey rekey = make_rekey(bob(), person("bob", 5), 1);
  const Bytes bytes = encode_rekey(rekey);
  EXPECT_TRUE(accept_rekey(parse_rekey(bytes).value(), bob().peer(), 0, kRealmA).ok());
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(parse_rekey(ByteView(bytes).substr(0, n)).ok());
  EXPECT_FALSE(parse_rekey(bytes + '\0').ok());
}

TEST(Rekeying, IsRefusedForAnotherPinCounterUserKeyOrRealm) {
  const Rekey good = make_rekey(bob(), person("bob", 5), 3);
  EXPECT_TRUE(accept_rekey(good, bob().peer(), 2, kRealmA).ok());
  EXPECT_FALSE(accept_rekey(good, bob().peer(), 3, kRealmA).ok());
  EXPECT_FALSE(accept_rekey(good, alice().peer(), 2, kRealmA).ok());
  EXPECT_FALSE(accept_rekey(good, person("bob", 6).peer(), 2, kRealmA).ok());
  EXPECT_FALSE(accept_rekey(good, bob().peer(), 2, kRealmB).ok());
  Rekey bad = good;
  bad.counter = 4;
  EXPECT_FALSE(accept_rekey(bad, bob().peer(), 2, kRealmA).ok());
  bad = good;
  bad.new_spki = test_key(7).public_key().spki();
  EXPECT_FALSE(accept_rekey(bad, bob().peer(), 2, kRealmA).ok());
  for (const Bytes& sig : {good.sig, make_rekey(person("bob", 5), person("bob", 6), 3).new_sig,
                           make_rekey(bob(), person("bob", 5), 4).new_sig, Bytes(384, 'x')}) {
    bad = good;
    bad.new_sig = sig;
    EXPECT_EQ(accept_rekey(bad, bob().peer(), 2, kRealmA).code(), Code::kLocalUntrustedKey);
  }
}

}  // namespace
}  // namespace fastchat::tests
