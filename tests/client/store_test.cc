// The local store in a temporary folder: only the owner may read it, uncommitted data is gone, states never fall, and a
// full disk is reported.
#include "client/store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/store/schema.h"

namespace fastchat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    char name[] = "fastchat-store-XXXXXX";
    root_ = std::filesystem::temp_directory_path() / name;
    std::string path = root_.string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    reopen();
  }
  ~StoreTest() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  std::string folder() const { return (root_ / "profile").string(); }
  void reopen() {
    store_.reset();
    auto store = Store::open(folder());
    ASSERT_TRUE(store.ok()) << store.error().text;
    store_ = std::move(*store);
  }
  static mode_t mode_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777;
  }
  static Bytes id(char c, size_t n) { return Bytes(n, c); }
  Message message(uint64_t seq, const std::string& user = "bob") {
    Message m;
    m.conversation = ConversationId::direct(user);
    m.from = user;
    m.kind = 1;
    m.from_fpr = id('f', 32);
    m.stream = id('s', 16);
    m.seq = seq;
    m.hash = id(static_cast<char>('0' + seq), 32);
    m.body = "sealed " + std::to_string(seq);
    return m;
  }
  std::vector<uint64_t> shown(const std::string& user = "bob") {
    std::vector<uint64_t> out;
    auto rows = store_->messages().history(ConversationId::direct(user), 100);
    EXPECT_TRUE(rows.ok());
    for (const Message& m : *rows) out.push_back(m.seq);
    return out;
  }

  std::filesystem::path root_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, IsReadableByItsOwnerOnly) {
  EXPECT_EQ(mode_of(folder()), 0700u);
  EXPECT_EQ(mode_of(folder() + "/client.db"), 0600u);
  EXPECT_EQ(mode_of(folder() + "/lock"), 0600u);
  ASSERT_TRUE(store_->messages().add(message(1), false).ok());
  EXPECT_EQ(mode_of(folder() + "/client.db-wal"), 0600u);
}

TEST_F(StoreTest, NarrowsAFolderThatOthersMayRead) {
  store_.reset();
  ASSERT_EQ(chmod(folder().c_str(), 0755), 0);
  reopen();
  EXPECT_EQ(mode_of(folder()), 0700u);
}

TEST_F(StoreTest, ASecondOpenNamesTheProcessThatHoldsIt) {
  auto second = Store::open(folder());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.code(), Code::kLocalProfileInUse);
  EXPECT_THAT(second.error().text, HasSubstr("process " + std::to_string(getpid())));
  store_.reset();
  EXPECT_TRUE(Store::open(folder()).ok());
}

TEST_F(StoreTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(store_->sql().script("PRAGMA user_version = 99").ok());
  store_.reset();
  auto again = Store::open(folder());
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().text, HasSubstr("newer"));
}

TEST_F(StoreTest, SaysSoWhenTheFileIsNoDatabase) {
  store_.reset();
  const int fd = open((folder() + "/client.db").c_str(), O_WRONLY | O_TRUNC);
  const std::string junk(8192, 'j');
  ASSERT_EQ(write(fd, junk.data(), junk.size()), static_cast<ssize_t>(junk.size()));
  close(fd);
  auto again = Store::open(folder());
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().text, HasSubstr("damaged"));
}

TEST_F(StoreTest, KeepsTheProfile) {
  EXPECT_FALSE((*store_->account().profile()).has_value());
  Profile p;
  p.realm = id('r', 16);
  p.broker_key = id('k', 32);
  p.endpoints = {"tcp://a:1", "tcp://b:2"};
  p.user = "alice";
  p.device = id('d', 16);
  p.device_name = "desk";
  p.fpr = id('f', 32);
  p.identity_blob = "blob";
  p.unlock = "sealed";
  p.vault_version = 3;
  ASSERT_TRUE(store_->account().put_profile(p).ok());
  reopen();
  auto back = store_->account().profile();
  ASSERT_TRUE(back.ok() && back->has_value());
  EXPECT_EQ((*back)->endpoints, p.endpoints);
  EXPECT_EQ((*back)->vault_version, 3u);
  EXPECT_EQ((*back)->unlock, "sealed");
  EXPECT_EQ((*back)->key_file, "unlock.key");
  p.unlock.clear();
  p.key_file = "unlock.key.2";
  p.local_key = "sealed local key";
  p.secret = "sealed secret";
  p.next_secret = "another";
  p.ended = p.devices_known = true;
  ASSERT_TRUE(store_->account().put_profile(p).ok());
  ASSERT_TRUE(store_->account().forget_deleted().ok());
  reopen();
  back = store_->account().profile();
  ASSERT_TRUE(back.ok() && back->has_value());
  EXPECT_EQ((*back)->unlock, "");
  EXPECT_EQ((*back)->key_file, p.key_file);
  EXPECT_EQ((*back)->local_key, p.local_key);
  EXPECT_EQ((*back)->secret, p.secret);
  EXPECT_EQ((*back)->next_secret, p.next_secret);
  EXPECT_TRUE((*back)->ended && (*back)->devices_known);
}

TEST_F(StoreTest, KeepsWhatALogInAndAChangeOfThePasswordNeed) {
  EXPECT_FALSE((*store_->account().log_in()).has_value());
  ASSERT_TRUE(store_->account().put_log_in({"alice", id('d', 16), "sealed"}).ok());
  ASSERT_TRUE(store_->account().put_log_in({"alice", id('e', 16), "another"}).ok());
  EXPECT_EQ((*store_->account().log_in())->device, id('e', 16));
  ASSERT_TRUE(store_->account().drop_log_in().ok());
  EXPECT_FALSE((*store_->account().log_in()).has_value());

  ASSERT_TRUE(store_->account().put_password_change({7, "sealed key", "blob", "vault"}).ok());
  EXPECT_EQ((*store_->account().password_change())->vault_version, 7u);
  EXPECT_EQ((*store_->account().password_change())->vault, "vault");
  ASSERT_TRUE(store_->account().drop_password_change().ok());
  EXPECT_FALSE((*store_->account().password_change()).has_value());

  ASSERT_TRUE(store_->devices().put({id('a', 16), "desk", "", 2}).ok());
  ASSERT_TRUE(store_->devices().put({id('b', 16), "phone", "192.0.2.7", 1}).ok());
  ASSERT_TRUE(store_->devices().drop(id('a', 16)).ok());
  ASSERT_EQ(store_->devices().all()->size(), 1u);
  EXPECT_EQ(store_->devices().all()->front().address, "192.0.2.7");
}

TEST_F(StoreTest, AMessageIsFoundUnderTheNameItWasSentBy) {
  Message m = message(1);
  m.ref = 5;
  const auto row = store_->messages().add(m, false);
  ASSERT_TRUE(row.ok());
  EXPECT_FALSE((*store_->messages().of_send_id(id('n', 32))).has_value());
  ASSERT_TRUE(store_->messages().add_send_id(id('n', 32), 5).ok());
  EXPECT_EQ((*store_->messages().of_send_id(id('n', 32)))->id, *row);
  EXPECT_FALSE(store_->messages().add_send_id(id('n', 32), 5).ok()) << "a name is given once";
}

TEST_F(StoreTest, WhatIsNotCommittedIsNotThere) {
  ASSERT_TRUE(store_->begin().ok());
  ASSERT_TRUE(store_->messages().add(message(1), false).ok());
  ASSERT_TRUE(store_->streams().add_mark(id('f', 32), id('s', 16), 1, id('h', 32)).ok());
  store_->rollback();
  EXPECT_THAT(shown(), IsEmpty());
  EXPECT_FALSE(store_->streams().mark(id('f', 32), id('s', 16), 1)->has_value());
  // The store gives the positions of rolled-back messages again.
  ASSERT_TRUE(store_->messages().add(message(2), false).ok());
  EXPECT_EQ(store_->messages().history(ConversationId::direct("bob"), 1)->front().position, 1);
}

TEST_F(StoreTest, ShowsInOrderOfRelease) {
  ASSERT_TRUE(store_->messages().add(message(1), false).ok());
  ASSERT_TRUE(store_->messages().add(message(3), true).ok());
  ASSERT_TRUE(store_->streams().hold(id('f', 32), id('s', 16), 3).ok());
  EXPECT_THAT(shown(), ElementsAre(1));
  EXPECT_THAT(store_->streams().in(id('f', 32), id('s', 16))->held, ElementsAre(3));
  const auto held = store_->streams().with_held();
  ASSERT_EQ(held->size(), 1u);
  EXPECT_EQ(held->front().stream, id('s', 16));
  EXPECT_EQ(held->front().conversation, ConversationId::direct("bob"));
  EXPECT_EQ(held->front().since_ms, message(3).received_ms);
  ASSERT_TRUE(store_->messages().add(message(2), false).ok());
  ASSERT_TRUE(store_->messages().release(id('f', 32), id('s', 16), 3, false).ok());
  EXPECT_THAT(shown(), ElementsAre(1, 2, 3));
  EXPECT_THAT(store_->streams().in(id('f', 32), id('s', 16))->held, IsEmpty());
  ASSERT_TRUE(store_->messages().release(id('f', 32), id('s', 16), 3, false).ok());
  EXPECT_THAT(shown(), ElementsAre(1, 2, 3)) << "a second release moves nothing";
}

TEST_F(StoreTest, HistoryPagesBackwards) {
  for (uint64_t seq = 1; seq <= 9; ++seq) ASSERT_TRUE(store_->messages().add(message(seq), false).ok());
  auto last = store_->messages().history(ConversationId::direct("bob"), 3);
  EXPECT_EQ(last->front().seq, 7u);
  auto before = store_->messages().history(ConversationId::direct("bob"), 3, last->front().position);
  EXPECT_EQ(before->front().seq, 4u);
  EXPECT_EQ(before->back().seq, 6u);
}

TEST_F(StoreTest, OneIdentityHasOneMark) {
  ASSERT_TRUE(store_->streams().add_mark(id('f', 32), id('s', 16), 1, id('a', 32)).ok());
  EXPECT_FALSE(store_->streams().add_mark(id('f', 32), id('s', 16), 1, id('b', 32)).ok());
  EXPECT_EQ(*store_->streams().mark(id('f', 32), id('s', 16), 1), id('a', 32));
}

TEST_F(StoreTest, ARefIsNeverUsedTwice) {
  auto first = store_->outbox().add("bob", id('s', 16), 1, "envelope");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(store_->outbox().drop(*first).ok());
  reopen();
  auto second = store_->outbox().add("bob", id('s', 16), 2, "envelope");
  EXPECT_GT(*second, *first);
}

TEST_F(StoreTest, AStateRisesAndNeverFalls) {
  Message m = message(1);
  m.mine = true;
  m.ref = 7;
  m.state = State::kSending;
  ASSERT_TRUE(store_->messages().add(m, false).ok());
  auto state = [&] { return (*store_->messages().of_ref(7))->state; };
  ASSERT_TRUE(store_->messages().set_state(7, State::kQueued, 0).ok());
  EXPECT_EQ(state(), State::kQueued);
  ASSERT_TRUE(store_->messages().set_state(7, State::kDelivered, 0).ok());
  ASSERT_TRUE(store_->messages().set_state(7, State::kQueued, 0).ok());
  EXPECT_EQ(state(), State::kDelivered);
  EXPECT_FALSE(*store_->seen().set_read("carol", {m.from_fpr, m.stream, 1, m.hash})) << "not a message to carol";
  EXPECT_FALSE(*store_->seen().set_read("bob", {m.from_fpr, m.stream, 1, id('x', 32)})) << "another hash";
  EXPECT_TRUE(*store_->seen().set_read("bob", {m.from_fpr, m.stream, 1, m.hash}));
  EXPECT_EQ(state(), State::kRead);
}

TEST_F(StoreTest, AFailureReplacesOnlyWhatTheServerStillOwes) {
  const auto after = [&](State before) {
    Message m = message(static_cast<uint64_t>(before));
    m.mine = true;
    m.ref = m.seq;
    m.state = before;
    EXPECT_TRUE(store_->messages().add(m, false).ok());
    const bool raised = *store_->messages().set_state(m.ref, State::kFailed, 9);
    const Message now = **store_->messages().of_ref(m.ref);
    EXPECT_EQ(raised, now.state != before);
    EXPECT_EQ(now.code, raised ? 9 : 0);
    return now.state;
  };
  EXPECT_EQ(after(State::kSending), State::kFailed);
  EXPECT_EQ(after(State::kQueued), State::kFailed);
  EXPECT_EQ(after(State::kDelivered), State::kDelivered);
  EXPECT_EQ(after(State::kRead), State::kRead);
}

TEST_F(StoreTest, CountsWhatNobodyLookedAt) {
  for (uint64_t seq = 1; seq <= 3; ++seq) ASSERT_TRUE(store_->messages().add(message(seq), false).ok());
  EXPECT_EQ(store_->messages().conversations()->front().unseen, 3u);
  EXPECT_EQ(store_->seen().unseen(0, 10)->size(), 3u);
  EXPECT_TRUE(store_->try_seen({store_->seen().unseen(0, 1)->front().id}).ok());
  EXPECT_FALSE(store_->in_transaction());
  EXPECT_EQ(store_->seen().unseen(0, 10)->size(), 3u) << "tried, and not marked";
  ASSERT_TRUE(store_->seen().mark(store_->seen().unseen(0, 1)->front().id).ok());
  EXPECT_EQ(store_->seen().unseen(0, 10)->front().seq, 2u);
  ASSERT_TRUE(store_->seen().mark_all(ConversationId::direct("bob")).ok());
  EXPECT_THAT(*store_->seen().unseen(0, 10), IsEmpty());
}

TEST_F(StoreTest, CountsTheMessagesBeforeAPosition) {
  for (uint64_t seq = 1; seq <= 5; ++seq) ASSERT_TRUE(store_->messages().add(message(seq), false).ok());
  ASSERT_TRUE(store_->messages().add(message(6), true).ok());  // held back
  const ConversationId bob = ConversationId::direct("bob");
  const int64_t third = (*store_->messages().history(bob, 10))[2].position;
  EXPECT_EQ(*store_->messages().count(bob, third), 2u);
  EXPECT_EQ(*store_->messages().count(bob, INT64_MAX), 5u);
  EXPECT_EQ(*store_->messages().count(ConversationId::direct("nobody"), INT64_MAX), 0u);
  EXPECT_FALSE(store_->messages().conversations()->front().wrote);
  Message mine = message(7);
  mine.mine = true;
  ASSERT_TRUE(store_->messages().add(mine, false).ok());
  EXPECT_TRUE(store_->messages().conversations()->front().wrote);
}

TEST_F(StoreTest, ADeletedMessageIsNotUnread) {
  const auto unread = [&] { return store_->messages().conversations()->front().unseen; };
  for (uint64_t seq = 1; seq <= 4; ++seq) ASSERT_TRUE(store_->messages().add(message(seq), false).ok());
  Annotation r;
  r.of_fpr = id('f', 32);
  r.of_stream = id('s', 16);
  r.from = "bob";
  r.conversation = ConversationId::direct("bob");
  r.stream = id('t', 16);
  r.hash = id('h', 32);
  const auto annotate = [&](uint64_t seq, int kind) {
    r.of_seq = seq;
    r.kind = kind;
    ASSERT_TRUE(store_->annotations().put(r).ok());
  };
  annotate(1, 8);   // an edit
  annotate(1, 10);  // a reaction
  EXPECT_EQ(unread(), 4u);
  annotate(1, 9);
  EXPECT_EQ(unread(), 3u);
  annotate(1, 9);
  EXPECT_EQ(unread(), 3u) << "once";
  annotate(5, 9);  // its message is still to come
  ASSERT_TRUE(store_->messages().add(message(5), false).ok());
  EXPECT_EQ(unread(), 3u);
  // A message that was sealed anew is deleted under its other identity.
  auto second = store_->messages().find_any(id('f', 32), id('s', 16), 2);
  ASSERT_TRUE(second.ok() && second->has_value());
  ASSERT_TRUE(store_->messages().add_alias(id('f', 32), id('n', 16), 9, {}, (*second)->id).ok());
  r.of_stream = id('n', 16);
  annotate(9, 9);
  EXPECT_EQ(unread(), 2u);
  r.of_stream = id('s', 16);
  ASSERT_TRUE(store_->seen().mark_all(ConversationId::direct("bob")).ok());
  annotate(3, 9);
  EXPECT_EQ(unread(), 0u) << "it was read already";
}

TEST_F(StoreTest, AFolderThatCannotBeMadeSaysWhy) {
  std::ofstream(root_ / "no folder") << "x";
  const auto refused = Store::open((root_ / "no folder" / "deep" / "profile").string());
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().text, HasSubstr("Not a directory"));
}

TEST_F(StoreTest, ReplayMarksGrowWithoutGapsOnly) {
  const Bytes f = id('f', 32), s = id('s', 16);
  ASSERT_TRUE(store_->streams().put_in(f, s, 3, true, 1).ok());
  for (uint64_t seq : {1, 2, 3}) {
    ASSERT_TRUE(store_->streams().add_mark(f, s, seq, id(static_cast<char>('0' + seq), 32)).ok());
    if (seq == 3) continue;
    ASSERT_TRUE(store_->streams().extend_whole(f, s, seq).ok());
  }
  ASSERT_TRUE(store_->streams().extend_whole(f, s, 9).ok());
  auto marks = store_->streams().replay_marks(10);
  ASSERT_EQ(marks->size(), 1u);
  EXPECT_EQ(marks->front().seq, 2u);
  EXPECT_EQ(marks->front().hash, id('2', 32));
}

TEST_F(StoreTest, QuarantineDoesNotFillTheDisk) {
  ASSERT_TRUE(store_->begin().ok());
  for (int i = 0; i < 1100; ++i) ASSERT_TRUE(store_->quarantine().add(i, "eve", "junk", "malformed", "h", "e").ok());
  ASSERT_TRUE(store_->commit().ok());
  auto rows = store_->quarantine().all();
  EXPECT_EQ(rows->size(), 1000u);
  EXPECT_EQ(rows->front().received_ms, 100);
}

TEST_F(StoreTest, NotesAreReplacedForgottenAndCommittedLikeMessages) {
  ASSERT_TRUE(store_->settings().put("draft:bob", "sealed one").ok());
  ASSERT_TRUE(store_->settings().put("draft:bob", "sealed two").ok());
  reopen();
  EXPECT_EQ(**store_->settings().find("draft:bob"), "sealed two");
  EXPECT_FALSE(store_->settings().find("draft:carol")->has_value());
  ASSERT_TRUE(store_->begin().ok());
  ASSERT_TRUE(store_->settings().put("draft:bob", "").ok());
  EXPECT_FALSE(store_->settings().find("draft:bob")->has_value());
  store_->rollback();
  EXPECT_EQ(**store_->settings().find("draft:bob"), "sealed two");
}

TEST_F(StoreTest, HistoryIsReadInBothDirections) {
  for (uint64_t seq = 1; seq <= 5; ++seq) ASSERT_TRUE(store_->messages().add(message(seq), false).ok());
  const auto seqs = [](const std::vector<Message>& rows) {
    std::vector<uint64_t> out;
    for (const Message& m : rows) out.push_back(m.seq);
    return out;
  };
  const int64_t third = (*store_->messages().history(ConversationId::direct("bob"), 3)).front().position;
  EXPECT_THAT(seqs(*store_->messages().history(ConversationId::direct("bob"), 2, third)), ElementsAre(1, 2));
  EXPECT_THAT(seqs(*store_->messages().history_after(ConversationId::direct("bob"), 1, third)), ElementsAre(4));
  EXPECT_THAT(seqs(*store_->messages().history_after(ConversationId::direct("bob"), 9, 0)), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(seqs(*store_->messages().history_after(ConversationId::direct("carol"), 9, 0)), IsEmpty());
}

TEST_F(StoreTest, LinesOfAllConversationsComeInTheOrderInWhichTheyWereShown) {
  const Message other = message(9, "carol");
  ASSERT_TRUE(store_->messages().add(message(1), false).ok());
  ASSERT_TRUE(store_->messages().add(message(2), true).ok());  // held back: shown after the others
  ASSERT_TRUE(store_->messages().add(other, false).ok());
  const auto seqs_after = [&](int64_t position) {
    std::vector<uint64_t> out;
    const auto rows = store_->messages().history_after({}, 9, position);
    for (const Message& m : *rows) out.push_back(m.seq);
    return out;
  };
  EXPECT_THAT(seqs_after(0), ElementsAre(1, 9));
  const int64_t read = store_->messages().history_after({}, 9, 0)->back().position;
  const Message held = message(2);
  ASSERT_TRUE(store_->messages().release(held.from_fpr, held.stream, held.seq, true).ok());
  reopen();
  EXPECT_THAT(seqs_after(read), ElementsAre(2));
  EXPECT_THAT(seqs_after(0), ElementsAre(1, 9, 2));
}

TEST_F(StoreTest, RefsOfAnotherCopyOfTheProfileAreSkipped) {
  ASSERT_TRUE(store_->outbox().skip_refs(1'000).ok());
  EXPECT_EQ(*store_->outbox().add("bob", id('s', 16), 1, "envelope"), 1'001u);
  ASSERT_TRUE(store_->outbox().skip_refs(uint64_t{1} << 32).ok());
  reopen();
  EXPECT_EQ(*store_->outbox().add("bob", id('s', 16), 2, "envelope"), 1'002u + (uint64_t{1} << 32));
}

TEST_F(StoreTest, TheLastRunIsKept) {
  EXPECT_EQ(store_->streams().run()->session_epoch, 0u);
  ASSERT_TRUE(store_->streams().put_run({7, true, 99}).ok());
  reopen();
  EXPECT_EQ(store_->streams().run()->session_epoch, 7u);
  EXPECT_TRUE(store_->streams().run()->open);
  EXPECT_EQ(store_->streams().run()->since_ms, 99);
}

TEST_F(StoreTest, JunkOfOneSenderLeavesRoomForWhatWaitsOfOthers) {
  const auto waiting = [&](const std::string& from, int number, bool expected) {
    WaitingRow row{0, id('g', 32), 1, "envelope", from, 0, expected};
    Bytes hash = from + std::to_string(number);
    hash.resize(32, '.');
    return *store_->waiting().add(row, 1, hash);
  };
  ASSERT_TRUE(store_->begin().ok());
  int kept = 0;
  for (int i = 0; i < 2'500; ++i) kept += waiting("mallory", i, true) ? 1 : 0;
  EXPECT_EQ(kept, 2'000);
  EXPECT_TRUE(waiting("bob", 1, true));
  kept = 0;
  for (int i = 0; i < 100; ++i) kept += waiting("eve", i, false) ? 1 : 0;
  EXPECT_EQ(kept, 50) << "of groups that this device knows nothing of";
  EXPECT_TRUE(waiting("eve", 1, false)) << "stored already: the server delivers it once more";
  EXPECT_TRUE(waiting("eve", 1'000, true));
  auto rows = store_->waiting().of(id('g', 32), 0, 1);
  EXPECT_EQ(rows->front().from, "mallory");
}

TEST_F(StoreTest, WhatNeverCameIsNotWaitedForForEver) {
  constexpr int64_t kDay = 86'400'000;
  ASSERT_TRUE(*store_->waiting().add({0, id('g', 32), 1, "e", "bob", 0, true}, 0, id('1', 32)));
  ASSERT_TRUE(*store_->waiting().add({0, id('h', 32), 1, "e", "eve", 0, false}, 0, id('2', 32)));
  ASSERT_TRUE(store_->groups().put_key_share({id('h', 32), 1, id('a', 32), "eve", id('f', 32), "key"}, 0).ok());
  EXPECT_EQ(*store_->groups().count_stray_key_shares("eve"), 1u);
  EXPECT_EQ(*store_->groups().count_stray_key_shares(""), 1u);
  EXPECT_EQ(*store_->groups().count_stray_key_shares("bob"), 0u);
  ASSERT_TRUE(store_->waiting().expire(8 * kDay).ok());
  EXPECT_EQ(*store_->waiting().count(id('g', 32)), 1u);
  EXPECT_EQ(*store_->waiting().count(id('h', 32)), 0u);
  EXPECT_EQ(*store_->groups().count_stray_key_shares(""), 0u);
  ASSERT_TRUE(store_->waiting().expire(31 * kDay).ok());
  EXPECT_EQ(*store_->waiting().count(id('g', 32)), 0u);
}

TEST_F(StoreTest, AnnotationsAboutNothingHaveAShareAndAnEnd) {
  Annotation r;
  r.of_fpr = id('f', 32);
  r.of_stream = id('s', 16);
  r.kind = 10;
  r.from = "eve";
  r.conversation = ConversationId::direct("bob");
  r.stream = id('t', 16);
  r.hash = id('h', 32);
  ASSERT_TRUE(store_->begin().ok());
  for (uint64_t seq = 1; seq <= 300; ++seq) {
    r.of_seq = r.seq = seq;
    ASSERT_TRUE(store_->annotations().put(r, static_cast<int64_t>(1'000 + seq)).ok());
  }
  const auto count = [&] {
    int64_t n = 0;
    EXPECT_TRUE(
        store_->sql().each("SELECT count(*) FROM remarks", {}, [&](const Row& row) { n = row.number(0); }).ok());
    return n;
  };
  EXPECT_EQ(count(), AnnotationTable::kMaxWaiting);
  // One of the waiting annotations finds its message and stays.
  ASSERT_TRUE(store_->messages()
                  .add(
                      [&] {
                        Message m = message(1);
                        m.seq = 300;
                        return m;
                      }(),
                      false)
                  .ok());
  ASSERT_TRUE(store_->waiting().expire(8 * int64_t{86'400'000}).ok());
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(store_->annotations().of(*store_->messages().history(ConversationId::direct("bob"), 1)->begin())->size(),
            1u);
}

TEST_F(StoreTest, AMessageOfOursMayGetAnotherPlace) {
  Message m = message(1);
  m.mine = true;
  m.ref = 7;
  const auto row = store_->messages().add(m, false);
  ASSERT_TRUE(store_->messages().set_identity(*row, id('f', 32), id('t', 16), 9, id('x', 32), "sealed anew").ok());
  EXPECT_EQ((*store_->messages().find(m.from_fpr, id('t', 16), 9))->body, "sealed anew");
  EXPECT_FALSE(store_->messages().find(m.from_fpr, m.stream, 1)->has_value());
  EXPECT_TRUE(*store_->messages().wrote_in(ConversationId::direct("bob")));
  EXPECT_FALSE(*store_->messages().wrote_in(ConversationId::direct("carol")));
}

TEST_F(StoreTest, AFullDiskIsOneClearLineAndNothingOfTheTurnStays) {
  ASSERT_TRUE(store_->messages().add(message(1), false).ok());
  int64_t pages = 0;
  ASSERT_TRUE(store_->sql().each("PRAGMA page_count", {}, [&](const Row& row) { pages = row.number(0); }).ok());
  ASSERT_TRUE(store_->sql().script(("PRAGMA max_page_count = " + std::to_string(pages)).c_str()).ok());
  ASSERT_TRUE(store_->begin().ok());
  Result<> failed = Unit{};
  for (uint64_t seq = 2; seq < 200 && failed.ok(); ++seq) {
    Message big = message(2);
    big.seq = seq;
    big.body = Bytes(4096, 'b');
    auto added = store_->messages().add(big, false);
    if (!added.ok()) failed = added.error();
  }
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.code(), Code::kLocalDisk);
  EXPECT_THAT(failed.error().text, HasSubstr("disk is full"));
  store_->rollback();
  EXPECT_THAT(shown(), ElementsAre(1));
  ASSERT_TRUE(store_->sql().script("PRAGMA max_page_count = 100000").ok());
  ASSERT_TRUE(store_->begin().ok());
  ASSERT_TRUE(store_->messages().add(message(2), false).ok());
  ASSERT_TRUE(store_->commit().ok());
  EXPECT_THAT(shown(), ElementsAre(1, 2));
}

TEST_F(StoreTest, EverybodyKnownAndEveryGroupOfAnEarlierProfileIsAccepted) {
  ASSERT_TRUE(store_->pins().put({"bob", id('f', 32), id('k', 422), 1, 5, 0, {}, {}}).ok());
  ASSERT_TRUE(store_->groups().put({id('g', 32), "team", 1, 0, 0, 0}).ok());
  const std::string go_back =
      "DROP TABLE log_state; DROP TABLE log_read; DROP TABLE log_proven; DROP TABLE log_unproven; DROP TABLE "
      "log_heads; "
      "DROP TABLE log_gossip; DROP TABLE log_alarms; DROP TABLE vault_parts; "
      "DROP TABLE cards; DROP TABLE card_uses; DROP TABLE standings; DROP TABLE strangers; DROP TABLE removed; "
      "PRAGMA user_version = " +
      std::to_string(std::size(kMigrations) - 4);
  ASSERT_TRUE(store_->sql().script(go_back.c_str()).ok());
  reopen();
  std::vector<std::string> accepted;
  const auto rows = store_->standings().all();
  ASSERT_TRUE(rows.ok());
  for (const StandingRow& row : *rows) {
    if (row.standing == 1 && row.changed_ms == 0 && !row.unsent) accepted.push_back(row.peer.stored());
  }
  std::sort(accepted.begin(), accepted.end());
  EXPECT_THAT(accepted, ElementsAre(ConversationId::group(id('g', 32)).stored(), "bob"));
  EXPECT_EQ(store_->standings().strangers()->server, 0);
}

TEST_F(StoreTest, APositionOfADeletedConversationIsNotGivenAgain) {
  ASSERT_TRUE(store_->messages().add(message(1, "carol"), false).ok());
  ASSERT_TRUE(store_->messages().add(message(2), false).ok());
  ASSERT_TRUE(store_->standings().remove_conversation(ConversationId::direct("bob")).ok());
  ASSERT_TRUE(store_->commit().ok());
  reopen();
  EXPECT_EQ(store_->messages().last_position().value(), 2);
  ASSERT_TRUE(store_->messages().add(message(3), false).ok());
  ASSERT_TRUE(store_->commit().ok());
  EXPECT_EQ(store_->messages().history(ConversationId::direct("bob"), 9)->at(0).position, 3);
  EXPECT_EQ(store_->messages().history(ConversationId::direct("carol"), 9)->size(), 1u);
}

}  // namespace
}  // namespace fastchat::store
