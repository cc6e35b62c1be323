// The contract about reading the log of keys, on both stores.
#include <pqxx/pqxx>

#include "broker/store/pg_store.h"
#include "tests/support/memory_broker_store.h"
#include "tests/support/memory_worker_store.h"
#include "tests/support/pg_fixture.h"
#include "tests/support/worker_log_contract.h"
#include "worker/store/pg_store.h"

namespace fastchat::test {
namespace {

class MemoryLogReads : public LogReadsUnderTest {
 public:
  broker::Store& broker() override { return broker_; }
  worker::Store& reader() override { return reader_; }
  void add_users(int n) override {
    MemoryBrokerStore store(db_);
    for (int i = 1; i <= n; ++i) {
      EXPECT_TRUE(store.sign_up({"user-" + std::to_string(i), "k", "b", "v", Bytes(32, 'a'), {}}).ok());
    }
  }
  void damage(merkle::Place place) override { db_.log.nodes.erase(place); }

 private:
  MemoryDb db_;
  MemoryBrokerStore broker_{db_, 3, log_signer()};
  MemoryWorkerStore reader_{db_};
};

PgFixture& reads_server() {
  static PgFixture fixture;
  return fixture;
}

worker::PgStoreOptions options(const std::string& conninfo) {
  worker::PgStoreOptions out;
  out.conninfo = conninfo;
  return out;
}

class PgLogReads : public LogReadsUnderTest {
 public:
  PgLogReads() : name_(fresh()), broker_({conninfo(), "test"}, 10'000, log_signer()), reader_(options(conninfo())) {}
  broker::Store& broker() override { return broker_; }
  worker::Store& reader() override { return reader_; }
  void add_users(int n) override {
    reads_server().sql(name_,
                       "insert into users (name, public_key, identity_blob, verifier, vault) select 'user-' || i, "
                       "'k', 'i', sha256('x'), 'v' from generate_series(1, " +
                           std::to_string(n) + ") i");
  }
  void damage(merkle::Place place) override {
    reads_server().sql(name_, "delete from log_nodes where level = " + std::to_string(place.level) +
                                  " and idx = " + std::to_string(place.index));
  }

 private:
  static std::string fresh() {
    static int count = 0;
    const std::string name = "reads" + std::to_string(++count);
    reads_server().create_database(name);
    EXPECT_TRUE(worker::prepare_database(reads_server().conninfo(name), kLogRealm).ok());
    return name;
  }
  std::string conninfo() const { return reads_server().conninfo(name_); }

  std::string name_;
  broker::PgStore broker_;
  worker::PgStore reader_;
};

INSTANTIATE_TEST_SUITE_P(Memory, WorkerLogContract,
                         testing::Values(LogReadsMaker([] { return std::make_unique<MemoryLogReads>(); })));
INSTANTIATE_TEST_SUITE_P(PostgreSQL, WorkerLogContract,
                         testing::Values(LogReadsMaker([] { return std::make_unique<PgLogReads>(); })));

TEST(PgLogReads, ADatabaseThatIsAwayIsBusy) {
  worker::PgStore store(options("host=/nonexistent dbname=none"));
  EXPECT_EQ(std::get<worker::LogRead>(store.run(worker::ReadLogHead{1, 2, {}})).code, Code::kBusy);
  EXPECT_EQ(std::get<worker::LogRead>(store.run(worker::ReadLogProofs{1, 2, {"alice"}})).code, Code::kBusy);
  EXPECT_EQ(std::get<worker::LogRead>(store.run(worker::ReadLogLeaves{1, 2, 0})).code, Code::kBusy);
}

}  // namespace
}  // namespace fastchat::test
