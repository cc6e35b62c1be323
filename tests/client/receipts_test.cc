// Receipts and Resealing: the fate of messages of ours, also when the disk refuses a turn.
#include "client/messages/receipts.h"

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReceiptsTest : public RoomsFixture {
 protected:
  ReceiptsTest() { live(); }
  uint64_t sent(const std::string& to, const std::string& text = "hello") {
    send(to, text);
    const auto refs = goes_out();
    EXPECT_THAT(refs, SizeIs(1));
    heard_.take();
    return refs.empty() ? 0 : refs[0];
  }
  MessageState state() { return (*store_->messages().of_ref(last_.ref))->state; }
};

TEST_F(ReceiptsTest, AStateRisesAndIsTold) {
  const uint64_t ref = sent("bob");
  downstream([&](auto& w) { w.queued(ref); });
  EXPECT_THAT(heard_.lines, IsEmpty()) << "before it is on disk";
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("queued"));
  EXPECT_EQ(outbox_rows(), 1u);
  downstream([&](auto& w) { w.delivered(ref); });
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("delivered"));
  EXPECT_EQ(state(), MessageState::kDelivered);
  EXPECT_EQ(outbox_rows(), 0u);
}

TEST_F(ReceiptsTest, ARefusalIsOneLine) {
  const uint64_t ref = sent("bob");
  downstream([&](auto& w) { w.rejected(ref, v1::SHARE_FULL, 0); });
  turn_.run();
  EXPECT_THAT(
      heard_.take(),
      ElementsAre(
          "failed: too many of your messages wait for the recipient: try again after the recipient was online"));
  EXPECT_EQ(outbox_rows(), 0u);
}

// A reader's receipt may overtake the server's.
TEST_F(ReceiptsTest, AMessageThatWasReadStaysRead) {
  const uint64_t refused = sent("bob"), accepted = sent("bob");
  for (const uint64_t ref : {refused, accepted}) {
    const auto message = *store_->messages().of_ref(ref);
    begin();
    EXPECT_TRUE(
        receipts_.on_read("bob", {{}, 0, {{{message->from_fpr, message->stream, message->seq}, message->hash}}, {}}));
  }
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("read", "read"));
  downstream([&](auto& w) {
    w.rejected(refused, v1::SHARE_FULL, 0);
    w.delivered(accepted);
  });
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("read", "read")) << "the screen hears no state that is not stored";
  EXPECT_EQ(outbox_rows(), 0u);
}

// The engine forgets a message with its last receipt. When that receipt does not reach the disk, the client has to ask
// about the message again; otherwise its row would show "sending" for ever.
TEST_F(ReceiptsTest, AReceiptThatIsNotOnDiskIsWaitedForAgain) {
  const uint64_t ref = sent("bob");
  downstream([&](auto& w) { w.rejected(ref, v1::SHARE_FULL, 0); });
  EXPECT_EQ(server_.engine().unaccepted(), 0u);
  refuse_turn();
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_EQ(outbox_rows(), 1u);
  EXPECT_EQ(server_.engine().unaccepted(), 1u) << "the next session asks what became of it";
}

// A device that was away for long logs in after another device changed the key: readers refuse the earlier key by then.
TEST_F(ReceiptsTest, AnUnsentMessageUnderAKeyOfLongAgoIsSealedAnew) {
  const uint64_t ref = sent("bob");
  const Bytes before = me().fpr();
  const e2e::Identity next(realm(), "alice", {tests::test_key(5), tests::test_key(0)});
  begin();
  ASSERT_TRUE(account_->put(account_->profile(), vault_key(), e2e::Secret(), next).ok());
  const Bytes envelope = outbox_.envelope(ref).value();
  EXPECT_TRUE(resealing_.is_outdated(envelope));
  receipts_.on_receipt({.ref = ref, .state = core::ReceiptState::kFailed, .code = Code::kInternal});
  turn_.run();
  const auto row = *store_->messages().get(1);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->from_fpr, next.fpr());
  EXPECT_NE(row->from_fpr, before);
  EXPECT_NE(row->ref, ref);
  EXPECT_FALSE(resealing_.is_outdated(outbox_.envelope(row->ref).value()));
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(ReceiptsTest, AReadReceiptIsSentForWhatWasLookedAt) {
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  ASSERT_THAT(sees("bob"), ElementsAre("bob: hi"));
  receipts_.mark_read(PeerName("bob"));
  EXPECT_THAT(goes_out(), SizeIs(1));
  receipts_.mark_read(PeerName("bob"));
  EXPECT_THAT(goes_out(), IsEmpty()) << "once";
}

// An author may not have accepted this user. At such an author a receipt would count as a stranger's message.
TEST_F(ReceiptsTest, AReceiptForAGroupGoesToAuthorsWhoAcceptedThisUser) {
  const e2e::Identity carol(realm(), "carol", {tests::test_key(2)});
  const auto made = [&](const e2e::Identity& admin, const std::string& name) {
    e2e::GroupState state =
        e2e::create_group(admin, name, {{"alice", me().fpr()}, {"bob", bob().fpr()}, {"carol", carol.fpr()}},
                          tests::test_key(5).public_key())
            .value();
    groups_.adopt(state, std::nullopt);
    return state.group_id;
  };
  uint64_t seq = 0;
  const auto bob_writes_in = [&](const Bytes& id) {
    store::Message row;
    row.conversation = store::ConversationId::group(id);
    row.kind = 1;
    row.from = "bob";
    row.from_fpr = bob().fpr();
    row.stream = Bytes(16, 'g');
    row.seq = ++seq;
    row.hash = Bytes(31, 'h') + static_cast<char>(seq);
    row.body = account_->box().seal(LocalPlace::message_body(row.hash, row.kind), "lunch?");
    begin();
    EXPECT_TRUE(store_->messages().add(row, false).ok());
    commit();
    receipts_.mark_read(timeline_.shown(row.conversation));
    return goes_out().size();
  };
  const Bytes carols = made(carol, "team"), bobs = made(bob(), "bobs"), mine = made(me(), "mine");
  EXPECT_EQ(bob_writes_in(bobs), 1u) << "bob accepted whom he added";
  EXPECT_EQ(bob_writes_in(mine), 1u) << "bob accepted the admin when he wrote";
  EXPECT_EQ(bob_writes_in(carols), 0u);
  EXPECT_EQ((*store_->messages().conversations())[0].unseen, 0u);
  sent("bob");
  EXPECT_EQ(bob_writes_in(carols), 0u) << "bob did not answer";
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  EXPECT_EQ(bob_writes_in(carols), 1u);
}

TEST_F(ReceiptsTest, NobodyIsToldOfWhatIsOnlyMarkedAsSeen) {
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  receipts_.mark_seen(PeerName("bob"));
  EXPECT_THAT(goes_out(), IsEmpty());
  EXPECT_EQ((*store_->messages().conversations())[0].unseen, 0u);
}

TEST_F(ReceiptsTest, ThatAConversationWasMarkedIsToldOnceItIsOnDisk) {
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  receipts_.mark_seen(PeerName("bob"));
  EXPECT_THAT(heard_.seen, IsEmpty());
  turn_.run();
  receipts_.mark_read(PeerName("bob"));
  turn_.run();
  EXPECT_THAT(heard_.seen, ElementsAre("bob", "bob"));
}

TEST_F(ReceiptsTest, AMessageIsKnownWithItsKeyAndItsReaders) {
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  const std::string theirs = (*timeline_.history(PeerName("bob"), 10, 0)).at(0).id;
  auto info = timeline_.info(theirs);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->message.text, "hi");
  EXPECT_EQ(info->key, MessageInfo::Key::kNotCompared);
  EXPECT_EQ(info->fingerprint, to_hex(pins_.get("bob")->key.fpr));
  begin();
  ASSERT_TRUE(pins_.mark_verified("bob").ok());
  turn_.run();
  EXPECT_EQ(timeline_.info(theirs)->key, MessageInfo::Key::kVerified);
  begin();
  ASSERT_TRUE(pins_.learn("bob", tests::test_key(3).public_key().spki(), 5).ok());
  ASSERT_TRUE(pins_.accept("bob", 6).ok());
  turn_.run();
  EXPECT_EQ(timeline_.info(theirs)->key, MessageInfo::Key::kOther);

  has_group("team");
  send("#team", "lunch?");
  goes_out();
  const ChatMessage mine = (*timeline_.history(PeerName("#team"), 10, 0)).at(0);
  begin();
  for (const char* reader : {"carol", "bob", "carol"}) {
    ASSERT_TRUE(store_->seen().set_read_in_group(reader, mine.row).ok());
  }
  turn_.run();
  info = timeline_.info(mine.id);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->key, MessageInfo::Key::kOwn);
  EXPECT_THAT(info->read_by, ElementsAre("bob", "carol"));
  EXPECT_EQ(timeline_.info(std::string(32, '0')).code(), Code::kLocalUsage);
}

// Another message has this message's place in its stream, because this profile was restored from a copy.
TEST_F(ReceiptsTest, AConflictIsSealedInANewStream) {
  const uint64_t ref = sent("bob");
  const Bytes stream = (*store_->outbox().all())[0].stream;
  downstream([&](auto& w) { w.rejected(ref, v1::CONFLICT, 0); });
  const auto again = goes_out();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_NE(again[0], ref);
  ASSERT_EQ(outbox_rows(), 1u);
  EXPECT_NE((*store_->outbox().all())[0].stream, stream);
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello")) << "one line, not two";
}

TEST_F(ReceiptsTest, AStaleEpochWaitsUntilTheGroupIsFollowed) {
  const Bytes id = has_group("team");
  follower_.attached();
  const uint64_t ref = sent("#team");
  downstream([&](auto& w) { w.rejected(ref, v1::STALE_EPOCH, 0); });
  EXPECT_THAT(goes_out(), IsEmpty());
  EXPECT_FALSE(follower_.up_to_date(id));
  EXPECT_EQ(outbox_rows(), 1u);
  EXPECT_THAT(heard_.take(), IsEmpty());
  groups_.set_membership(id, Membership::kRemoved);
  goes_out();
  EXPECT_THAT(heard_.take(), SizeIs(1)) << "it cannot be sent any more, and the person hears so";
  EXPECT_EQ(state(), MessageState::kFailed);
}

}  // namespace
}  // namespace fastchat::client
