// Parts of the vault for a device that logs in: PROTOCOL.md section 3, version 5.
#include <gtest/gtest.h>

#include "common/hash.h"
#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

class BrokerParts : public testing::Test {
 protected:
  void SetUp() override {
    b.account("alice");
    b.join(1);
    b.settle("alice", 'd');
    for (const char* part : {"one", "two"}) b.db.vault_parts[{1, sha256(part)}].part = part;
  }
  void assigned(Rid rid, uint32_t version = 5) {
    b.hello(rid, 1, version);
    b.ask(rid, Broker::log_in_with_hash("alice", 'd'));
    b.granted(1, b.last_grant().grant_id());
    ASSERT_TRUE(b.last(rid).has_assignment()) << b.last(rid).ShortDebugString();
  }
  static v1::ClientFrame wanted(const std::vector<Bytes>& parts) {
    v1::ClientFrame f;
    f.set_request(9);
    for (const Bytes& part : parts) f.mutable_get_vault_parts()->add_hashes(sha256(part));
    return f;
  }

  Broker b;
};

TEST_F(BrokerParts, AreReadOnceTheDeviceIsAssigned) {
  b.hello(7, 1, 5);
  EXPECT_EQ(v1::NOT_LOGGED_IN, b.ask(7, wanted({"one"})).error().code());
  assigned(8);
  const auto answer = b.ask(8, wanted({"two", "three", "one"}));
  ASSERT_TRUE(answer.has_vault_parts()) << answer.ShortDebugString();
  EXPECT_EQ(3u, answer.vault_parts().looked());
  ASSERT_EQ(2, answer.vault_parts().parts_size());
  EXPECT_EQ("two", answer.vault_parts().parts(0));
  EXPECT_TRUE(b.ask(8, wanted({"one"})).has_vault_parts()) << "the link goes on";
}

TEST_F(BrokerParts, ALoginBySecretReadsThemToo) {
  assigned(7);
  b.hello(8, 1, 5);
  b.ask(8, Broker::log_in_by_secret("alice", 'd', Broker::secret_of('d')));
  b.granted(1, b.last_grant().grant_id());
  ASSERT_TRUE(b.last(8).has_assignment()) << b.last(8).ShortDebugString();
  EXPECT_EQ(1, b.ask(8, wanted({"one"})).vault_parts().parts_size());
}

TEST_F(BrokerParts, AreNotForOlderLinks) {
  assigned(7, 4);
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(7, wanted({"one"})).error().code());
}

TEST_F(BrokerParts, OneLoginAsksForSoMany) {
  assigned(7);
  const v1::ClientFrame many = wanted(std::vector<Bytes>(wire::kMaxPartsPerGet, "one"));
  for (size_t i = 0; i < broker::Engine::kPartsOfLogin / wire::kMaxPartsPerGet; ++i) {
    ASSERT_TRUE(b.ask(7, many).has_vault_parts()) << i;
  }
  EXPECT_EQ(v1::NOT_ALLOWED, b.ask(7, wanted({"one"})).error().code());
}

TEST_F(BrokerParts, ALinkThatDoesNotReadGetsNoMore) {
  assigned(7);
  b.ports.waiting = broker::Engine::kMaxUnsent + 1;
  EXPECT_EQ(v1::BUSY, b.ask(7, wanted({"one"})).error().code());
  b.ports.waiting = 0;
  EXPECT_TRUE(b.ask(7, wanted({"one"})).has_vault_parts());
}

}  // namespace
}  // namespace fastchat::test
