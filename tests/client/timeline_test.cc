// Timeline, Notices and FileRecords: both names of a conversation, lines that no message made, files of messages.
#include "client/messages/timeline.h"

#include "tests/client/rooms_fixture.h"
#include "tests/common/temporary.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TimelineTest : public RoomsFixture {};

TEST_F(TimelineTest, AGroupHasTwoNames) {
  const Bytes id = has_group("team");
  EXPECT_EQ(timeline_.stored(PeerName("#team")), store::ConversationId::group(id));
  EXPECT_EQ(timeline_.shown(store::ConversationId::group(id)), PeerName("#team"));
  EXPECT_EQ(timeline_.stored(PeerName("bob")), store::ConversationId::direct("bob"));
  EXPECT_EQ(timeline_.shown(store::ConversationId::direct("bob")), PeerName("bob"));
  EXPECT_EQ(timeline_.shown(store::ConversationId::from_stored("#damaged")), PeerName("#damaged"));
  EXPECT_TRUE(timeline_.stored(PeerName("#nowhere")).empty());
  EXPECT_NE(timeline_.group_of(store::ConversationId::group(id)), nullptr);
  EXPECT_EQ(timeline_.group_of(store::ConversationId::direct("bob")), nullptr);
  EXPECT_EQ(timeline_.group_of(store::ConversationId::from_stored("#not hex")), nullptr);
}

TEST_F(TimelineTest, AConversationKeepsItsLinesWhenAGroupIsRenamed) {
  const Bytes id = has_group("team");
  begin();
  ASSERT_TRUE(notices_.add_to_group(id, "bob came", Bytes(32, 'n'), false));
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("#team alice: bob came"));
  groups_.restore(id, "crew", Membership::kMember, {});
  EXPECT_THAT(sees("#crew"), ElementsAre("alice: bob came"));
  EXPECT_THAT(sees("#team"), ElementsAre("no such group: #team"));
}

TEST_F(TimelineTest, WhatConcernsTheAccountIsALineAndANotice) {
  begin();
  ASSERT_TRUE(notices_.add_to_account(store::kKindDevice, "a new device", Bytes(16, 'd')));
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("alice alice: a new device", "notice: a new device"));
  const auto lines = timeline_.history(PeerName("alice"), 10, 0);
  ASSERT_THAT(*lines, SizeIs(1));
  EXPECT_EQ((*lines)[0].device, to_hex(Bytes(16, 'd')));
}

TEST_F(TimelineTest, OfARefusedTurnNobodyHears) {
  begin();
  ASSERT_TRUE(notices_.add(store::ConversationId::direct("bob"), "bob", "lost", Bytes(32, 'k'), false));
  refuse_turn();
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(sees("bob"), IsEmpty());
}

TEST_F(TimelineTest, ALockedProfileShowsNoText) {
  begin();
  ASSERT_TRUE(notices_.add(store::ConversationId::direct("bob"), "bob", "secret", Bytes(32, 'k'), false));
  turn_.run();
  account_->forget();
  EXPECT_THAT(sees("bob"), ElementsAre("bob: "));
}

TEST_F(TimelineTest, MessagesThatWaitForAKeyAreCounted) {
  const Bytes id = has_group("team");
  begin();
  ASSERT_TRUE(*store_->waiting().add({0, id, 2, "envelope", "bob", 0, true}, 1, Bytes(32, 'h')));
  commit();
  EXPECT_THAT(sees("#team"), ElementsAre(": 1 message waits for the group's key"));
}

// ---- messages that name this user

class MentionTest : public RoomsFixture {
 protected:
  // A text of bob's that nobody has looked at.
  int64_t add(const store::ConversationId& to, const std::string& text, bool seen = false) {
    store::Message row;
    row.conversation = to;
    row.kind = v1::content::TEXT;
    row.from = "bob";
    row.from_fpr = bob().fpr();
    row.stream = Bytes(16, 's');
    row.seq = ++seq_;
    row.hash = Bytes(24, 'h');
    put_u64(row.hash, seq_);
    row.body = account_->box().seal(LocalPlace::message_body(row.hash, row.kind), text);
    row.seen = seen;
    auto id = store_->messages().add(row, false);
    EXPECT_TRUE(id.ok());
    return id.ok() ? *id : 0;
  }
  bool marked(const std::string& name) {
    const auto all = timeline_.conversations();
    EXPECT_TRUE(all.ok());
    for (const ConversationInfo& c : *all) {
      if (c.peer == PeerName(name)) return c.mentioned;
    }
    return false;
  }
  uint64_t seq_ = 0;
};

TEST_F(MentionTest, AConversationIsMarkedUntilItIsRead) {
  const auto team = store::ConversationId::group(has_group("team"));
  begin();
  add(team, "hello @alice", true);
  add(team, "hello @bob");
  EXPECT_FALSE(marked("#team")) << "the one that names this user was read";
  add(team, "and @Alice, too");
  add(team, "nothing more");
  EXPECT_TRUE(marked("#team"));
  ASSERT_TRUE(store_->seen().mark_all(team).ok());
  EXPECT_FALSE(marked("#team"));
  add(store::ConversationId::direct("bob"), "hello alice");
  EXPECT_FALSE(marked("bob")) << "each message of a person is meant for this user";
  add(team, "alice");
  EXPECT_TRUE(marked("#team"));
  account_->forget();
  EXPECT_FALSE(marked("#team")) << "a locked profile reads nothing";
  commit();
}

TEST_F(MentionTest, TheNewestUnreadMessagesAreLookedAt) {
  const auto team = store::ConversationId::group(has_group("team"));
  begin();
  add(team, "hello @alice");
  for (size_t i = 1; i < Timeline::kMentionsLookedAt; ++i) add(team, "noise");
  EXPECT_TRUE(marked("#team"));
  add(team, "noise");
  EXPECT_FALSE(marked("#team")) << "the bound";
  add(team, "alice?");
  EXPECT_TRUE(marked("#team"));
  commit();
}

TEST_F(MentionTest, APlaceIsCountedByItsConversation) {
  const auto team = store::ConversationId::group(has_group("team"));
  begin();
  for (int i = 0; i < 4; ++i) {
    add(team, "one");
    add(store::ConversationId::direct("bob"), "other");
  }
  commit();
  const auto lines = timeline_.history(PeerName("#team"), 10, 0);
  ASSERT_THAT(*lines, SizeIs(4));
  const auto place = timeline_.place(PeerName("#team"), (*lines)[3].position);
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->before, 3u);
  EXPECT_EQ(place->all, 4u);
  EXPECT_EQ(timeline_.place(PeerName("#nowhere"), 1).code(), Code::kUnknownGroup);
}

// ---- files of messages

e2e::FileInfo info(const std::string& name) {
  e2e::FileInfo out;
  out.file_id = Bytes(16, 'f');
  out.key = e2e::Secret::copy_of(Bytes(32, 'k'));
  out.sha256 = Bytes(32, 's');
  out.size = 12;
  out.name = name;
  out.media_type = "text/plain";
  return out;
}

TEST_F(TimelineTest, AFileGoesOnFromFetchingToHere) {
  const Bytes hash(32, 'h');
  const ByteView id = ByteView(hash).substr(0, FileRecords::kId);
  begin();
  ASSERT_TRUE(files_.keep(hash, info("a.txt"), ""));
  EXPECT_EQ(files_.view(hash)->state, FileView::State::kNone);
  ASSERT_TRUE(files_.set_fetching(id, "/folder"));
  ASSERT_THAT(*files_.fetching(), SizeIs(1));
  EXPECT_EQ((*files_.fetching())[0].place, "/folder");
  const test::Temporary folder;
  const std::string path = folder.write("a.txt", "twelve bytes");
  ASSERT_TRUE(files_.set_here(id, path));
  EXPECT_THAT(*files_.fetching(), IsEmpty());
  EXPECT_EQ(files_.view(hash)->state, FileView::State::kHere);
  EXPECT_EQ(files_.view(hash)->path, path);
  EXPECT_THAT(*files_.to_release(), SizeIs(1)) << "the server is to be told";
  ASSERT_TRUE(files_.stop_fetching(id));
  EXPECT_EQ(files_.view(hash)->state, FileView::State::kHere) << "it is not being fetched";
  ASSERT_TRUE(files_.set_released(id));
  EXPECT_THAT(*files_.to_release(), IsEmpty());
  // A copy that was cut off or emptied is not the file. A copy with more text behind it is still there.
  for (const auto& [left, here] : {std::pair{"twelve", false}, {"", false}, {"twelve bytes and more", true}}) {
    folder.write("a.txt", left);
    EXPECT_EQ(files_.view(hash)->state == FileView::State::kHere, here) << left;
    EXPECT_EQ((*files_.find(id))->is_here(), here) << left;
  }
}

TEST_F(TimelineTest, AFileOfAMessageThatMovedMovesAlong) {
  const Bytes old(32, 'h'), now(32, 'n');
  begin();
  const test::Temporary folder;
  const std::string path = folder.write("a.txt", "twelve bytes");
  ASSERT_TRUE(files_.keep(old, info("a.txt"), path));
  ASSERT_TRUE(files_.move(old, now));
  EXPECT_FALSE(files_.view(old).has_value());
  EXPECT_EQ(files_.view(now)->path, path);
  EXPECT_TRUE(files_.move(Bytes(32, 'x'), now)) << "a message without a file";
}

}  // namespace
}  // namespace fastchat::client
