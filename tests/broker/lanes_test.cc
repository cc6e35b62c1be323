#include "broker/core/lanes.h"

#include <gtest/gtest.h>

#include <vector>

namespace fastchat::broker {
namespace {

class StorePorts : public Ports {
 public:
  void send_client(Rid, Bytes&&) override {}
  void close_client(Rid) override {}
  SendResult send_worker(Rid, Bytes&&) override { return SendResult::kSent; }
  void store(StoreRequest&& request) override { asked.push_back(request.id); }
  uint64_t random_u64() override { return 1; }
  void event(Event, std::string_view) override {}
  std::vector<uint64_t> asked;
};

class LanesTest : public testing::Test {
 protected:
  bool find(uint64_t id, const std::string& key, size_t most = 100) {
    return lanes.ask(key, most, {id, FindLogin{"alice"}});
  }
  bool log_in(uint64_t id, const std::string& key) { return lanes.ask(key, 100, {id, LogInDevice{1}}); }
  bool adopt(uint64_t id, const std::string& key) { return lanes.ask(key, 100, {id, AdoptQueue{1, 1}}); }

  StorePorts ports;
  Lanes lanes{ports};
};

using Ids = std::vector<uint64_t>;

TEST_F(LanesTest, AFullLaneKeepsNoOtherWaiting) {
  for (uint64_t id = 1; id <= 10; ++id) find(id, "a" + std::to_string(id));
  EXPECT_EQ((Ids{1, 2}), ports.asked) << "two threads look up";
  log_in(11, "alice");
  adopt(12, "alice");
  EXPECT_EQ((Ids{1, 2, 11, 12}), ports.asked);
  lanes.answered(1);
  EXPECT_EQ((Ids{1, 2, 11, 12, 3}), ports.asked);
}

TEST_F(LanesTest, EverybodyHasATurn) {
  for (uint64_t id = 1; id <= 50; ++id) find(id, "flood");
  find(100, "honest");
  find(101, "honest");
  lanes.answered(1);
  lanes.answered(2);
  lanes.answered(100);
  EXPECT_EQ((Ids{1, 2, 3, 100, 4}), ports.asked) << "not behind the fifty";
  lanes.answered(3);
  EXPECT_EQ((Ids{1, 2, 3, 100, 4, 101}), ports.asked);
}

TEST_F(LanesTest, OneUserHoldsOneThreadThatWrites) {
  for (uint64_t id = 1; id <= 5; ++id) log_in(id, "alice");
  EXPECT_EQ((Ids{1}), ports.asked) << "a row that is locked holds up its user alone";
  log_in(6, "bob");
  EXPECT_EQ((Ids{1, 6}), ports.asked);
  lanes.answered(1);
  EXPECT_EQ((Ids{1, 6, 2}), ports.asked);
}

TEST_F(LanesTest, WhatOneHasWaitingIsBounded) {
  for (uint64_t id = 1; id <= 5; ++id) EXPECT_TRUE(find(id, "a", 3)) << id;
  EXPECT_FALSE(find(6, "a", 3)) << "two at the store, three wait";
  EXPECT_TRUE(find(7, "b", 3));
  EXPECT_EQ(4u, lanes.waiting());
  lanes.answered(1);
  EXPECT_TRUE(find(8, "a", 3) || find(9, "a", 3));
}

TEST_F(LanesTest, NothingIsKeptOfWhoHasNothingWaiting) {
  for (uint64_t id = 1; id <= 1'000; ++id) {
    find(id, std::to_string(id));
    lanes.answered(id);
  }
  EXPECT_EQ(1'000u, ports.asked.size());
  EXPECT_EQ(0u, lanes.waiting());
  lanes.answered(5);
  lanes.answered(12'345);
}

}  // namespace
}  // namespace fastchat::broker
