// Tells friends from strangers and from senders of whom a recipient takes nothing;
// requests about contacts and cards (PROTOCOL.md, "Contacts").
#include "common/hash.h"
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WorkerContacts : public WorkerEngineTest {
 protected:
  void SetUp() override {
    live(1, kAlice, "alice", kA1);
    live(2, kBob, "bob", kB1);
  }
  void attach_new(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did) {
    grant(uid, user, did);
    attach(rid, did, 1, 4);
    answer_drain({});
    ports->clients[rid].clear();
  }
  // Answers look-ups of users and standings until none is left.
  void answer(v1::Strangers policy, v1::Standing standing, bool blocks = false, Code code = Code::kOk) {
    for (;;) {
      if (const auto* users = find<worker::Lookup>()) {
        worker::LookedUp reply{users->asked_at, code, users->names, {}};
        take<worker::Lookup>();
        ++user_lookups_;
        for (const auto& name : reply.names) {
          if (code != Code::kOk) continue;
          if (name == "alice") reply.users.push_back({"alice", kAlice, "ka", kMailboxA, {kA1}});
          if (name == "bob") reply.users.push_back({"bob", kBob, "kb", kMailboxB, {kB1}, policy, blocks});
        }
        engine->on_store_reply(now, std::move(reply));
      } else if (const auto* pairs = find<worker::StandingLookup>()) {
        worker::StandingsLookedUp reply{pairs->asked_at, code, pairs->pairs, {}};
        take<worker::StandingLookup>();
        ++standing_lookups_;
        for (const auto& pair : reply.pairs) {
          EXPECT_EQ(pair, (worker::Pair{kBob, kAlice}));
          reply.standings.push_back(standing);
        }
        engine->on_store_reply(now, std::move(reply));
      } else {
        return;
      }
      turn();
    }
  }
  std::vector<v1::ErrorCode> rejections(uint64_t rid) {
    std::vector<v1::ErrorCode> out;
    const auto sent = traffic(rid);
    for (const auto& r : sent.rejected()) out.push_back(r.code());
    return out;
  }
  void signal(uint64_t rid, uint64_t did) {
    UpstreamWriter w;
    w.signal({.user = "bob"}, "typing");
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }

  // Lets time pass in which alice and bob stay attached.
  void pass(int seconds) {
    v1::ClientFrame ping;
    ping.mutable_ping();
    for (int i = 0; i < seconds; ++i) {
      later(1'000'000);
      if (i % 30 != 0) continue;
      engine->on_client_frame(now, 1, user_id(kA1), ping.SerializeAsString());
      engine->on_client_frame(now, 2, user_id(kB1), ping.SerializeAsString());
    }
    received(1), received(2);
  }

  size_t user_lookups_ = 0, standing_lookups_ = 0;
};

TEST_F(WorkerContacts, AnAcceptedSenderIsDeliveredAtOnce) {
  send(1, kA1, 5, "bob");
  answer(v1::ASK, v1::ACCEPTED);
  EXPECT_EQ(traffic(2).deliveries_size(), 1);
  ack(2, kB1, 1);
  EXPECT_THAT(traffic(1).delivered(), ElementsAre(5));
  send(1, kA1, 6, "bob");
  EXPECT_EQ(traffic(2).deliveries_size(), 1) << "no further look-up";
}

TEST_F(WorkerContacts, AUserWhoTakesEverythingAndBlockedNobodyCostsNoLookUp) {
  send(1, kA1, 5, "bob");
  answer(v1::TAKE, v1::NONE);
  EXPECT_EQ(traffic(2).deliveries_size(), 1);
  EXPECT_EQ(standing_lookups_, 0u);
}

TEST_F(WorkerContacts, AStrangersMessageIsCommittedBeforeAnybodyHasIt) {
  send(1, kA1, 5, "bob");
  answer(v1::ASK, v1::NONE);
  EXPECT_EQ(traffic(2).deliveries_size(), 0);
  EXPECT_THAT(traffic(1).queued(), IsEmpty());
  const auto batch = answer_insert();
  ASSERT_EQ(batch.rows.size(), 1u);
  EXPECT_TRUE(batch.rows[0].stranger);
  EXPECT_THAT(batch.rows[0].dids, ElementsAre(kB1));
  EXPECT_THAT(traffic(1).queued(), ElementsAre(5));

  answer_drain(
      {{.mid = 9, .from_did = kA1, .ref = 5, .to_uid = kBob, .from_uid = kAlice, .envelope = "e", .quiet = true}});
  EXPECT_EQ(traffic(2).deliveries_size(), 1) << "from the queue";
  ack(2, kB1, 1);
  const auto removed = expect<worker::RemoveBatch>();
  EXPECT_THAT(removed.tell, IsEmpty());
  ASSERT_EQ(removed.keep_receipts.size(), 1u);
  EXPECT_EQ(removed.keep_receipts[0].held_by, kBob);
  engine->on_store_reply(now, worker::RemoveDone{Code::kOk, removed, 0});
  turn();
  EXPECT_THAT(received(1), IsEmpty()) << "nothing says that bob is there";
}

TEST_F(WorkerContacts, AStrangerIsAnsweredAlikeWithAndWithoutADevice) {
  const auto frames = [&] {
    send(1, kA1, 5, "bob");
    answer(v1::ASK, v1::NONE);
    answer_insert();
    std::vector<std::string> out;
    for (const auto& f : received(1)) out.push_back(f.SerializeAsString());
    return out;
  };
  const auto with = frames();
  restart();
  live(1, kAlice, "alice", kA1);
  EXPECT_EQ(with, frames());
  EXPECT_EQ(with.size(), 1u);
}

TEST_F(WorkerContacts, BlockedAndRefusedAreOneAnswerAfterTheSameWork) {
  const auto refused = [&](v1::Strangers policy, v1::Standing standing, bool blocks) {
    restart();
    SetUp();
    user_lookups_ = standing_lookups_ = 0;
    std::vector<size_t> out;
    for (uint64_t ref = 1; ref <= 3; ++ref) {
      later(1'000);
      send(1, kA1, ref, "bob");
      answer(policy, standing, blocks);
      EXPECT_THAT(rejections(1), ElementsAre(v1::NOT_ALLOWED)) << "the session is of version 1";
      EXPECT_EQ(traffic(2).deliveries_size(), 0);
      EXPECT_EQ(count<worker::InsertBatch>(), 0u);
      out.insert(out.end(), {user_lookups_, standing_lookups_});
    }
    EXPECT_EQ(engine->counters().sends_refused, 3u);
    return out;
  };
  const auto blocked = refused(v1::TAKE, v1::BLOCKED, true);
  EXPECT_EQ(blocked, refused(v1::REFUSE, v1::NONE, false));
  EXPECT_EQ(blocked, refused(v1::ASK, v1::BLOCKED, true));
}

TEST_F(WorkerContacts, ARefusalNeedsFactsAsNewAsTheMessage) {
  send(1, kA1, 1, "bob");
  answer(v1::REFUSE, v1::NONE);
  EXPECT_THAT(rejections(1), ElementsAre(v1::NOT_ALLOWED));
  later(1'000);
  send(1, kA1, 2, "bob");
  EXPECT_THAT(rejections(1), IsEmpty());
  answer(v1::REFUSE, v1::ACCEPTED);
  EXPECT_EQ(traffic(2).deliveries_size(), 1) << "bob accepted meanwhile";
}

TEST_F(WorkerContacts, TheStoreRefusesAStrangerOverABound) {
  attach_new(3, kAlice, "alice", 103);
  send(3, 103, 5, "bob");
  answer(v1::ASK, v1::NONE);
  answer_insert(Code::kNotAcceptedYet);
  EXPECT_THAT(rejections(3), ElementsAre(v1::NOT_ACCEPTED_YET));
  EXPECT_EQ(engine->counters().strangers_full, 1u);
  send(3, 103, 6, "bob");
  answer_insert(Code::kRefused);
  EXPECT_THAT(rejections(3), ElementsAre(v1::REFUSED));
}

TEST_F(WorkerContacts, SignalsReachNobodyWhoHasNotAccepted) {
  grant(kBob, "bob", kB1, 2);
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_attach()->set_version_min(1);
  f.mutable_attach()->set_version_max(4);
  f.mutable_attach()->set_device(Bytes(16, 'd'));
  f.mutable_attach()->set_session_epoch(2);
  f.mutable_attach()->set_signals(true);
  engine->on_client_frame(now, 4, user_id(kB1), f.SerializeAsString());
  turn();
  answer_drain({});
  grant(kAlice, "alice", kA1, 2);
  engine->on_client_frame(now, 5, user_id(kA1), f.SerializeAsString());
  turn();
  answer_drain({});
  ports->clients.clear();
  const auto heard = [&](v1::Strangers policy, v1::Standing standing, bool blocks) {
    v1::BusFrame stale;
    stale.mutable_traffic()->add_contacts(kBob);
    from_peer(stale);
    ports->clients[4].clear();
    later(3'000'000);
    signal(5, kA1);
    answer(policy, standing, blocks);
    return traffic(4).signals_size();
  };
  EXPECT_EQ(heard(v1::ASK, v1::ACCEPTED, false), 1);
  EXPECT_EQ(heard(v1::TAKE, v1::NONE, false), 1);
  EXPECT_EQ(heard(v1::ASK, v1::NONE, false), 0);
  EXPECT_EQ(heard(v1::TAKE, v1::BLOCKED, true), 0);
  EXPECT_EQ(heard(v1::REFUSE, v1::NONE, false), 0);
}

TEST_F(WorkerContacts, OldFactsAreLookedUpWhileTheyAreUsed) {
  send(1, kA1, 1, "bob");
  answer(v1::ASK, v1::ACCEPTED);
  EXPECT_EQ(traffic(2).deliveries_size(), 1);
  later(11'000'000);
  send(1, kA1, 2, "bob");
  EXPECT_EQ(traffic(2).deliveries_size(), 1) << "the database may be away";
  answer(v1::ASK, v1::BLOCKED, true);
  send(1, kA1, 3, "bob");
  answer(v1::ASK, v1::BLOCKED, true);
  EXPECT_EQ(traffic(2).deliveries_size(), 0) << "the news was lost; the look-up brought it";
}

TEST_F(WorkerContacts, VeryOldFactsAreLookedUpFirst) {
  send(1, kA1, 1, "bob");
  answer(v1::ASK, v1::ACCEPTED);
  ack(2, kB1, 1);
  pass(601);
  send(1, kA1, 2, "bob");
  EXPECT_EQ(traffic(2).deliveries_size(), 0);
  answer(v1::ASK, v1::BLOCKED, true);
  EXPECT_EQ(traffic(2).deliveries_size(), 0);
  EXPECT_THAT(rejections(1), ElementsAre(v1::NOT_ALLOWED));
}

TEST_F(WorkerContacts, WithoutTheDatabasePeopleWhoAcceptedEachOtherChatOnForADay) {
  for (const auto& [policy, standing] : {std::pair(v1::ASK, v1::ACCEPTED), std::pair(v1::TAKE, v1::NONE)}) {
    worker::EngineConfig config;
    config.contact_life_away = 1'200'000'000;
    restart(config);
    SetUp();
    send(1, kA1, 1, "bob");
    answer(policy, standing);
    ack(2, kB1, 1);
    pass(601);
    send(1, kA1, 2, "bob");
    EXPECT_EQ(traffic(2).deliveries_size(), 0) << "the database may answer";
    answer(policy, standing, false, Code::kBusy);
    EXPECT_EQ(traffic(2).deliveries_size(), 1);
    send(1, kA1, 3, "bob");
    EXPECT_EQ(traffic(2).deliveries_size(), 1) << "the database just did not answer";
    answer(policy, standing, false, Code::kBusy);
    pass(300);
    send(1, kA1, 4, "bob");
    EXPECT_EQ(traffic(2).deliveries_size(), 0) << "the database may answer again";
    answer(policy, standing, false, Code::kBusy);
    EXPECT_EQ(traffic(2).deliveries_size(), 1);
    EXPECT_THAT(rejections(1), IsEmpty());
    pass(300);
    send(1, kA1, 5, "bob");
    answer(policy, standing, false, Code::kBusy);
    EXPECT_THAT(rejections(1), ElementsAre(v1::BUSY)) << "the day is over";
    send(1, kA1, 6, "bob");
    answer(policy, standing);
    EXPECT_EQ(traffic(2).deliveries_size(), 1) << "the database is back";
  }
}

TEST_F(WorkerContacts, WithoutTheDatabaseAnOldFactLetsNoStrangerThrough) {
  for (const auto& [policy, standing] :
       {std::pair(v1::ASK, v1::NONE), std::pair(v1::REFUSE, v1::NONE), std::pair(v1::TAKE, v1::BLOCKED)}) {
    restart();
    SetUp();
    send(1, kA1, 1, "bob");
    answer(policy, standing, standing == v1::BLOCKED);
    if (policy == v1::ASK) answer_insert();
    received(1);
    pass(601);
    send(1, kA1, 2, "bob");
    answer(policy, standing, standing == v1::BLOCKED, Code::kBusy);
    EXPECT_EQ(traffic(2).deliveries_size(), 0);
    EXPECT_EQ(count<worker::InsertBatch>(), 0u);
    EXPECT_THAT(rejections(1), ElementsAre(v1::BUSY));
  }
}

TEST_F(WorkerContacts, WithoutTheDatabaseNewsOfAChangeEndsWhatWasKnown) {
  send(1, kA1, 1, "bob");
  answer(v1::ASK, v1::ACCEPTED);
  ack(2, kB1, 1);
  pass(601);
  send(1, kA1, 2, "bob");
  answer(v1::ASK, v1::ACCEPTED, false, Code::kBusy);
  EXPECT_EQ(traffic(2).deliveries_size(), 1);
  add_peer(4);
  v1::BusFrame changed;
  changed.mutable_traffic()->add_contacts(kBob);
  from_peer(changed);
  send(1, kA1, 3, "bob");
  answer(v1::ASK, v1::ACCEPTED, false, Code::kBusy);
  EXPECT_EQ(traffic(2).deliveries_size(), 0);
  EXPECT_THAT(rejections(1), ElementsAre(v1::BUSY));
}

TEST_F(WorkerContacts, NewsOfAChangeEmptiesTheCacheHereAndElsewhere) {
  add_peer(4);
  attach_new(3, kBob, "bob", kB2);
  send(1, kA1, 1, "bob");
  answer(v1::TAKE, v1::NONE);
  v1::ClientFrame f;
  auto* c = f.mutable_put_contacts()->add_contacts();
  c->set_user("alice");
  c->set_standing(v1::BLOCKED);
  f.mutable_put_contacts()->set_strangers(v1::ASK);
  attach_new(5, kBob, "bob", 203);
  ask(5, 203, 7, f);
  const auto put = expect<worker::PutContacts>();
  EXPECT_EQ(worker::lane_of(put), worker::Lane::kSweeper) << "beside the commits of messages";
  EXPECT_EQ(put.uid, kBob);
  EXPECT_EQ(put.strangers, v1::ASK);
  ASSERT_EQ(put.contacts.size(), 1u);
  EXPECT_EQ(put.contacts[0].user, "alice");
  EXPECT_EQ(put.contacts[0].standing, v1::BLOCKED);
  ports->bus.clear();
  engine->on_store_reply(now, worker::ContactsPut{put.session, put.request, put.uid, Code::kOk, true, true});
  turn();
  const auto answered = received(5);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_TRUE(answered[0].has_contacts_stored());
  EXPECT_EQ(answered[0].request(), 7u);
  const auto told = received(3);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].has_contacts_changed());
  EXPECT_THAT(bus_traffic(kPeer).contacts(), ElementsAre(kBob));
  send(1, kA1, 2, "bob");
  answer(v1::ASK, v1::BLOCKED, true);
  EXPECT_THAT(rejections(1), ElementsAre(v1::NOT_ALLOWED));
}

TEST_F(WorkerContacts, APutThatChangesNothingTellsNobody) {
  add_peer(4);
  attach_new(3, kBob, "bob", kB2);
  attach_new(5, kBob, "bob", 203);
  v1::ClientFrame f;
  auto* c = f.mutable_put_contacts()->add_contacts();
  c->set_user("alice");
  c->set_standing(v1::ACCEPTED);
  const auto told = [&](Code code, bool changed) {
    ask(5, 203, 7, f);
    const auto put = expect<worker::PutContacts>();
    ports->bus.clear();
    engine->on_store_reply(now, worker::ContactsPut{put.session, put.request, put.uid, code, false, changed});
    turn();
    EXPECT_EQ(received(5).size(), 1u) << "the answer";
    const auto others = received(3);
    EXPECT_EQ(bus_traffic(kPeer).contacts_size(), static_cast<int>(others.size()));
    return others.size();
  };
  EXPECT_EQ(told(Code::kOk, false), 0u);
  EXPECT_EQ(told(Code::kOk, true), 1u);
  EXPECT_EQ(told(Code::kBusy, false), 0u);
  EXPECT_EQ(told(Code::kBusy, true), 1u) << "it may be stored, and its repetition changes nothing";
}

TEST_F(WorkerContacts, AnOldPeerHearsNothingOfContacts) {
  add_peer(3);
  attach_new(5, kBob, "bob", 203);
  v1::ClientFrame f;
  f.mutable_put_contacts()->set_strangers(v1::ASK);
  ask(5, 203, 7, f);
  const auto put = expect<worker::PutContacts>();
  ports->bus.clear();
  engine->on_store_reply(now, worker::ContactsPut{put.session, put.request, put.uid, Code::kOk, true, true});
  turn();
  EXPECT_THAT(bus_traffic(kPeer).contacts(), IsEmpty());
  EXPECT_THAT(bus_traffic(0).contacts(), IsEmpty());
}

TEST_F(WorkerContacts, EarlierVersionsMayNotAsk) {
  v1::ClientFrame f;
  f.mutable_get_contacts();
  ask(2, kB1, 7, f);
  EXPECT_THAT(errors(2), ElementsAre(v1::NOT_ALLOWED));
  EXPECT_EQ(count<worker::ListContacts>(), 0u);
}

TEST_F(WorkerContacts, ListsAPage) {
  attach_new(5, kBob, "bob", 203);
  v1::ClientFrame f;
  f.mutable_get_contacts()->set_after("alice");
  ask(5, 203, 7, f);
  const auto listed = expect<worker::ListContacts>();
  EXPECT_EQ(listed.after, "alice");
  worker::ContactList reply{.session = listed.session, .request = listed.request, .strangers = v1::ASK};
  reply.contacts = {{"carol", "", v1::BLOCKED}, {"", Bytes(32, 'g'), v1::ACCEPTED}};
  reply.more = true;
  engine->on_store_reply(now, std::move(reply));
  turn();
  const auto answered = received(5);
  ASSERT_EQ(answered.size(), 1u);
  const auto& page = answered[0].contacts();
  EXPECT_EQ(page.strangers(), v1::ASK);
  EXPECT_TRUE(page.more());
  ASSERT_EQ(page.contacts_size(), 2);
  EXPECT_EQ(page.contacts(0).user(), "carol");
  EXPECT_EQ(page.contacts(1).group(), Bytes(32, 'g'));
}

TEST_F(WorkerContacts, CardsAreRedeemedByTheirHashAndNotTooOften) {
  attach_new(5, kBob, "bob", 203);
  v1::ClientFrame f;
  f.mutable_redeem_card()->set_user("alice");
  f.mutable_redeem_card()->set_token(Bytes(16, 't'));
  for (uint64_t i = 0; i < 10; ++i) {
    ask(5, 203, 7 + i, f);
    const auto redeem = expect<worker::RedeemCard>();
    EXPECT_EQ(redeem.hash, sha256({ByteView("FastChat/1/card\0", 16), ByteView("tttttttttttttttt")}));
    engine->on_store_reply(now, worker::CardRedeemed{redeem.session, redeem.request, kBob, 0, Code::kBadInvite});
    turn();
  }
  EXPECT_EQ(errors(5).size(), 10u);
  ask(5, 203, 20, f);
  EXPECT_EQ(count<worker::RedeemCard>(), 0u);
  EXPECT_THAT(errors(5), ElementsAre(v1::THROTTLED));
  EXPECT_EQ(engine->counters().cards_throttled, 1u);
}

TEST_F(WorkerContacts, BothHearOfARedeemedCard) {
  attach_new(5, kBob, "bob", 203);
  attach_new(3, kAlice, "alice", 103);
  v1::ClientFrame f;
  f.mutable_redeem_card()->set_user("alice");
  f.mutable_redeem_card()->set_token(Bytes(16, 't'));
  ask(5, 203, 7, f);
  const auto redeem = expect<worker::RedeemCard>();
  engine->on_store_reply(now, worker::CardRedeemed{redeem.session, redeem.request, kBob, kAlice, Code::kOk});
  turn();
  ASSERT_EQ(received(3).size(), 1u);
  const auto answered = received(5);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_TRUE(answered[0].has_card_redeemed());
}

}  // namespace
}  // namespace fastchat::test
