// The requests about groups, and the users who are told of a change.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;

class GroupRequests : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1, kBt = 2, kA2t = 3;
  static constexpr uint64_t kA2 = 102;
  const Bytes kTeam = Bytes(32, 'g');

  GroupRequests() {
    live(kAt, kAlice, "alice", kA1);
    live(kA2t, kAlice, "alice", kA2);
    live(kBt, kBob, "bob", kB1);
    ports->bus.clear();
  }
  void ask(const std::function<void(v1::ClientFrame&)>& fill) {
    v1::ClientFrame f;
    f.set_request(8);
    fill(f);
    engine->on_client_frame(now, kAt, user_id(kA1), f.SerializeAsString());
    turn();
  }
  void put(const std::string& name = "team", int members = 2) {
    ask([&](auto& f) {
      auto* p = f.mutable_put_group();
      p->set_group_id(kTeam);
      p->set_epoch(3);
      p->set_name(name);
      p->set_admin("alice");
      p->add_members("alice");
      for (int i = 1; i < members; ++i) p->add_members("bob" + std::to_string(1000 + i));
      p->set_state("state");
    });
  }
  void answer(worker::GroupAction action, Code code, std::vector<uint64_t> uids = {}) {
    worker::GroupChange reply{.session = asked_session, .request = 8, .action = action, .code = code};
    reply.who = "nobody";
    reply.group_id = kTeam;
    reply.epoch = 3;
    reply.uids = std::move(uids);
    engine->on_store_reply(now, std::move(reply));
    turn();
  }
  int changes(uint64_t rid) {
    int n = 0;
    for (const auto& f : received(rid)) {
      n += f.has_group_changed() && f.group_changed().group_id() == kTeam && f.group_changed().epoch() == 3 ? 1 : 0;
    }
    return n;
  }
  worker::SessionId asked_session = 0;
};

TEST_F(GroupRequests, AStateGoesToTheStoreAsItCame) {
  put();
  const auto asked = expect<worker::PutGroup>();
  EXPECT_EQ(asked.uid, kAlice);
  EXPECT_EQ(asked.request, 8u);
  EXPECT_EQ(asked.group_id, kTeam);
  EXPECT_EQ(asked.epoch, 3u);
  EXPECT_EQ(asked.name, "team");
  EXPECT_EQ(asked.admin, "alice");
  EXPECT_THAT(asked.members, ElementsAre("alice", "bob1001"));
  EXPECT_EQ(asked.state, "state");
}

TEST_F(GroupRequests, AChangeIsToldToTheOtherSessionsOfItsMembersHereAndElsewhere) {
  put();
  asked_session = expect<worker::PutGroup>().session;
  answer(worker::GroupAction::kPut, Code::kOk, {kAlice, kBob, 99});
  const auto own = received(kAt);
  ASSERT_EQ(own.size(), 1u) << "who asked has the answer";
  EXPECT_TRUE(own[0].has_group_stored());
  EXPECT_EQ(own[0].request(), 8u);
  EXPECT_EQ(changes(kA2t), 1);
  EXPECT_EQ(changes(kBt), 1);
  const auto t = bus_traffic(0);
  ASSERT_EQ(t.groups_size(), 1);
  EXPECT_EQ(t.groups(0).group_id(), kTeam);
  EXPECT_EQ(t.groups(0).epoch(), 3u);
  EXPECT_THAT(t.groups(0).uids(), ElementsAre(kAlice, kBob, 99u));
}

TEST_F(GroupRequests, AChangeAtAnotherWorkerIsToldToTheMembersHere) {
  add_peer();
  BusTrafficWriter w;
  const uint64_t uids[] = {99, kBob};
  w.group(kTeam, 3, uids, 2);
  traffic_of_peer(w);
  EXPECT_EQ(changes(kBt), 1);
  EXPECT_EQ(changes(kAt), 0);
}

TEST_F(GroupRequests, WhatTheStoreRefusesChangesNothing) {
  for (const Code code :
       {Code::kNameTaken, Code::kUnknownUser, Code::kUnknownGroup, Code::kNotAllowed, Code::kConflict, Code::kBusy}) {
    put();
    asked_session = expect<worker::PutGroup>().session;
    answer(worker::GroupAction::kPut, code);
    const auto got = received(kAt);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].request(), 8u);
    EXPECT_EQ(static_cast<int>(got[0].error().code()), static_cast<int>(code));
    if (code == Code::kUnknownUser) {
      EXPECT_THAT(got[0].error().text(), testing::HasSubstr("nobody"));
    }
  }
  EXPECT_EQ(bus_traffic(0).groups_size(), 0);
  EXPECT_EQ(changes(kBt), 0);
}

TEST_F(GroupRequests, ANameOutsideTheGrammarIsRefused) {
  put("Team");
  EXPECT_THAT(errors(kAt), ElementsAre(v1::NAME_NOT_ALLOWED));
  EXPECT_EQ(find<worker::PutGroup>(), nullptr);
}

TEST_F(GroupRequests, WhoMadeTooManyIsToldTheLimit) {
  put("team");
  const auto asked = expect<worker::PutGroup>();
  EXPECT_EQ(asked.max_made, 1000u);
  asked_session = asked.session;
  answer(worker::GroupAction::kPut, Code::kTooManyGroups);
  const auto got = received(kAt);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].error().code(), v1::TOO_MANY_GROUPS);
  EXPECT_THAT(got[0].error().text(), testing::HasSubstr("create 1000 groups"));
}

TEST_F(GroupRequests, WhoseBudgetIsUsedUpIsToldWhatToDoAndItIsCounted) {
  const auto refused = [&](Code code, int64_t retry_ms, bool all_full) {
    put();
    const auto asked = expect<worker::PutGroup>();
    EXPECT_EQ(asked.budget.epochs_a_day, 200u);
    EXPECT_EQ(asked.budget.user_bytes, 256u << 20);
    EXPECT_EQ(asked.budget.all_bytes, uint64_t{8} << 30);
    worker::GroupChange reply{.session = asked.session, .request = 8, .code = code};
    reply.group_id = kTeam;
    reply.retry_ms = retry_ms;
    reply.all_full = all_full;
    engine->on_store_reply(now, std::move(reply));
    turn();
    return received(kAt).at(0).error();
  };
  const auto today = refused(Code::kThrottled, 4 * 3'600'000 + 1, false);
  EXPECT_EQ(today.code(), v1::THROTTLED);
  EXPECT_EQ(today.retry_after_ms(), 4u * 3'600'000 + 1);
  EXPECT_EQ(today.text(), "this account has changed groups 200 times in a day: try again in 5 hours");
  EXPECT_THAT(refused(Code::kThrottled, 61'000, false).text(), testing::HasSubstr("try again in 2 minutes"));
  EXPECT_THAT(refused(Code::kThrottled, 1, false).text(), testing::HasSubstr("try again in 1 minute"));
  const auto mine = refused(Code::kStorageFull, 0, false);
  EXPECT_EQ(mine.code(), v1::STORAGE_FULL);
  EXPECT_EQ(mine.text(),
            "this server keeps 256 MiB of changes of groups for an account, and your account has reached this limit: "
            "ask the operator "
            "for more");
  EXPECT_EQ(refused(Code::kStorageFull, 0, true).text(),
            "this server has no room for more changes of groups: tell the operator");
  EXPECT_EQ(engine->counters().group_epochs_refused, 5u);
  EXPECT_EQ(bus_traffic(0).groups_size(), 0);
  EXPECT_EQ(changes(kBt), 0);
}

TEST_F(GroupRequests, MoreMembersThanTheServerAllowsAreRefused) {
  put("team", 128);
  EXPECT_NE(find<worker::PutGroup>(), nullptr);
  put("team", 129);
  EXPECT_THAT(errors(kAt), ElementsAre(v1::GROUP_FULL));
}

TEST_F(GroupRequests, LeavingAndDeletingAreAnsweredByTheirNames) {
  ask([&](auto& f) { f.mutable_leave_group()->set_group_id(kTeam); });
  asked_session = expect<worker::LeaveGroup>().session;
  answer(worker::GroupAction::kLeave, Code::kOk, {kBob});
  EXPECT_TRUE(received(kAt).at(0).has_group_left());
  EXPECT_EQ(changes(kBt), 1);
  ask([&](auto& f) { f.mutable_delete_group()->set_group_id(kTeam); });
  EXPECT_EQ(expect<worker::DeleteGroup>().uid, kAlice);
  answer(worker::GroupAction::kDelete, Code::kOk, {kBob});
  EXPECT_TRUE(received(kAt).at(0).has_group_deleted());
}

TEST_F(GroupRequests, StatesComeAsTheStoreGaveThem) {
  ask([&](auto& f) {
    f.mutable_get_group()->set_group_id(kTeam);
    f.mutable_get_group()->set_from_epoch(2);
  });
  const auto asked = expect<worker::GetGroup>();
  EXPECT_EQ(asked.from_epoch, 2u);
  worker::GroupStates reply{.session = asked.session, .request = 8};
  reply.name = "team";
  reply.admin = "alice";
  reply.epoch = 3;
  reply.member = true;
  reply.states = {"two", "three"};
  engine->on_store_reply(now, std::move(reply));
  turn();
  const auto got = received(kAt);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].group().name(), "team");
  EXPECT_EQ(got[0].group().epoch(), 3u);
  EXPECT_TRUE(got[0].group().member());
  EXPECT_THAT(got[0].group().states(), ElementsAre("two", "three"));
  ask([&](auto& f) {
    f.mutable_get_group()->set_group_id(kTeam);
    f.mutable_get_group()->set_from_epoch(1);
  });
  engine->on_store_reply(now, worker::GroupStates{.session = asked.session, .request = 8, .code = Code::kUnknownGroup});
  turn();
  EXPECT_THAT(errors(kAt), ElementsAre(v1::UNKNOWN_GROUP));
}

TEST_F(GroupRequests, AListNamesTheGroups) {
  ask([&](auto& f) { f.mutable_list_groups(); });
  const auto asked = expect<worker::ListGroups>();
  engine->on_store_reply(now, worker::GroupList{asked.session, 8, Code::kOk, {{kTeam, "team", 3}}});
  turn();
  const auto got = received(kAt);
  ASSERT_EQ(got.size(), 1u);
  ASSERT_EQ(got[0].groups().groups_size(), 1);
  EXPECT_EQ(got[0].groups().groups(0).name(), "team");
}

}  // namespace
}  // namespace fastchat::test
