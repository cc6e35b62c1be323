// Hosts that are silent or read-only, poolers, locks, and the texts of failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pg/session.h"
#include "tests/common/pg/pg_server.h"

namespace fastchat::pg {
namespace {

using ::testing::HasSubstr;

TEST(Hosts, OneThatIsSilentDoesNotKeepFromTheNext) {
  const SilentHost silent;
  DatabaseOptions two = options("postgres");
  two.conninfo = "host=127.0.0.1," + server().directory() + " port=" + std::to_string(silent.port()) +
                 ",5432 user=postgres dbname=postgres connect_timeout=2";
  Session session(two, 10'000);
  const auto opened = session.open();
  EXPECT_TRUE(opened) << (opened ? "" : opened.failure().text);
  Database database(two);
  EXPECT_TRUE(database.open());
}

TEST(Hosts, OneThatOnlyReadsIsPassedOverUnlessTheOperatorSaysOtherwise) {
  server().create_database("reads");
  server().sql("reads", "alter database reads set default_transaction_read_only = on");
  Session session(options("reads"), 10'000);
  const auto refused = session.open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.failure().text, HasSubstr("read-only"));
  DatabaseOptions any = options("reads");
  any.conninfo += " target_session_attrs=any";
  EXPECT_TRUE(Session(any, 10'000).open());
}

TEST(Pooling, ADirectConnectionIsGood) {
  EXPECT_TRUE(check_pooling(options("postgres")));
}

TEST(Locks, AreNotWaitedForLong) {
  server().create_database("locks");
  server().sql("locks", "create table t (x int); insert into t values (1)");
  DatabaseOptions quick = options("locks");
  quick.lock_timeout_ms = 1;
  Session holder(quick, 10'000), other(quick, 10'000);
  ASSERT_TRUE(holder.open() && other.open() && holder.begin());
  ASSERT_TRUE(holder.write("update t set x = 2", {}));
  const auto refused = other.write("update t set x = 3", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().sqlstate, "55P03");
  EXPECT_EQ(refused.failure().kind, PgError::kUnavailable);
  EXPECT_TRUE(other.is_open());
}

TEST(Failures, NeverHoldValues) {
  server().create_database("values_test");
  server().sql("values_test", "create table t (x text primary key); insert into t values ('secret')");
  Session session(options("values_test"), 10'000);
  ASSERT_TRUE(session.open());
  const auto refused = session.write("insert into t values ('secret')", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().text.find("secret"), std::string::npos) << refused.failure().text;
}

}  // namespace
}  // namespace fastchat::pg
