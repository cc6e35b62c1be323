// common/pg against a real PostgreSQL of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/pg/migrate.h"
#include "common/pg/session.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::pg {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PgTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new test::PgFixture(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  DatabaseOptions options(const std::string& database = "postgres") const {
    // Has a long timeout: a server that has just recovered on a busy machine may be slow.
    return {.conninfo = server_->conninfo(database), .application = "pg_test", .connect_timeout_s = 60};
  }
  Database opened(const std::string& database = "postgres") const {
    Database db(options(database));
    const auto done = db.open();
    EXPECT_TRUE(done) << done.failure().text;
    return db;
  }
  static int64_t count(Database& db, const std::string& table) {
    auto n = db.statement(
        [&](pqxx::nontransaction& tx) { return tx.exec("select count(*) from " + table)[0][0].as<int64_t>(); }, false);
    EXPECT_TRUE(n) << n.failure().text;
    return n ? *n : -1;
  }

  static test::PgFixture* server_;
};
test::PgFixture* PgTest::server_ = nullptr;

TEST_F(PgTest, SaysItsName) {
  Database db = opened();
  EXPECT_TRUE(db.ping());
  const auto name = db.statement(
      [](pqxx::nontransaction& tx) {
        return tx.exec("select current_setting('application_name')")[0][0].as<std::string>();
      },
      false);
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, "pg_test");
}

TEST_F(PgTest, AddsItsOptionsToUrisAndKeepsTheirs) {
  const std::string full =
      full_conninfo({.conninfo = "postgresql://u@h:1/d?sslmode=disable&options=-c%20geqo%3Doff", .application = "a'b"});
  EXPECT_THAT(full, HasSubstr("sslmode='disable'"));
  EXPECT_THAT(full, HasSubstr("options='-c geqo=off'"));
  EXPECT_THAT(full, HasSubstr(R"(application_name='a\'b')"));
  EXPECT_THAT(full, HasSubstr("connect_timeout=3 target_session_attrs='read-write'"));
  const std::string theirs =
      full_conninfo({.conninfo = "connect_timeout=60 target_session_attrs=any", .application = "a"});
  EXPECT_THAT(theirs, HasSubstr("connect_timeout='60'"));
  EXPECT_THAT(theirs, HasSubstr("target_session_attrs='any'"));
  EXPECT_THAT(theirs, Not(HasSubstr("connect_timeout=3")));
  EXPECT_THAT(theirs, Not(HasSubstr("read-write")));
}

TEST_F(PgTest, MigratesOnceWhenFourProgramsStartTogether) {
  server_->create_database("together_test");
  {
    std::vector<std::jthread> programs;
    for (int i = 0; i < 4; ++i) {
      programs.emplace_back([this] {
        Database db = opened("together_test");
        const auto done = migrate(db);
        EXPECT_TRUE(done) << done.failure().text;
      });
    }
  }
  Database db = opened("together_test");
  EXPECT_EQ(count(db, "schema_version"), static_cast<int64_t>(sql::migrations().size()));
  EXPECT_EQ(count(db, "users"), 0);
}

TEST_F(PgTest, KeepsTheMigrationsBeforeTheOneThatFailed) {
  server_->create_database("halfway_test");
  Database db = opened("halfway_test");
  const std::vector<sql::Migration> broken = {{1, "001_a", "create table a (x int);"},
                                              {2, "002_b", "create table b (x int); oops"}};
  const auto failed = migrate(db, broken);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.failure().text, HasSubstr("002_b"));
  EXPECT_EQ(count(db, "a"), 0);
  const std::vector<sql::Migration> mended = {broken[0], {2, "002_b", "create table b (x int);"}};
  const auto done = migrate(db, mended);
  ASSERT_TRUE(done) << done.failure().text;
  EXPECT_EQ(*done, 2);
}

TEST_F(PgTest, RefusesADatabaseFromTheFuture) {
  server_->create_database("future_test");
  Database db = opened("future_test");
  const std::vector<sql::Migration> two = {{1, "001_a", "select 1"}, {2, "002_b", "select 1"}};
  ASSERT_TRUE(migrate(db, two));
  const auto refused = migrate(db, {two[0]});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.failure().text, HasSubstr("newer"));
  EXPECT_FALSE(migrate(db, {{1, "001_other", "select 1"}, two[1]}));
}

TEST_F(PgTest, RefusesASettingThatLosesMessages) {
  Database db = opened();
  EXPECT_TRUE(check_durable(db));
  ASSERT_TRUE(db.statement([](pqxx::nontransaction& tx) { tx.exec("set synchronous_commit = off"); }, false));
  const auto refused = check_durable(db);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.failure().text, HasSubstr("synchronous_commit"));
}

TEST_F(PgTest, ClassifiesConflicts) {
  server_->create_database("conflict_test");
  Database db = opened("conflict_test");
  ASSERT_TRUE(
      db.transaction([](pqxx::work& tx) { tx.exec("create table t (x int primary key); insert into t values (1)"); }));
  const auto twice = db.transaction([](pqxx::work& tx) { tx.exec("insert into t values (1)"); });
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.failure().kind, PgError::kConflict);
  EXPECT_EQ(twice.failure().sqlstate, "23505");
  EXPECT_EQ(to_error(twice.failure()).code, Code::kConflict);
  const auto wrong = db.transaction([](pqxx::work& tx) { tx.exec("insert into nowhere values (1)"); });
  EXPECT_EQ(wrong.failure().kind, PgError::kOther);
  EXPECT_TRUE(db.is_open());
  for (const char* state : {"22021", "23514", "21000", "55P03", "40P01"})
    EXPECT_TRUE(is_about_request({classify_sqlstate(state), state, ""})) << state;
  for (const char* state : {"53100", "57014", "25006", "08006", "42501", ""})
    EXPECT_FALSE(is_about_request({classify_sqlstate(state), state, ""})) << state;
  EXPECT_EQ(classify_sqlstate("53100"), PgError::kDiskFull);
  EXPECT_EQ(classify_sqlstate("40P01"), PgError::kConflict);
  EXPECT_EQ(classify_sqlstate("57014"), PgError::kUnavailable);
}

TEST_F(PgTest, ArraysRoundTripInBinary) {
  server_->create_database("arrays_test");
  Session session(options("arrays_test"), 10'000);
  ASSERT_TRUE(session.open());
  const std::string odd("\0\\'\"{},NULL\xff", 13);
  const std::vector<int64_t> numbers = {1, -1, INT64_MIN, INT64_MAX, 0};
  const std::vector<ByteView> blobs = {odd, "", "x", "y", "z"}, texts = {"a", "", "ü", "{}", "NULL"};
  const auto same = session.read("select n, b, t from unnest($1::bigint[], $2::bytea[], $3::text[]) as u(n, b, t)",
                                 Params().bigints(numbers).byteas(blobs).texts(texts));
  ASSERT_TRUE(same) << same.failure().text;
  ASSERT_EQ(same->size(), 5);
  for (int i = 0; i < 5; ++i) {
    const auto at = static_cast<size_t>(i);
    EXPECT_EQ(same->bigint(i, 0), numbers[at]);
    EXPECT_EQ(same->bytes(i, 1), blobs[at]);
    EXPECT_EQ(same->bytes(i, 2), texts[at]);
  }
}

TEST_F(PgTest, ASessionWritesAndReadsInBinary) {
  server_->create_database("binary_test");
  Session session(options("binary_test"), 10'000);
  ASSERT_TRUE(session.open());
  ASSERT_TRUE(session.write("create table t (n bigint, b bytea, s text, i integer, f boolean)", {}));
  const std::string odd("\0\\'\"{},NULL\xff", 13);
  const std::vector<int64_t> numbers = {7, INT64_MIN};
  const std::vector<ByteView> blobs = {odd, ""}, words = {"ü", ""};
  const auto written = session.write(
      "insert into t select n, b, s, 5, true from unnest($1::bigint[], $2::bytea[], $3::text[]) as u(n, b, s)",
      Params().bigints(numbers).byteas(blobs).texts(words));
  ASSERT_TRUE(written) << written.failure().text;
  EXPECT_EQ(written->affected(), 2);
  const auto rows = session.read("select n, b, s, i, f, null::bytea from t where n = any($1) order by n desc",
                                 Params().bigints(numbers));
  ASSERT_TRUE(rows) << rows.failure().text;
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->bigint(0, 0), 7);
  EXPECT_EQ(rows->bytes(0, 1), odd);
  EXPECT_EQ(rows->bytes(0, 2), "ü");
  EXPECT_EQ(rows->integer(0, 3), 5);
  EXPECT_TRUE(rows->boolean(0, 4));
  EXPECT_TRUE(rows->is_null(0, 5));
  EXPECT_EQ(rows->bigint(1, 0), INT64_MIN);
  const auto none = session.write("insert into t (n) select unnest($1::bigint[])", Params().bigints({}));
  ASSERT_TRUE(none) << none.failure().text;
  EXPECT_EQ(none->affected(), 0);
  const auto scalars =
      session.read("select $1::bigint, $2::bytea, $3::text, $4::integer, $5::boolean, $6::bytea",
                   Params().bigint(-9).bytea(odd).text("w").integer(-3).boolean(false).null(kOidBytea));
  ASSERT_TRUE(scalars) << scalars.failure().text;
  EXPECT_EQ(scalars->bigint(0, 0), -9);
  EXPECT_EQ(scalars->bytes(0, 1), odd);
  EXPECT_EQ(scalars->integer(0, 3), -3);
  EXPECT_FALSE(scalars->boolean(0, 4));
  EXPECT_TRUE(scalars->is_null(0, 5));
}

TEST_F(PgTest, ASessionsTransactionIsAllOrNothing) {
  server_->create_database("all_test");
  Session session(options("all_test"), 10'000);
  ASSERT_TRUE(session.open());
  ASSERT_TRUE(session.write("create table t (n bigint primary key)", {}));
  ASSERT_TRUE(session.begin());
  ASSERT_TRUE(session.write("insert into t values ($1)", Params().bigint(1)));
  const auto twice = session.write("insert into t values ($1)", Params().bigint(1));
  EXPECT_EQ(twice.failure().kind, PgError::kConflict);
  session.rollback();
  ASSERT_TRUE(session.begin());
  ASSERT_TRUE(session.write("insert into t values ($1)", Params().bigint(2)));
  ASSERT_TRUE(session.commit());
  const auto rows = session.read("select n from t", {});
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->bigint(0, 0), 2);
}

TEST_F(PgTest, ATransactionThatStopsIsEndedAndHoldsNobodyUp) {
  server_->create_database("idle_test");
  DatabaseOptions ends = options("idle_test");
  ends.idle_timeout_ms = 100;
  Session stopped(ends, 10'000), other(options("idle_test"), 10'000);
  ASSERT_TRUE(stopped.open());
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(other.write("create table t (n bigint)", {}));
  ASSERT_TRUE(stopped.begin());
  ASSERT_TRUE(stopped.write("lock table t", {}));
  ASSERT_TRUE(other.write("insert into t values (1)", {})) << "waits for the lock";
  const auto late = stopped.write("insert into t values (2)", {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.failure().kind, PgError::kUnavailable) << "so it is repeated";
  EXPECT_FALSE(stopped.is_open());
  ASSERT_TRUE(stopped.open());
  EXPECT_EQ(stopped.read("select n from t", {})->size(), 1);
}

// A session makes a plan once and keeps it. The plan made for an empty table reads all of the later full table, for
// each row that it joins.
TEST_F(PgTest, ASlowStatementHasTheSessionsPlansMadeAgain) {
  server_->create_database("plans_test");
  Session session(options("plans_test"), 10'000);
  ASSERT_TRUE(session.open());
  ASSERT_TRUE(session.write("set plan_cache_mode = force_generic_plan", {}));
  ASSERT_TRUE(session.write("create table t (n bigint primary key) with (autovacuum_enabled = off)", {}));
  ASSERT_TRUE(session.write("prepare counted as select count(*) from t where n > $1", {}));
  const auto plan = [&] {
    std::string out;
    const auto lines = session.read("explain execute counted(5)", {});
    for (int i = 0; lines && i < lines->size(); ++i) out += std::string(lines->bytes(i, 0)) + "\n";
    return out;
  };
  const std::string made_for_none = plan();
  EXPECT_THAT(made_for_none, HasSubstr("rows="));
  EXPECT_THAT(made_for_none, Not(HasSubstr("Seq Scan")));
  ASSERT_TRUE(session.write("insert into t select generate_series(1, 100000)", {}));
  // Plans are made again at most once a second, so a slow statement before may have taken the turn.
  for (int i = 0; i < 100 && plan() == made_for_none; ++i) ASSERT_TRUE(session.read("select pg_sleep(0.05)", {}));
  EXPECT_NE(plan(), made_for_none);
}

TEST_F(PgTest, ADeadlineClosesTheConnection) {
  Session session(options(), 200);
  ASSERT_TRUE(session.open());
  const auto slow = session.read("select pg_sleep(60)::text", {});
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.failure().kind, PgError::kUnavailable);
  EXPECT_FALSE(session.is_open());
  ASSERT_TRUE(session.open());
  EXPECT_EQ(session.write("select pg_sleep(60)::text", {}).failure().kind, PgError::kInDoubt);
}

// PostgreSQL is killed while a commit waits inside a deferred trigger. No client can then tell whether the commit took
// effect.
TEST_F(PgTest, ACommitCutShortIsInDoubt) {
  server_->create_database("doubt_test");
  server_->sql(
      "doubt_test",
      "create table t (n bigint);"
      "create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return null; end $$;"
      "create constraint trigger at_commit after insert on t deferrable initially deferred for each row execute "
      "function wait()");
  Database db = opened("doubt_test"), watcher = opened("doubt_test");
  Session session(options("doubt_test"), 600'000), single(options("doubt_test"), 600'000);
  ASSERT_TRUE(session.open());
  ASSERT_TRUE(single.open());
  PgError kinds[3] = {PgError::kOther, PgError::kOther, PgError::kOther};
  {
    std::jthread through_libpqxx(
        [&] { kinds[0] = db.transaction([](pqxx::work& tx) { tx.exec("insert into t values (1)"); }).failure().kind; });
    std::jthread through_session([&] {
      ASSERT_TRUE(session.begin());
      ASSERT_TRUE(session.write("insert into t values ($1)", Params().bigint(2)));
      kinds[1] = session.commit().failure().kind;
    });
    std::jthread by_itself(
        [&] { kinds[2] = single.write("insert into t values ($1)", Params().bigint(3)).failure().kind; });
    for (int waiting = 0; waiting < 3;) {
      const auto n = watcher.statement(
          [](pqxx::nontransaction& tx) {
            return tx
                .exec(
                    "select count(*) from pg_stat_activity where datname = 'doubt_test' and wait_event = 'PgSleep'")[0]
                                                                                                                    [0]
                .as<int>();
          },
          false);
      ASSERT_TRUE(n);
      waiting = *n;
    }
    server_->kill_hard();
  }
  for (PgError kind : kinds) EXPECT_EQ(kind, PgError::kInDoubt);
  EXPECT_EQ(watcher.ping().failure().kind, PgError::kUnavailable);
  EXPECT_FALSE(watcher.is_open());
  EXPECT_FALSE(db.is_open());
  EXPECT_FALSE(session.is_open());
  EXPECT_EQ(session.open().failure().kind, PgError::kUnavailable);
  EXPECT_EQ(session.read("select 1", {}).failure().kind, PgError::kUnavailable);

  server_->start();
  ASSERT_TRUE(db.open());
  EXPECT_EQ(count(db, "t"), 0);
  ASSERT_TRUE(session.open());
  EXPECT_TRUE(session.read("select n from t", {}));
}

TEST_F(PgTest, AnOrderlyStopIsSeenAndNothingReconnectsBehindOurBack) {
  Database db = opened();
  Session session(options(), 10'000);
  ASSERT_TRUE(session.open());
  server_->stop();
  server_->start();
  EXPECT_EQ(db.ping().failure().kind, PgError::kUnavailable);
  EXPECT_FALSE(db.is_open());
  EXPECT_EQ(db.ping().failure().text, "not connected");
  EXPECT_EQ(session.read("select 1", {}).failure().kind, PgError::kUnavailable);
  EXPECT_FALSE(session.is_open());
}

TEST_F(PgTest, RefusesToOpenWithALineOfReason) {
  Database db(options("nosuch"));
  const auto failed = db.open();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.failure().text, HasSubstr("nosuch"));
  EXPECT_EQ(failed.failure().text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace fastchat::pg
